import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/bytes.ts";
import type { Platform } from "../../../src/host/platform.ts";
import type { VcpuSetup, VmmRequest } from "../../../src/host/requests.ts";
import { u64 } from "../../../src/units.ts";
import { GOLDEN } from "../../tools/measure.ts";
import { createRealm, createVm, PLATFORM, plainLaunch, run } from "./run-requests.ts";

const setup = (vcpus: VcpuSetup): VmmRequest => ({ request: "vcpu_setup", setup: vcpus });

interface Row {
  readonly id: string;
  readonly hypervisor: string;
  readonly cpu: string;
  readonly featureRegister0: string;
  readonly params: Readonly<Record<string, number>>;
  readonly rim: string;
}

/** What QEMU sets its vCPUs up with: SVE and PMU are on unless the line says otherwise. */
function setupOf(cpu: string): VcpuSetup {
  const numbers = (pattern: RegExp): number[] =>
    [...cpu.matchAll(pattern)].map(([, digits]) => Number(digits));
  const sve = numbers(/sve(\d+)=on/g);
  const [pmu] = numbers(/num-pmu-counters=(\d+)/g);
  const [breakpoints] = numbers(/num-breakpoints=(\d+)/g);
  const [watchpoints] = numbers(/num-watchpoints=(\d+)/g);
  return {
    ...(!cpu.includes("sve=off") && { sveVectorBits: sve.length > 0 ? Math.max(...sve) : "max" }),
    ...(!cpu.includes("pmu=off") && { pmuCounters: pmu ?? "max" }),
    ...(breakpoints !== undefined && { breakpoints }),
    ...(watchpoints !== undefined && { watchpoints }),
  };
}

describe("captured parameters of QEMU launches", () => {
  const rows = JSON.parse(
    readFileSync(join(GOLDEN, "oracle/full-stack/qemu-params.json"), "utf8"),
  ) as readonly Row[];

  test.each(rows)("$id: $cpu on $hypervisor", ({ hypervisor, cpu, params, rim, ...row }) => {
    const platform = { featureRegister0: u64(BigInt(row.featureRegister0)) };
    const series = hypervisor.slice("linux-kvm/".length);
    const hash: VmmRequest = {
      request: "config",
      name: "hash_algo",
      value: params["hash_algo"] === 1 ? "sha-512" : "sha-256",
    };
    const requests = [createVm(params["s2sz"]), setup(setupOf(cpu)), hash, createRealm];
    const launch = run(series, requests, { platform });
    expect({ ...launch.params, flags: Number(launch.params?.flags) }).toMatchObject(params);
    expect(launch.rim).toBe(rim);
  });
});

describe("debug fields", () => {
  const debug = (series: string, platform: Platform, vcpus: VcpuSetup = {}): unknown => {
    const { params } = run(series, plainLaunch(series, [setup(vcpus)]), { platform, goesOn: true });
    return [params?.num_bps, params?.num_wps];
  };
  const tfRmmV05: Platform = { ...PLATFORM, breakpoints: 2, watchpoints: 2 };

  test.each([
    ["v2", tfRmmV05, {}, [2, 2]],
    ["v3", tfRmmV05, {}, [2, 2]],
    // 0 - 1 fills the register's four bits.
    ["v3", { ...PLATFORM, breakpoints: 0, watchpoints: 0 }, {}, [16, 16]],
    ["v4", PLATFORM, {}, [5, 3]],
    ["v7", PLATFORM, {}, [5, 3]],
    ["v14", PLATFORM, {}, [5, 3]],
    ["v5", PLATFORM, { breakpoints: 2, watchpoints: 2 }, [1, 1]],
    ["v5", PLATFORM, { breakpoints: 7 }, [5, 3]],
    ["v5", PLATFORM, { breakpoints: 0 }, [5, 3]],
    ["v7", PLATFORM, { breakpoints: 6, watchpoints: 2 }, [5, 1]],
    ["v7", PLATFORM, { breakpoints: 2, watchpoints: 2 }, [5, 3]],
    // Configured, not taken from vCPUs.
    ["eac5", tfRmmV05, { breakpoints: 1 }, [0, 0]],
  ] as const)("%s, %j, %j: %j", (series, platform, vcpus, expected) => {
    expect(debug(series, platform, vcpus)).toEqual(expected);
  });

  test("an RMM that offers no breakpoints refuses v3, as on a host", () => {
    const platform = { ...PLATFORM, breakpoints: 0, watchpoints: 0 };
    const { outcome } = run("v3", plainLaunch("v3"), { platform });
    expect(outcome).toMatchObject({ kind: "refused", result: { failed: "params_supp" } });
  });

  test.each([
    ["v7", {}, "platform.breakpoints and platform.watchpoints"],
    ["v7", { breakpoints: 2 }, "platform.watchpoints"],
    ["v12", { watchpoints: 2 }, "platform.breakpoints"],
  ])("%s insists on what decides them: %j", (series, platform, names) => {
    expect(() => run(series, plainLaunch(series), { platform })).toThrow(
      expect.objectContaining({
        code: "HOST_PLATFORM",
        message: expect.stringContaining(`${names} must be given`) as string,
      }) as Error,
    );
  });

  test("fields of the launch description stand in for the platform", () => {
    const realm = { numBps: 1, numWps: 1 };
    const { params } = run("v7", plainLaunch("v7"), { platform: {}, realm });
    expect(params).toMatchObject({ num_bps: 1, num_wps: 1 });
  });
});

describe("configuration items", () => {
  const item = (name: string, value: unknown): VmmRequest =>
    ({ request: "config", name, value }) as VmmRequest;

  test("eac5 takes what is configured", () => {
    const items = [
      item("hash_algo", "sha-512"),
      item("rpv", "0102"),
      item("sve", 3),
      item("pmu", 4),
      item("dbg", { num_brps: 6, num_wrps: 4 }),
    ];
    const { params } = run("eac5", [createVm(33), ...items, createRealm]);
    expect(params).toMatchObject({
      flags: 6n,
      s2sz: 33,
      sve_vl: 3,
      num_bps: 6,
      num_wps: 4,
      pmu_num_ctrs: 4,
      hash_algo: 1,
    });
    expect(toHex(params?.rpv ?? new Uint8Array())).toMatch(/^01020{124}$/);
  });

  test("nothing configured is nothing, in eac5", () => {
    const { params } = run("eac5", [createVm(33), createRealm]);
    expect(params).toMatchObject({ flags: 0n, num_bps: 0, num_wps: 0, hash_algo: 0 });
  });

  test.each([
    ["eac5", item("dbg", { num_brps: 7, num_wrps: 4 }), /offers 6 breakpoints/],
    ["eac5", item("sve", 4), /sve_vl 4 exceeds/],
    ["eac5", item("pmu", 7), /offers 6 PMU counters/],
    ["eac5", item("hash_algo", "sha-384"), /does not offer/],
    ["eac5", item("rpv", "0g"), /hexadecimal/],
    ["v7", item("dbg", { num_brps: 6, num_wrps: 4 }), /knows hash_algo, rpv only/],
    ["v12", item("hash_algo", "sha-256"), /no such request/],
  ])("%s refuses %j", (series, request, why) => {
    const { refused } = run(series, [createVm(), request]);
    expect(refused[0]?.refusal).toMatchObject({ errno: "EINVAL" });
    expect(refused[0]?.refusal.why).toMatch(why);
  });
});

describe("SVE and PMU of vCPUs", () => {
  test.each([
    [{ sveVectorBits: "max" }, { flags: 2n, sve_vl: 3 }],
    [{ sveVectorBits: 128 }, { flags: 2n, sve_vl: 0 }],
    [{ sveVectorBits: 384 }, { flags: 2n, sve_vl: 2 }],
    [{ pmuCounters: "max" }, { flags: 4n, pmu_num_ctrs: 6 }],
    [{ pmuCounters: 2 }, { flags: 4n, pmu_num_ctrs: 2 }],
    [{}, { flags: 0n, sve_vl: 0, pmu_num_ctrs: 0 }],
  ] as const)("%j gives %o", (vcpus, params) => {
    expect(run("v7", plainLaunch("v7", [setup(vcpus)])).params).toMatchObject(params);
  });

  test("vCPUs that come after the Realm have no say", () => {
    const late = [createVm(), createRealm, setup({ sveVectorBits: "max" })];
    expect(run("v7", late).params).toMatchObject({ flags: 0n, sve_vl: 0 });
  });

  test.each([
    [{ sveVectorBits: 640 }, PLATFORM, /640 bits exceed the RMM's 512/],
    [{ sveVectorBits: "max" }, { ...PLATFORM, sveVectorBits: 0 }, /offers no SVE/],
    [{ pmuCounters: 7 }, PLATFORM, /offers 6 PMU counters, not 7/],
  ] as const)("%j is refused", (vcpus, platform, why) => {
    const { refused } = run("v7", plainLaunch("v7", [setup(vcpus)]), { platform });
    expect(refused[0]?.refusal.why).toMatch(why);
  });

  test("RMM 2.0 refuses counters of a PMU, KVM does not", () => {
    const { outcome } = run("v14", plainLaunch("v14", [setup({ pmuCounters: 4 })]));
    expect(outcome).toMatchObject({ kind: "refused", result: { failed: "params_supp" } });
  });
});

describe("LPA2", () => {
  test.each([
    ["v12", 0n],
    ["v13", 1n],
    ["v14", 1n],
    ["v15", 0n],
    ["v16", 0n],
  ])("%s on a host that uses it: flags %o", (series, flags) => {
    const platform = { ...PLATFORM, hostLpa2: true };
    expect(run(series, plainLaunch(series), { platform }).params?.flags).toBe(flags);
  });

  test("is assumed to be off, and that is told where it counts", () => {
    const fields = (series: string): string[] =>
      run(series, plainLaunch(series)).assumed.map(({ field }) => field);
    expect(fields("v14")).toContain("hostLpa2");
    expect(fields("v12")).not.toContain("hostLpa2");
  });

  test("a host that uses it has no Realms on an RMM without", () => {
    const platform = { ...PLATFORM, hostLpa2: true, lpa2: false };
    expect(run("v15", plainLaunch("v15"), { platform }).refused[0]?.refusal.errno).toBe("EINVAL");
  });
});

describe("IPA space", () => {
  test.each([
    [0, 40],
    [32, 32],
    [48, 48],
  ])("%i bits asked for: s2sz %i", (bits, s2sz) => {
    expect(run("v7", [createVm(bits), createRealm]).params?.s2sz).toBe(s2sz);
  });

  test.each([31, 49])("%i bits are refused", (bits) => {
    expect(run("v7", [createVm(bits)]).refused[0]?.refusal.errno).toBe("EINVAL");
  });

  test("49 bits pass KVM v7, not the RMM: LPA2 is never set", () => {
    const platform = { ...PLATFORM, maxIpaBits: 52 };
    const { outcome, params } = run("v7", [createVm(49), createRealm], { platform });
    expect(params).toMatchObject({ flags: 0n, s2sz: 49 });
    expect(outcome).toMatchObject({ kind: "refused", result: { status: "RMI_ERROR_INPUT" } });
  });

  test("an ordinary VM has no RIM", () => {
    const vm = { request: "create_vm", ipaBits: 40, realm: false } as const;
    expect(run("v7", [vm]).outcome).toMatchObject({ kind: "host-error" });
  });
});
