import { describe, expect, test } from "vitest";
import type { Platform } from "../../../src/host/platform.ts";
import type { VmmRequest } from "../../../src/host/requests.ts";
import { launchKvmtool } from "../../../src/host/vmm/kvmtool/launch.ts";
import { hexU64, u64 } from "../../../src/units.ts";
import { filesWith } from "./images.ts";
import { goldenLines, requestText, sha256 } from "./requests-text.ts";

const files = filesWith();
const HOST_RAM = u64(64n << 30n);

/** What the fake KVM said, and plenty of host RAM. */
const FAKE_HOST: Platform = {
  breakpoints: 6,
  watchpoints: 4,
  sveVectorBits: 2048,
  pmuCounters: 31,
  maxIpaBits: 48,
  ramSize: HOST_RAM,
};

interface RequestLine {
  readonly tree: string;
  readonly model: string;
  readonly case: string;
  readonly argv: readonly string[];
  readonly requests?: readonly string[];
  readonly dtb?: string;
}

describe("real kvmtool trees under a fake KVM", () => {
  const lines = goldenLines<RequestLine>("requests");
  const refused = lines.filter(({ requests }) => requests === undefined);
  const accepted = lines.filter(({ requests }) => requests !== undefined);

  test("all of them are there", () => {
    expect(accepted).toHaveLength(474);
    expect(refused).toHaveLength(9);
  });

  test.each(accepted)("$tree, line $case: requests and tree", ({ model, argv, requests, dtb }) => {
    const launch = launchKvmtool({ version: model, argv, files, platform: FAKE_HOST });
    expect(launch.requests.flatMap(requestText)).toEqual(requests);
    expect(sha256(launch.dtb)).toBe(dtb);
  });

  test.each(refused)("$tree refuses line $case", ({ model, argv }) => {
    const launch = (): unknown =>
      launchKvmtool({ version: model, argv, files, platform: FAKE_HOST });
    expect(launch).toThrow(/unknown option/);
  });
});

interface CalculatorLine {
  readonly case: string;
  readonly argv: readonly string[];
  readonly guestInit: boolean;
  readonly ops?: readonly string[];
  readonly dtb?: string;
  readonly params?: Readonly<Record<string, number>>;
  readonly ipaBits?: number;
  readonly fatal?: string;
}

/** A request as the calculator's log shows it. */
function calculatorText(request: VmmRequest): string[] {
  switch (request.request) {
    case "populate":
    case "init_ripas":
      return [`${request.request} ${hexU64(request.base)} ${hexU64(request.size)}`];
    case "vcpu_finalize":
      return [`rec_create ${hexU64(request.pc)} ${hexU64(request.gprs[0] ?? -1n)}`];
    default:
      return [];
  }
}

/** Realm parameters that configuration items give. */
function configured(requests: readonly VmmRequest[]): Record<string, unknown> {
  const items = new Map(
    requests.flatMap((request) =>
      request.request === "config" ? [[request.name, request.value] as const] : [],
    ),
  );
  const debug = Object.values(items.get("dbg") ?? {});
  return {
    flags: (items.has("sve") ? 2 : 0) | (items.has("pmu") ? 4 : 0),
    sve_vl: items.get("sve") ?? 0,
    num_bps: debug[0],
    num_wps: debug[1],
    pmu_num_ctrs: items.get("pmu") ?? 0,
    hash_algo: items.get("hash_algo") === "sha-512" ? 1 : 0,
  };
}

/** The line without what only the calculator understands. */
function ordinaryLine(argv: readonly string[]): readonly string[] {
  return argv.filter(
    (word, at) => word !== "--islet" && word !== "--mpidrs" && argv[at - 1] !== "--mpidrs",
  );
}

describe("Samsung's calculator", () => {
  const lines = goldenLines<CalculatorLine>("calculator");
  const calculator = { version: "kvmtool/eac5", hypervisor: "rim-measurer/eac5", files };
  const platformOf = ({ guestInit }: CalculatorLine): Platform => ({
    guestInit,
    ramSize: HOST_RAM,
  });
  const refused = lines.filter(({ fatal }) => fatal !== undefined);
  const accepted = lines.filter(({ fatal }) => fatal === undefined);

  test("all of it is there", () => {
    expect(accepted).toHaveLength(87);
    expect(refused).toHaveLength(6);
  });

  test.each(accepted)("line $case: calls, parameters and tree", (line) => {
    const launch = launchKvmtool({ ...calculator, argv: line.argv, platform: platformOf(line) });
    expect(launch.requests.flatMap(calculatorText)).toEqual(line.ops);
    expect(sha256(launch.dtb)).toBe(line.dtb);
    expect({ s2sz: 33, ...configured(launch.requests) }).toEqual(line.params);
  });

  test.each(accepted)("line $case given to kvmtool itself: $ipaBits bits of IPA", (line) => {
    const platform = { ...FAKE_HOST, ...platformOf(line) };
    const argv = ordinaryLine(line.argv);
    const { requests } = launchKvmtool({ version: "eac5", argv, files, platform });
    expect(requests[0]).toMatchObject({ request: "create_vm", ipaBits: line.ipaBits, realm: true });
  });

  test.each(refused)("line $case is refused: $fatal", (line) => {
    const launch = (): unknown =>
      launchKvmtool({ ...calculator, argv: line.argv, platform: platformOf(line) });
    expect(launch).toThrow(line.fatal);
  });
});

interface StackLine {
  readonly id: string;
  readonly vmm: string;
  readonly hypervisor: string;
  readonly args: readonly string[];
  readonly platform: Readonly<Record<string, number>>;
  readonly params: Readonly<Record<string, number>>;
  readonly ops: readonly string[];
  readonly dtb: string;
}

/** Measured ranges with adjacent ones joined, as the captures have them. */
function measuredRanges(requests: readonly VmmRequest[]): string[] {
  const ranges: { kind: string; base: bigint; top: bigint }[] = [];
  const recs: string[] = [];
  for (const request of requests) {
    if (request.request === "vcpu_finalize" && request.runnable) {
      recs.push(`REC ${hexU64(request.pc)} ${hexU64(request.gprs[0] ?? -1n)}`);
    }
    if (request.request !== "init_ripas" && request.request !== "populate") continue;
    const kind = request.request === "populate" ? "DATA" : "RIPAS";
    const last = ranges.at(-1);
    const top = request.base + request.size;
    if (last?.kind === kind && last.top === request.base) last.top = top;
    else ranges.push({ kind, base: request.base, top });
  }
  const texts = ranges.map(({ kind, base, top }) => `${kind} ${hexU64(base)} ${hexU64(top)}`);
  return [...texts, ...recs];
}

function offered(value: number | "max" | undefined, max: number | undefined): number {
  return value === "max" ? (max ?? 0) : (value ?? 0);
}

/** Realm parameters that the vCPUs' features give on that machine. */
function featured(line: StackLine, requests: readonly VmmRequest[]): Record<string, number> {
  const setup = requests.flatMap((request) =>
    request.request === "vcpu_setup" ? [request.setup] : [],
  )[0];
  const sve = setup?.sveVectorBits;
  const pmu = setup?.pmuCounters;
  return {
    flags: (sve === undefined ? 0 : 2) | (pmu === undefined ? 0 : 4),
    sve_vl: Math.max(0, offered(sve, line.platform["sveVectorBits"]) / 128 - 1),
    pmu_num_ctrs: offered(pmu, line.platform["pmuCounters"]),
  };
}

describe("launches captured on a complete stack", () => {
  const lines = goldenLines<StackLine>("stack");

  test("all of them are there", () => {
    expect(lines).toHaveLength(135);
  });

  test.each(lines)("$id: $vmm on $hypervisor", (line) => {
    const { vmm, hypervisor, args, platform, params } = line;
    const launch = launchKvmtool({ version: vmm, hypervisor, argv: args, files, platform });
    expect(sha256(launch.dtb)).toBe(line.dtb);
    expect(measuredRanges(launch.requests)).toEqual(line.ops);
    expect(launch.requests[0]).toMatchObject({ ipaBits: params["s2sz"] });
    expect(params).toMatchObject(featured(line, launch.requests));
    const hash = launch.realmWanted?.hashAlgo;
    expect(hash).toBe(params["hash_algo"] === 1 ? "sha-512" : "sha-256");
  });
});
