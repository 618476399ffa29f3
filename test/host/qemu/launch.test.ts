/** What a launch is taken to be: its accelerator, its release, and what is not certain about it. */
import { describe, expect, test } from "vitest";
import { resolveRelease } from "../../../src/host/vmm/qemu/versions.ts";
import { objectionOf } from "../kvmtool/line.ts";
import { HOST, launchLine, nodeAt } from "./line.ts";

const REALM =
  "-M virt,gic-version=3,acpi=off,confidential-guest-support=r -object rme-guest,id=r -cpu max -kernel synk-a.img";
const KVM = { version: "9.1.91", series: "rfc-v3", hypervisor: "linux-kvm/v7" };
const { maxIpaBits: _unstated, ...NOWHERE } = HOST;

function cpuOf(line: string, options: object): string {
  const node = nodeAt(launchLine(line, options), "/cpus/cpu@0");
  const value = node?.properties.find(({ name }) => name === "compatible")?.value;
  return new TextDecoder().decode(value).replace("\0", "");
}

describe("the accelerator", () => {
  test.each<[string, string, object, string]>([
    ["an ordinary line", "-M virt,gic-version=3 -cpu max", KVM, "arm,cortex-a57"],
    ["a Realm's line that is measured", REALM, KVM, "arm,arm-v8"],
    ["a Realm's line to look at", REALM, { ...KVM, measured: false }, "arm,cortex-a57"],
    [
      "a Realm's line without a hypervisor",
      REALM,
      { ...KVM, hypervisor: "direct" },
      "arm,cortex-a57",
    ],
    ["a Realm's line for TCG", `${REALM} -accel tcg`, KVM, "arm,cortex-a57"],
    [
      "a Realm's line for KVM",
      `${REALM} -accel kvm`,
      { ...KVM, hypervisor: "direct" },
      "arm,arm-v8",
    ],
    ["-enable-kvm", `${REALM} -enable-kvm`, KVM, "arm,arm-v8"],
    ["-M accel=", `${REALM} -M accel=kvm:tcg`, KVM, "arm,arm-v8"],
  ])("%s", (_what, line, options, compatible) => {
    expect(cpuOf(line, options)).toBe(compatible);
  });

  test.each<[string, string, object, string, RegExp]>([
    [
      "an ordinary line",
      "-M virt -cpu max",
      KVM,
      "HOST_REFUSED",
      /ordinary virtual machine, which has no RIM/,
    ],
    ["a Realm under TCG", `${REALM} -accel tcg`, KVM, "HOST_REFUSED", /KVM required for RME/],
    [
      "a Realm somewhere",
      REALM,
      { ...KVM, platform: NOWHERE },
      "HOST_PLATFORM",
      /maxIpaBits must be given/,
    ],
  ])("%s is no launch to measure", (_what, line, options, code, message) => {
    const objection = objectionOf(() => {
      launchLine(line, options).checkRealm();
    });
    expect(objection.code).toBe(code);
    expect(objection.message).toMatch(message);
  });

  test("a Realm on KVM is one", () => {
    expect(() => {
      launchLine(REALM, KVM).checkRealm();
    }).not.toThrow();
  });
});

describe("releases", () => {
  test.each<[string, number | undefined, RegExp | undefined]>([
    ["5.2.0", 502, undefined],
    ["10.0.13", 1000, undefined],
    ["11.1.3", 1101, undefined],
    ["9.1.91", 902, undefined],
    ["10.2", 1002, undefined],
    [
      "8.1.5",
      801,
      /8\.1\.5 is taken to be 8\.1, of the releases 8\.x-9\.0: .* no such binary was run/,
    ],
    ["10.1.91", 1002, undefined],
    ["9.2.50", 902, /a development version may already do what the next release does/],
    ["11.0.2", 1100, /taken to be 11\.0, of the releases 11\.x/],
    ["5.1.0", undefined, undefined],
    ["11.2.0", undefined, undefined],
    ["9.3.0", undefined, undefined],
    ["12.0.0", undefined, undefined],
    ["nine", undefined, undefined],
  ])("%s", (version, release, warning) => {
    const resolved = resolveRelease(version);
    expect(resolved?.release).toBe(release);
    if (warning === undefined) expect(resolved?.warnings ?? []).toEqual([]);
    else expect(resolved?.warnings.join()).toMatch(warning);
  });

  test("a version outside is refused, with those inside", () => {
    expect(objectionOf(() => launchLine("-M virt", { version: "12.0.0" }))).toMatchObject({
      code: "HOST_UNKNOWN_MODEL",
      pointer: "/host/vmm",
      hint: "releases 5.2 to 11.1 are modelled",
    });
  });
});

test("what is not certain is said", () => {
  const of = (line: string, options: object): string => launchLine(line, options).warnings.join();
  const newest = { version: "11.1.3", series: "linaro-2026", hypervisor: "linux-kvm/v14" };
  expect(of(REALM, newest)).toMatch(/start code before the kernel/);
  expect(of(REALM, newest)).toMatch(/caches of the host's CPU/);
  expect(of(REALM, KVM)).toMatch(/names no accelerator; taken to be run with -accel kvm/);
  expect(of(REALM, { ...KVM, measured: false })).toMatch(/this is the machine under TCG/);
  expect(of(`${REALM} -accel kvm`, KVM)).toBe("");
  const sve = `${REALM.replace("-cpu max", "-cpu host,sve384=on")} -accel kvm`;
  expect(of(sve, KVM)).toMatch(/every SVE vector length/);
});

test("PSCI under KVM is what the platform says, else assumed", () => {
  const line = `${REALM} -accel kvm`;
  const assumed = launchLine(line, KVM).assumed.map(
    ({ field, value }) => `${field}=${String(value)}`,
  );
  expect(assumed).toContain("psci=1.0");
  const old = launchLine(line, { ...KVM, platform: { ...HOST, psci: "0.2" } });
  const node = nodeAt(old, "/psci")?.properties.find(({ name }) => name === "compatible");
  expect(new TextDecoder().decode(node?.value)).toBe("arm,psci-0.2\0arm,psci\0");
});
