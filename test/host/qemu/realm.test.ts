/** Realm launches of the posted RFC v3 series under a stub: what is loaded where, and the start. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../../src/hash/source.ts";
import type { VmmRequest } from "../../../src/host/requests.ts";
import { launchQemu, type QemuLaunch } from "../../../src/host/vmm/qemu/launch.ts";
import { GOLDEN } from "../../tools/measure.ts";
import { dumpFiles } from "./images.ts";

interface StubLaunch {
  readonly case: string;
  readonly argv: readonly string[];
  readonly stderr: readonly string[];
  readonly regs: readonly string[];
  readonly dtb: { readonly address: string | null; readonly sha256: string | null };
}

const FOLDER = join(GOLDEN, "oracle/qemu");
const PAGE = 4096n;
const NO_ADDRESS = "ffffffffffffffff";
const LAUNCHES = readFileSync(join(FOLDER, "realm.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as StubLaunch);
const USER_DTB = Uint8Array.from(readFileSync(join(FOLDER, "user.dtb")));
const files = dumpFiles({ "user.dtb": bytesSource(USER_DTB) });

function launchOf({ argv }: StubLaunch): QemuLaunch {
  return launchQemu({ version: "9.1.91", series: "rfc-v3", argv, files, platform: {} });
}

/** Widths asked of KVM, as the stub worked them out. */
function bitsOf({ stderr }: StubLaunch): number {
  return Number(/^HIGHEST_GPA [0-9a-f]+ bits (\d+)$/.exec(stderr[0] ?? "")?.[1]);
}

/** Pages that the stub's blobs cover, in the order in which it told of them. */
function populatedBy({ stderr }: StubLaunch): readonly string[] {
  return stderr.flatMap((line) => {
    const [, address = "", length = ""] = /^ROMNOTIFY addr=(\w+) len=(\w+)/.exec(line) ?? [];
    if (address === "" || address === NO_ADDRESS) return [];
    const end = BigInt(`0x${address}`) + BigInt(`0x${length}`);
    const top = ((end + PAGE - 1n) / PAGE) * PAGE;
    const base = (BigInt(`0x${address}`) / PAGE) * PAGE;
    return [`0x${base.toString(16)} 0x${(top - base).toString(16)}`];
  });
}

function registersOf({ regs }: StubLaunch): readonly string[] {
  return regs.flatMap((line) => {
    const match = /^PC=([0-9a-f]+) X00=([0-9a-f]+)/.exec(line);
    return match === null ? [] : [`0x${match[1]} 0x${match[2]}`];
  });
}

function of<K extends VmmRequest["request"]>(
  { requests }: QemuLaunch,
  kind: K,
): readonly Extract<VmmRequest, { readonly request: K }>[] {
  return requests.filter(
    (request): request is Extract<VmmRequest, { readonly request: K }> => request.request === kind,
  );
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const word = (value: bigint): string => `0x${value.toString(16).padStart(16, "0")}`;

function treeSha256({ dtb }: QemuLaunch): string {
  return createHash("sha256").update(dtb).digest("hex");
}

const realms = LAUNCHES.filter(({ argv }) => argv.includes("-object"));

test("all of them are there", () => {
  expect(LAUNCHES).toHaveLength(10);
  expect(realms).toHaveLength(9);
});

describe.each(realms)("$case", (stub) => {
  const launch = launchOf(stub);

  test("asks for the IPA width", () => {
    expect(of(launch, "create_vm")).toEqual([
      { request: "create_vm", ipaBits: bitsOf(stub), realm: true },
    ]);
  });

  test("populates what the stub was told of, in its order", () => {
    const measured = of(launch, "populate").filter(({ measure }) => measure);
    expect(measured.map(({ base, size }) => `${hex(base)} ${hex(size)}`)).toEqual(
      populatedBy(stub),
    );
  });

  test("starts its vCPUs with the registers", () => {
    const vcpus = of(launch, "vcpu_finalize");
    expect(vcpus.map(({ pc, gprs }) => `${word(pc)} ${word(gprs[0] ?? -1n)}`)).toEqual(
      registersOf(stub),
    );
    expect(vcpus.map(({ runnable }) => runnable)).toEqual(vcpus.map((_, i) => i === 0));
  });

  test("makes all RAM its own before that", () => {
    const kinds = launch.requests.map(({ request }) => request);
    expect(of(launch, "init_ripas")).toHaveLength(1);
    expect(kinds.indexOf("init_ripas")).toBeLessThan(kinds.indexOf("populate"));
    expect(kinds.lastIndexOf("activate")).toBe(kinds.length - 1);
  });

  test("has the tree", () => {
    const given = stub.argv.includes("-dtb");
    const tree = createHash("sha256").update(USER_DTB).digest("hex");
    expect(treeSha256(launch)).toBe(given ? tree : stub.dtb.sha256);
    if (stub.dtb.address !== null) expect(hex(launch.dtbAddress)).toBe(stub.dtb.address);
  });
});

test.each(LAUNCHES.filter((launch) => !realms.includes(launch)))("$case is ordinary", (stub) => {
  const launch = launchOf(stub);
  expect(treeSha256(launch)).toBe(stub.dtb.sha256);
  expect(hex(launch.dtbAddress)).toBe(stub.dtb.address);
  expect(launch.requests).toEqual([]);
});

test("a measurement log is populated last, unmeasured, behind the tree", () => {
  const [stub] = realms.filter(({ argv }) => argv.some((text) => text.includes("log=on")));
  if (stub === undefined) throw new Error("the launch with a log is missing");
  const launch = launchOf(stub);
  const last = of(launch, "populate").at(-1);
  expect(last).toMatchObject({ measure: false, size: 0x10000n });
  expect(last?.base).toBe(launch.dtbAddress + 0x10_0000n);
  expect(launch.requests.map(({ request }) => request).slice(-2)).toEqual(["populate", "activate"]);
});
