/** `-object rme-guest` in each series' spelling. */
import { describe, expect, test } from "vitest";
import type { RealmWish } from "../../../src/host/vmm/qemu/rme-guest.ts";
import { objectionOf } from "../kvmtool/line.ts";
import { HOST, launchLine } from "./line.ts";

const BASES: Readonly<Record<string, string>> = {
  "rfc-v1": "7.2.0",
  eac2: "8.1.91",
  eac5: "8.1.91",
  "rfc-v2": "9.0.50",
  "rfc-v3": "9.1.91",
  "2025": "9.2.0",
  "linaro-2026": "11.1.0",
  "nvidia-2026": "11.1.0",
};

function wishOf(series: string, properties: string): RealmWish | undefined {
  const machine = "-M virt,gic-version=3,acpi=off,confidential-guest-support=r -accel kvm";
  const line = `${machine} -cpu host -kernel synk-a.img -object rme-guest,id=r${properties}`;
  const version = BASES[series] ?? "";
  return launchLine(line, { version, series, platform: HOST }).realmWanted;
}

const zeros = (count: number): string => "0".repeat(count);

describe("personalization values", () => {
  const base64 = Buffer.from(Array.from({ length: 64 }, (_, i) => i)).toString("base64");

  test.each<[string, string, string | undefined]>([
    ["rfc-v1", "", undefined],
    ["rfc-v1", ",personalization-value=0102", `0201${zeros(124)}`],
    ["rfc-v1", ",personalization-value=123", `2301${zeros(124)}`],
    ["eac2", ",personalization-value=0102", `0201${zeros(124)}`],
    ["rfc-v2", "", undefined],
    ["rfc-v2", ",personalization-value=0102", `0102${zeros(124)}`],
    ["rfc-v3", ",personalization-value=abc", `0abc${zeros(124)}`],
    ["2025", "", zeros(128)],
    ["2025", `,personalization-value=${base64}`, Buffer.from(base64, "base64").toString("hex")],
    ["linaro-2026", "", undefined],
  ])("%s%s", (series, properties, rpv) => {
    expect(wishOf(series, properties)?.rpv).toBe(rpv);
  });

  test.each([
    ["rfc-v3", `,personalization-value=${"a".repeat(130)}`, /too large/],
    ["rfc-v3", ",personalization-value=xyz", /Invalid Realm Personalization Value/],
    ["2025", ",personalization-value=0102", /Invalid Realm Personalization Value/],
    ["2025", `,personalization-value=${base64.slice(4)}`, /Invalid Realm Personalization Value/],
    ["linaro-2026", ",personalization-value=00", /'rme-guest.personalization-value' not found/],
  ])("%s refuses %s", (series, properties, message) => {
    expect(() => wishOf(series, properties)).toThrow(message);
  });
});

describe("hash algorithms", () => {
  test.each<[string, string, string | undefined]>([
    ["rfc-v1", "", undefined],
    ["rfc-v1", ",measurement-algo=sha512", "sha-512"],
    ["eac5", ",measurement-algo=default", undefined],
    ["eac5", ",measurement-algo=sha256", "sha-256"],
    ["rfc-v2", "", "sha-512"],
    ["rfc-v2", ",measurement-algo=sha256", "sha-256"],
    ["rfc-v3", "", "sha-512"],
    ["rfc-v3", ",measurement-algorithm=sha256", "sha-256"],
    ["2025", "", "sha-512"],
    ["nvidia-2026", "", undefined],
  ])("%s%s", (series, properties, hash) => {
    expect(wishOf(series, properties)?.hashAlgo).toBe(hash);
  });

  test.each([
    ["rfc-v3", ",measurement-algo=sha256", /'rme-guest.measurement-algo' not found/],
    ["rfc-v2", ",measurement-algorithm=sha256", /'rme-guest.measurement-algorithm' not found/],
    ["rfc-v3", ",measurement-algorithm=sha384", /invalid Realm measurement algorithm 'sha384'/],
    ["rfc-v2", ",measurement-algo=default", /invalid Realm measurement algorithm 'default'/],
    ["linaro-2026", ",measurement-algorithm=sha256", /not found/],
  ])("%s refuses %s", (series, properties, message) => {
    expect(() => wishOf(series, properties)).toThrow(message);
  });
});

test("units of the CPU", () => {
  const properties =
    ",num-breakpoints=4,num-watchpoints=2,num-pmu-counters=3,sve-vector-length=256";
  expect(wishOf("eac5", properties)).toMatchObject({
    breakpoints: 4,
    watchpoints: 2,
    pmuCounters: 3,
    sveVectorBits: 256,
  });
  expect(() => wishOf("eac5", ",sve-vector-length=100")).toThrow(/invalid sve-vector-length/);
  expect(() => wishOf("eac5", ",num-breakpoints=16")).toThrow(/invalid num-breakpoints/);
  expect(() => wishOf("rfc-v2", ",num-breakpoints=4")).toThrow(/not found/);
});

test("measurement logs", () => {
  expect(wishOf("rfc-v3", ",measurement-log=on")?.log).toBe(true);
  expect(wishOf("rfc-v3", ",measurement-log=off")?.log).toBe(false);
  expect(() => wishOf("rfc-v3", ",measurement-log=maybe")).toThrow(/expects 'on' or 'off'/);
  expect(() => wishOf("rfc-v2", ",measurement-log=on")).toThrow(/not found/);
});

describe("the machine must use the object", () => {
  const line = (machine: string, objects: string): (() => unknown) => {
    const words = `-M virt,gic-version=3,acpi=off${machine} -cpu host -accel kvm ${objects}`;
    return () => launchLine(words, { version: "9.1.91", series: "rfc-v3" });
  };

  test.each([
    ["", "-object rme-guest,id=r", /the machine does not use it/],
    [",confidential-guest-support=x", "-object rme-guest,id=r", /Device 'x' not found/],
    [",confidential-guest-support=r", "", /Device 'r' not found/],
    [
      ",confidential-guest-support=r",
      "-object rme-guest,id=r -object rme-guest,id=s",
      /a single instance of RmeGuest/,
    ],
  ])("%s with %s is refused", (machine, objects, message) => {
    const objection = objectionOf(line(machine, objects));
    expect(objection.code).toBe("HOST_ARGUMENT");
    expect(objection.message).toMatch(message);
  });

  test("memory-encryption is another name for it", () => {
    const launch = launchLine(
      "-M virt,gic-version=3,acpi=off,memory-encryption=r -cpu host -accel kvm -object rme-guest,id=r -bios synfw-a.fd",
      { version: "9.1.91", series: "rfc-v3" },
    );
    expect(launch.realmWanted).toBeDefined();
  });
});
