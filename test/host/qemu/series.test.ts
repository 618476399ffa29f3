/** What each realm series asks of KVM, in order, and every pair of series and hypervisor, measured. */
import { describe, expect, test } from "vitest";
import { parseQemuName } from "../../../src/host/models.ts";
import { hypervisorsOf, rmmsOfPair } from "../../../src/host/pairs.ts";
import type { VmmRequest } from "../../../src/host/requests.ts";
import type { QemuLaunch } from "../../../src/host/vmm/qemu/launch.ts";
import { serve } from "../kvm/full-stack.ts";
import { argvOf, HOST, launchLine } from "./line.ts";

const MODELS = [
  "qemu/7.2.0+rfc-v1",
  "qemu/8.1.91+eac2",
  "qemu/8.1.91+eac5",
  "qemu/9.0.50+rfc-v2",
  "qemu/9.1.91+rfc-v3",
  "qemu/9.2.0+2025",
  "qemu/11.1.0+linaro-2026",
  "qemu/11.1.0+nvidia-2026",
] as const;

const REALM =
  "-M virt,gic-version=3,acpi=off,confidential-guest-support=r -object rme-guest,id=r -accel kvm -cpu host -smp 2 -m 256M";
const DIRECT = `${REALM} -kernel synk-a.img -initrd syni-a.bin -append console=ttyAMA0`;
const FIRMWARE = `${REALM} -bios synfw-a.fd`;

function launchOf(model: string, line: string, hypervisor = "linux-kvm/v7"): QemuLaunch {
  const { version = "", series = "" } = parseQemuName(model) ?? {};
  return launchLine(argvOf(line), { version, series, hypervisor, platform: HOST });
}

const hex = (value: bigint): string => value.toString(16);

/** A request in a few characters. */
function shortOf(request: VmmRequest): string[] {
  switch (request.request) {
    case "create_vm":
      return [`create ${request.ipaBits}`];
    case "config":
      return [`${request.name}`];
    case "init_ripas":
      return [`ripas ${hex(request.base)}+${hex(request.size)}`];
    case "populate":
      return [
        `data ${hex(request.base)}+${hex(request.size)}${request.measure ? "" : " unmeasured"}`,
      ];
    case "vcpu_finalize":
      return [`vcpu ${request.vcpu} ${hex(request.pc)} ${hex(request.gprs[0] ?? -1n)}`];
    case "memslot":
    case "vcpu_setup":
      return [];
    default:
      return [request.request];
  }
}

const STUB = ["40000000+1000", "40200000+21000", "48000000+4000", "48200000+100000"];
const ZEROS = "40220000+10000";

describe("the order of requests", () => {
  test.each<[string, readonly string[]]>([
    [
      "qemu/7.2.0+rfc-v1",
      [
        "create_realm",
        "vcpu 0 40000000 0",
        "vcpu 1 0 0",
        ...[STUB[3], STUB[0], STUB[2]].flatMap((range) => [`ripas ${range}`, `data ${range}`]),
        "ripas 40200000+30000",
        `data ${STUB[1]}`,
      ],
    ],
    [
      "qemu/8.1.91+eac5",
      [
        "sve",
        "pmu",
        "create_realm",
        ...[STUB[0], STUB[1], ZEROS, STUB[2], STUB[3]].map((range) => `ripas ${range}`),
        ...STUB.map((range) => `data ${range}`),
        "vcpu 0 40000000 0",
        "vcpu 1 0 0",
      ],
    ],
    [
      "qemu/9.0.50+rfc-v2",
      [
        "hash_algo",
        "create_realm",
        "data 40000000+21000",
        "ripas 40021000+f000",
        "data 48000000+4000",
        "data 48200000+100000",
        "vcpu 0 40000000 48200000",
        "vcpu 1 0 0",
      ],
    ],
    [
      "qemu/8.2.94+rfc-v2",
      [
        "hash_algo",
        "create_realm",
        `data ${STUB[0]}`,
        `data ${STUB[1]}`,
        "ripas 40221000+f000",
        `data ${STUB[2]}`,
        `data ${STUB[3]}`,
        "vcpu 0 40000000 0",
        "vcpu 1 0 0",
      ],
    ],
    [
      "qemu/9.1.91+rfc-v3",
      [
        "hash_algo",
        "create_realm",
        "ripas 40000000+10000000",
        "data 40000000+21000",
        "data 48000000+4000",
        "data 48200000+100000",
        "vcpu 0 40000000 48200000",
        "vcpu 1 0 0",
      ],
    ],
    [
      "qemu/11.1.0+linaro-2026",
      [
        "data 40000000+21000",
        "data 48000000+4000",
        "data 48200000+100000",
        "vcpu 0 40000000 48200000",
        "vcpu 1 0 0",
      ],
    ],
  ])("%s", (model, expected) => {
    const requests = launchOf(model, DIRECT).requests.flatMap(shortOf);
    expect(requests).toEqual(["create 41", ...expected, "activate"]);
  });

  test("2025 differs from RFC v3 in always sending a personalization value", () => {
    const [old, later] = [MODELS[4], MODELS[5]].map((model) =>
      launchOf(model, DIRECT).requests.flatMap(shortOf),
    );
    expect(later).toEqual(["create 41", "rpv", ...(old ?? []).slice(1)]);
  });

  test("NVIDIA populates what touches with one call", () => {
    const line = `${REALM} -kernel synk-a.img -initrd syni-a.bin`;
    const of = (model: string, platform: object): readonly string[] => {
      const { version = "", series = "" } = parseQemuName(model) ?? {};
      const { requests } = launchLine(argvOf(line), {
        version,
        series,
        platform: { ...HOST, ...platform },
      });
      return requests.flatMap(shortOf).filter((text) => text.startsWith("data"));
    };
    const wide = { hostPageSize: 65536 };
    expect(of("qemu/11.1.0+nvidia-2026", wide)).toEqual([
      "data 40000000+30000",
      "data 48000000+10000",
      "data 48200000+100000",
    ]);
    expect(of("qemu/11.1.0+linaro-2026", {})).toEqual(of("qemu/11.1.0+nvidia-2026", {}));
  });

  test("firmware lies at 0, its RAM is not made the Realm's beforehand", () => {
    const requests = launchOf("qemu/9.1.91+rfc-v3", FIRMWARE).requests.flatMap(shortOf);
    expect(requests).toEqual([
      "create 41",
      "hash_algo",
      "create_realm",
      "ripas 40000000+10000000",
      "data 0+13000",
      "data 40000000+100000",
      "vcpu 0 0 0",
      "vcpu 1 0 0",
      "activate",
    ]);
    expect(() => launchOf("qemu/7.2.0+rfc-v1", FIRMWARE).requests).toThrow(/not modelled/);
  });

  test("series in which ACPI tables abort the launch say so", () => {
    const line = DIRECT.replace(",acpi=off", "");
    for (const model of ["qemu/8.1.91+eac2", "qemu/8.1.91+eac5"]) {
      expect(() => launchOf(model, line).requests).toThrow(/QEMU aborts: ACPI tables/);
    }
    expect(launchOf("qemu/9.1.91+rfc-v3", line).requests.length).toBeGreaterThan(0);
  });
});

describe("every pair", () => {
  const pairs = MODELS.flatMap((model) =>
    hypervisorsOf(model).flatMap((hypervisor) =>
      (rmmsOfPair(model, hypervisor) ?? []).map((rmm) => ({ model, hypervisor, rmm })),
    ),
  );
  const rims = new Map<string, string>();

  test("is in the table", () => {
    expect(pairs).toHaveLength(48);
  });

  test.each(pairs)("$model on $hypervisor, RMM $rmm", ({ model, hypervisor, rmm }) => {
    for (const [name, line] of [
      ["direct", DIRECT],
      ["firmware", FIRMWARE],
    ] as const) {
      const launch = launchOf(model, line, hypervisor);
      const { rim, ranges } = serve(launch.requests, { hypervisor, rmm, platform: HOST });
      expect(ranges.filter(({ op }) => op === "REC_CREATE")).toHaveLength(1);
      const ripas = ranges.findIndex(({ op }) => op === "RIPAS");
      const data = ranges.findIndex(({ op }) => op === "DATA");
      const late = /v1[2-6]$/.test(hypervisor);
      // RMM 2.0 does not measure RIPAS; v12 makes RAM the Realm's after everything else.
      if (rmm === "2.0") expect(ripas).toBe(-1);
      else if (!(name === "firmware" && model.includes("rfc-v2"))) {
        expect(ripas > data).toBe(late || (model.includes("rfc-v2") && name === "direct"));
      }
      rims.set(`${name} ${model} ${hypervisor} ${rmm}`, rim);
    }
  });

  test("values are as many as there are ways to build a Realm", () => {
    const of = (name: string): readonly string[] => [
      ...new Set([...rims].filter(([key]) => key.startsWith(name)).map(([, rim]) => rim)),
    ];
    // eac2, eac5, RFC v2, RFC v3 with 2025, and 2026 on RMM 1.0 and on 2.0.
    expect(of("direct")).toHaveLength(6);
    expect(of("firmware")).toHaveLength(6);
  });
});
