/** What each series allows, and how it says no. */
import { describe, expect, test } from "vitest";
import type { VmmRequest } from "../../../src/host/requests.ts";
import {
  activate,
  commandsOf,
  createRealm,
  createVm,
  initRipas,
  MIB,
  PLATFORM,
  plainLaunch,
  populate,
  RAM,
  ripasOf,
  run,
  slot,
  vcpu,
} from "./run-requests.ts";

const ram = slot(0, RAM, 16 * MIB);
const start = [createVm(), ram];
const created = [...start, createRealm];
const active = [...created, vcpu(0), activate];
const running = [...start, vcpu(0), activate];
const hash: VmmRequest = { request: "config", name: "hash_algo", value: "sha-256" };

type Row = readonly [
  series: string,
  what: string,
  requests: readonly VmmRequest[],
  errno: string,
  why: RegExp,
];

const ORDER: readonly Row[] = [
  ["eac5", "configuring a Realm that exists", [...created, hash], "EINVAL", /exists already/],
  ["v7", "configuring a Realm that exists", [...created, hash], "EBUSY", /exists already/],
  ["v7", "creating a Realm twice", [...created, createRealm], "EEXIST", /exists already/],
  ["v7", "RIPAS without a Realm", [...start, initRipas(RAM, MIB)], "EINVAL", /no Realm yet/],
  ["v7", "content without a Realm", [...start, populate(RAM, 4096)], "EINVAL", /no Realm yet/],
  ["v7", "a REC without a Realm", [...start, vcpu(0)], "ENOENT", /no Realm yet/],
  ["v7", "activation without a Realm", [...start, activate], "EINVAL", /no Realm yet/],
  ["v7", "RIPAS after activation", [...active, initRipas(RAM, MIB)], "EINVAL", /active already/],
  ["v7", "content after activation", [...active, populate(RAM, 4096)], "EINVAL", /active already/],
  ["v11", "content after activation", [...active, populate(RAM, 4096)], "EPERM", /active already/],
  ["v7", "a REC after activation", [...active, vcpu(1)], "ENOENT", /active already/],
  ["v7", "activation twice", [...active, activate], "EINVAL", /active already/],
  ["v7", "finalizing a REC twice", [...created, vcpu(0), vcpu(0)], "EBUSY", /exists already/],
  [
    "v7",
    "RIPAS over content",
    [...created, populate(RAM, 4096), initRipas(RAM, MIB)],
    "ENXIO",
    /RMI_RTT_INIT_RIPAS is refused with RMI_ERROR_RTT at level 3/,
  ],
  [
    "v11",
    "RIPAS over content",
    [...created, populate(RAM, 4096), initRipas(RAM, MIB)],
    "EINVAL",
    /RMI_ERROR_RTT at level 3/,
  ],
  ["v12", "a request to create the Realm", created, "EINVAL", /no such request/],
  ["v12", "a request for RIPAS", [...start, initRipas(RAM, MIB)], "EINVAL", /no such request/],
  ["v14", "content after KVM_RUN", [...running, populate(RAM, 4096)], "EBUSY", /active already/],
  ["v12", "a vCPU after KVM_RUN", [...running, vcpu(1)], "EBUSY", /first KVM_RUN/],
];

describe("the wrong order", () => {
  test.each(ORDER)("%s: %s", (series, _, requests, errno, why) => {
    const { refused, outcome } = run(series, requests);
    expect(refused.map(({ number }) => number)).toEqual([requests.length - 1]);
    expect(refused[0]?.refusal).toMatchObject({ errno, outOfOrder: true });
    expect(refused[0]?.refusal.why).toMatch(why);
    expect(outcome.kind).not.toBe("done");
  });

  test("v5 does not catch a REC finalized twice, the RMM does", () => {
    const { refused } = run("v5", [...created, vcpu(0), vcpu(0)]);
    expect(refused[0]?.refusal).toMatchObject({ errno: "ENXIO" });
    expect(refused[0]?.refusal.why).toMatch(/RMI_REC_CREATE is refused/);
  });

  test("v12 passes over content that is there before RIPAS", () => {
    const { outcome } = run("v12", [...start, vcpu(0), populate(RAM, 4096), activate]);
    expect(outcome.kind).toBe("done");
  });

  test("RMM 1.0 under v13 would make KVM ask again without end", () => {
    const requests = [...start, vcpu(0), populate(RAM, 4096), activate];
    const { refused } = run("v13", requests, { rmm: "1.0-rel0" });
    expect(refused[0]?.refusal.why).toMatch(/without end/);
  });
});

const small = [slot(0, RAM, 0x200000), slot(1, RAM + 0x200000, 0x200000)];
const plain = slot(2, RAM + 0x1000_0000, MIB, false);

const CONTENT: readonly Row[] = [
  ["v7", "no whole page", [...created, populate(RAM, 0x800)], "EINVAL", /not aligned/],
  ["v7", "no slot", [...created, populate(0, 0x1000)], "EFAULT", /no memory slot has 0x0/],
  [
    "v7",
    "two slots",
    [createVm(), ...small, createRealm, populate(RAM + 0x1ff000, 0x2000)],
    "EINVAL",
    /reaches beyond slot 0/,
  ],
  [
    "v7",
    "a slot without guest_memfd",
    [createVm(), ram, plain, createRealm, populate(RAM + 0x1000_0000, 0x1000)],
    "EINVAL",
    /slot 2 has no guest_memfd/,
  ],
  [
    "v7",
    "the upper half of the IPA space",
    [createVm(33), slot(0, 0x1_0000_0000, MIB), createRealm, populate(0x1_0000_0000, 0x1000)],
    "ENXIO",
    /ipa_bound/,
  ],
  ["v12", "no slot", [...start, populate(0, 0x1000)], "EINVAL", /no memory slot/],
  ["v12", "nothing", [...start, populate(RAM, 0)], "EINVAL", /names no byte/],
  ["v12", "a vCPU twice", [...start, vcpu(0), vcpu(0)], "EEXIST", /exists already/],
  [
    "v15",
    "the upper half of the IPA space",
    [createVm(33), slot(0, 0x1_0000_0000, MIB), populate(0x1_0000_0000, 0x1000)],
    "EINVAL",
    /lower half/,
  ],
  ["v7", "vCPU 512", [...created, vcpu(512)], "EINVAL", /at most 512/],
  ["v7", "vCPU 1 first", [...created, vcpu(1)], "ENXIO", /RMI_REC_CREATE is refused/],
];

describe("the wrong thing", () => {
  test.each(CONTENT)("%s: %s", (series, _, requests, errno, why) => {
    const { refused } = run(series, requests);
    expect(refused.map(({ number }) => number)).toEqual([requests.length - 1]);
    expect(refused[0]?.refusal.errno).toBe(errno);
    expect(refused[0]?.refusal.outOfOrder).toBeUndefined();
    expect(refused[0]?.refusal.why).toMatch(why);
  });

  test.each([
    ["v7", "ENXIO"],
    ["v11", "ENXIO"],
    ["v12", "EEXIST"],
    ["v13", "ENXIO"],
    ["v15", "ENXIO"],
  ])("%s: a page twice is -%s; pages before it stay", (series, errno) => {
    const first = populate(RAM + 0x2000, 0x1000);
    const second = populate(RAM, 0x4000);
    const driven = /^v1[2-5]$/.test(series);
    const before = driven ? [...start, vcpu(0)] : created;
    const { refused, calls } = run(series, [...before, first, second]);
    expect(refused[0]?.refusal).toMatchObject({ errno });
    expect(refused[0]?.refusal.why).toMatch(/0x80002000 was populated before/);
    const pages = calls.filter(({ answer }) =>
      answer.descriptors.some(({ kind }) => kind === "data"),
    );
    expect(pages).toHaveLength(3);
  });

  test("v12 and later populate two slots in parts", () => {
    const requests = [createVm(), ...small, vcpu(0), populate(RAM + 0x1ff000, 0x2000), activate];
    expect(run("v12", requests).outcome.kind).toBe("done");
  });

  test("v6 to v11 look the slot up again every 2 MiB", () => {
    const spanning = populate(RAM, 0x400000);
    const at = (series: string): string[] =>
      run(series, [createVm(), ...small, createRealm, spanning]).refused.map(
        ({ refusal }) => refusal.errno,
      );
    expect(at("v5")).toEqual(["EINVAL"]);
    expect(at("v6")).toEqual([]);
    expect(at("v11")).toEqual([]);
  });

  test("v14 takes a refused page for a populated one", () => {
    const half = 2 ** 32;
    const vm = [createVm(33), slot(0, half - MIB, 2 * MIB), vcpu(0)];
    const { refused, calls } = run("v14", [...vm, populate(half - 0x1000, 0x3000)]);
    expect(refused).toEqual([]);
    const tries = calls.filter(({ call }) => call.command === "RMI_RTT_DATA_MAP_INIT");
    const statuses = tries.map(({ answer }) => answer.status);
    // Tables first; then the page that ends one ioctl is tried again by the next.
    expect(statuses.filter((status) => status === "RMI_SUCCESS")).toHaveLength(1);
    expect(statuses.filter((status) => status === "RMI_ERROR_INPUT")).toHaveLength(3);
  });

  test("a launch without any slot is taken to have them, where the VMM drives it", () => {
    const requests = [createVm(), createRealm, populate(RAM, 0x1000), vcpu(0), activate];
    expect(run("v7", requests).outcome.kind).toBe("done");
  });
});

describe("a VMM that goes on", () => {
  test("gets its Realm on v7 without what was refused", () => {
    const requests = [...created, vcpu(1), vcpu(0), activate];
    const { outcome, refused, rim } = run("v7", requests, { goesOn: true });
    expect(refused).toHaveLength(1);
    expect(outcome.kind).toBe("done");
    expect(rim).toBe(run("v7", active).rim);
  });

  test.each(["v12", "v14", "v15"])("gets none on %s: KVM does not forgive", (series) => {
    const requests = [...start, vcpu(1), vcpu(0), populate(RAM, 0x1000), activate, activate];
    const { outcome, refused } = run(series, requests, { goesOn: true });
    expect(refused.map(({ refusal }) => refusal.errno)).toEqual(["ENXIO", "ENXIO"]);
    expect(outcome.kind).toBe("host-error");
  });

  test("a refused Realm gives its granules back and can be asked for again", () => {
    const requests = [createVm(49), ram, createRealm, createRealm];
    const options = { platform: { ...PLATFORM, maxIpaBits: 52 }, goesOn: true };
    const launch = run("v7", requests, options);
    expect(commandsOf(launch)).toEqual(["RMI_REALM_CREATE", "RMI_REALM_CREATE"]);
    const taken = launch.calls.filter(({ call }) => call.command === "RMI_GRANULE_DELEGATE");
    const given = launch.calls.filter(({ call }) => call.command === "RMI_GRANULE_UNDELEGATE");
    expect(given).toHaveLength(taken.length);
    expect(launch.calls.every(({ answer }) => answer.status !== "RMI_ERROR_RTT")).toBe(true);
  });
});

describe("the end", () => {
  test("KVM that drives the launch needs its KVM_RUN", () => {
    const { outcome } = run("v12", [...start, vcpu(0), populate(RAM, 0x1000)]);
    expect(outcome).toMatchObject({ kind: "host-error" });
    expect(outcome.kind === "host-error" && outcome.message).toMatch(/never comes/);
  });

  test("a VMM that drives it has its RIM before activation", () => {
    expect(run("v7", [...created, vcpu(0)]).rim).toBe(run("v7", active).rim);
  });

  test("somebody has to ask for a Realm", () => {
    const { outcome } = run("v7", start);
    expect(outcome.kind === "host-error" && outcome.message).toMatch(/never asked to create/);
  });

  test("where to look", () => {
    const request = { ...populate(RAM, 0x1000), origin: "/launch/4" };
    expect(run("v7", [...start, request]).outcome).toMatchObject({ origin: "/launch/4" });
  });
});

describe("host pages of 64 KiB", () => {
  const platform = { ...PLATFORM, hostPageSize: 65536 };

  test("v7 runs 4 KiB granules in them", () => {
    const whole = plainLaunch("v7").map((request) =>
      request.request === "populate" ? populate(RAM, 0x10000) : request,
    );
    const large = run("v7", whole, { platform });
    expect(large.rim).toBe(run("v7", whole).rim);
    expect(large.rim).toMatch(/^[0-9a-f]{64}$/);
  });

  test("v7 wants populated ranges aligned to them", () => {
    const { refused } = run("v7", plainLaunch("v7"), { platform });
    expect(refused[0]?.refusal.why).toMatch(/pages of 65536 bytes/);
  });

  test.each(["v5", "v8", "v12", "v14"])("%s offers no Realms there", (series) => {
    const { refused } = run(series, plainLaunch(series), { platform });
    expect(refused[0]).toMatchObject({ number: 0, refusal: { errno: "EINVAL" } });
  });
});

test("eac5 wants a PMU in every vCPU exactly if the Realm has one", () => {
  const pmu: VmmRequest = { request: "config", name: "pmu", value: 4 };
  const setup = (counters: number | undefined): VmmRequest => ({
    request: "vcpu_setup",
    setup: counters === undefined ? {} : { pmuCounters: counters },
  });
  const realm = [createVm(), ram];
  const errnos = (requests: readonly VmmRequest[]): unknown[] =>
    run("eac5", requests).refused.map(({ refusal }) => refusal.errno);
  expect(errnos([...realm, pmu, createRealm, setup(undefined), vcpu(0)])).toEqual(["EINVAL"]);
  expect(errnos([...realm, createRealm, setup(4), vcpu(0)])).toEqual(["EINVAL"]);
  expect(errnos([...realm, pmu, createRealm, setup(4), vcpu(0)])).toEqual([]);
});

test("RIPAS of nothing and RIPAS across what is RAM already", () => {
  const again = [...created, initRipas(RAM, 0), initRipas(RAM, 4 * MIB), initRipas(RAM, 4 * MIB)];
  expect(ripasOf(run("v7", again))).toEqual([
    [RAM, 2 * MIB, 2],
    [RAM, 2 * MIB, 2],
  ]);
});
