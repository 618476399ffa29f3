import { describe, expect, test } from "vitest";
import { granulesOf } from "../../src/hash/content.ts";
import { bytesSource } from "../../src/hash/source.ts";
import { kvmFacts } from "../../src/host/kvm/launch.ts";
import type { RealmFields } from "../../src/host/realm-fields.ts";
import type { VmmRequest } from "../../src/host/requests.ts";
import { shownRequest } from "../../src/host/shown-request.ts";
import { stepRequests } from "../../src/host/step-requests.ts";
import type { LaunchStep } from "../../src/host/steps.ts";
import { platformFeatures } from "../../src/rmm/platform-features.ts";
import { v1_0_eac5 } from "../../src/rmm/spec/v1_0_eac5.ts";
import { ipa, u64 } from "../../src/units.ts";

const source = bytesSource(new Uint8Array(100));
const pointed = <T extends object>(step: T, i: number): T & { pointer: string } => ({
  ...step,
  pointer: `/launch/${i}`,
});

const gprs = Array.from({ length: 8 }, (_, i) => u64(i));
const rec = (mpidr: number, runnable = mpidr === 0): LaunchStep =>
  pointed({ step: "rec", mpidr: u64(mpidr), pc: u64(4096), gprs, runnable } as const, 3);

const STEPS: readonly LaunchStep[] = [
  pointed(
    { step: "memslot", id: 1, base: ipa(0), size: u64(0x100000), guestMemfd: true } as const,
    0,
  ),
  pointed({ step: "ripas", base: ipa(0x1000), top: ipa(0x4000) } as const, 1),
  pointed(
    {
      step: "data",
      data: { kind: "file", name: "Image", source },
      ipa: ipa(0x2010),
      base: ipa(0x2000),
      content: granulesOf(source, 0x10),
      measure: true,
    } as const,
    2,
  ),
  rec(0),
  pointed({ step: "activate" } as const, 4),
];

function requests(
  series: string,
  steps: readonly LaunchStep[] = STEPS,
  realm: RealmFields = { hashAlgo: "sha-256", s2sz: 33 },
  platform = {},
): VmmRequest[] {
  const facts = kvmFacts(`linux-kvm/${series}`);
  const features = platformFeatures(v1_0_eac5, platform);
  return [...stepRequests(steps, { facts, realm, features })];
}

const names = (list: readonly VmmRequest[]): string[] =>
  list.map((request) => (request.request === "config" ? request.name : request.request));

describe("steps as requests", () => {
  test("a VMM that drives the launch creates the Realm behind the first slots", () => {
    const list = requests("v7");
    expect(names(list)).toEqual([
      "create_vm",
      "vcpu_setup",
      "memslot",
      "hash_algo",
      "create_realm",
      "init_ripas",
      "populate",
      "vcpu_finalize",
      "activate",
    ]);
    expect(list.map(({ origin }) => origin).slice(-4)).toEqual(
      [1, 2, 3, 4].map((i) => `/launch/${i}`),
    );
  });

  test("from v12 on there is nothing to configure and to create", () => {
    const steps = STEPS.filter(({ step }) => step !== "ripas");
    expect(names(requests("v12", steps))).toEqual([
      "create_vm",
      "vcpu_setup",
      "memslot",
      "populate",
      "vcpu_finalize",
      "activate",
    ]);
  });

  test("eac5 has everything configured, breakpoints from the platform", () => {
    const realm = {
      hashAlgo: "sha-512",
      rpv: new Uint8Array([1]),
      s2sz: 33,
      flags: { sve: true, pmu: true },
      pmuNumCtrs: 3,
    } as const;
    const platform = { breakpoints: 2, watchpoints: 2, sveVectorBits: 512, pmuCounters: 6 };
    const items = requests("eac5", STEPS, realm, platform).flatMap((request) =>
      request.request === "config" ? [[request.name, request.value]] : [],
    );
    expect(items).toEqual([
      ["hash_algo", "sha-512"],
      ["rpv", "01"],
      ["sve", 3],
      ["dbg", { num_brps: 2, num_wrps: 2 }],
      ["pmu", 3],
    ]);
  });

  test("eac5 insists on breakpoints", () => {
    expect(() => requests("eac5")).toThrow(
      /platform.breakpoints and platform.watchpoints must be given/,
    );
  });

  test.each([
    [{}, {}],
    [{ flags: { sve: true } }, { sveVectorBits: "max" }],
    [{ flags: { sve: true }, sveVl: 1 }, { sveVectorBits: 256 }],
    [{ flags: { pmu: true } }, { pmuCounters: "max" }],
    [{ flags: { pmu: true }, pmuNumCtrs: 0 }, { pmuCounters: 0 }],
    [{ flags: { sve: false }, sveVl: 1 }, {}],
  ] as const)("realm %j: vCPUs have %j", (realm, setup) => {
    const list = requests("v7", STEPS, realm);
    expect(list[1]).toEqual({ request: "vcpu_setup", setup, origin: "/realm" });
  });

  test.each([
    [0x0, 0],
    [0xf, 15],
    [0x100, 16],
    [0x1f03, 0x1f3],
    [0x10000, 4096],
  ])("MPIDR %o is vCPU %i", (mpidr, vcpu) => {
    expect(requests("v7", [rec(mpidr)]).at(-1)).toMatchObject({ vcpu });
  });

  test.each([
    [rec(0x10), "HOST_ARGUMENT", /no vCPU the MPIDR 0x10/],
    [rec(0x100_0000), "HOST_ARGUMENT", /no vCPU the MPIDR/],
    [rec(1, true), "HOST_REFUSED", /vCPU 0 runnable, never vCPU 1/],
    [rec(0, false), "HOST_REFUSED", /vCPU 0 runnable/],
    [
      pointed({ step: "rmi", command: "RMI_VERSION", args: {} } as const, 3),
      "HOST_ARGUMENT",
      /RMI/,
    ],
  ])("%o is refused", (step, code, message) => {
    const error = { code, message: expect.stringMatching(message) as string };
    expect(() => requests("v7", [step])).toThrow(expect.objectContaining(error) as Error);
  });

  test.each([
    [{ hashAlgo: "sha-512" }, "/realm/hashAlgo"],
    [{ rpv: new Uint8Array([1]) }, "/realm/rpv"],
  ] as const)("v12 has no request for %o", (realm, pointer) => {
    expect(() => requests("v12", [], realm)).toThrow(
      expect.objectContaining({ code: "HOST_REFUSED", where: { pointer } }) as Error,
    );
  });
});

test("requests as they are shown", () => {
  const shown = requests("v7").flatMap((request) => shownRequest(request) ?? []);
  expect(shown).toEqual([
    { request: "create_vm", ipaBits: 33, realm: true },
    { request: "config", name: "hash_algo", value: "sha-256" },
    { request: "create_realm" },
    { request: "init_ripas", base: "0x1000", size: "0x3000" },
    { request: "populate", base: "0x2000", size: "0x1000", measure: true },
    {
      request: "vcpu_finalize",
      vcpu: 0,
      pc: "0x1000",
      x0: "0x0",
      x1: "0x1",
      x2: "0x2",
      x3: "0x3",
      x4: "0x4",
      x5: "0x5",
      x6: "0x6",
      x7: "0x7",
      runnable: true,
    },
    { request: "activate" },
  ]);
});
