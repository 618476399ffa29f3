import { describe, expect, test } from "vitest";
import { kvmFacts } from "../../../src/host/kvm/launch.ts";
import { KVM_SERIES, kvmSeries } from "../../../src/host/kvm/series.ts";
import { HYPERVISOR_MODELS } from "../../../src/host/models.ts";
import { commandsOf, plainLaunch, run } from "./run-requests.ts";

const NAMES = HYPERVISOR_MODELS.map(({ name }) => name).filter((name) => name.startsWith("linux"));
const MODELLED = KVM_SERIES.filter(({ facts }) => facts !== undefined).map(({ id }) => id);

test("every name of a model is a series, and the other way round", () => {
  expect(KVM_SERIES.map(({ id }) => `linux-kvm/${id}`)).toEqual(NAMES);
  for (const name of NAMES) expect(kvmSeries(name)?.id).toBe(name.slice("linux-kvm/".length));
});

test.each([
  ["linux-kvm/v17", "HOST_UNKNOWN_MODEL"],
  ["direct", "HOST_UNKNOWN_MODEL"],
  ["linux-kvm/rfc1", "HOST_NOT_MODELLED"],
])("%s is no model of a launch: %s", (name, code) => {
  expect(() => kvmFacts(name)).toThrow(expect.objectContaining({ code }) as Error);
});

describe("the same launch", () => {
  const rims = new Map(MODELLED.map((id) => [id, run(id, plainLaunch(id)).rim]));

  test("works on every series", () => {
    for (const rim of rims.values()) expect(rim).toMatch(/^[0-9a-f]{64}$/);
  });

  test("has one RIM from v4 to v11", () => {
    const same = ["v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11"].map((id) => rims.get(id));
    expect(new Set(same).size).toBe(1);
  });

  test("has another one where breakpoints were counts, and where KVM drives the launch", () => {
    expect(rims.get("v2")).toBe(rims.get("v3"));
    expect(rims.get("v3")).not.toBe(rims.get("v4"));
    expect(rims.get("v12")).not.toBe(rims.get("v11"));
    expect(rims.get("v13")).not.toBe(rims.get("v12"));
  });

  test("has one RIM from v13 on, unless the host has LPA2", () => {
    const same = ["v13", "v14", "v15", "v16"].map((id) => rims.get(id));
    expect(new Set(same).size).toBe(1);
  });
});

test.each([
  ["v7", ["RIPAS", "DATA", "REC", "REC"]],
  ["v12", ["DATA", "REC", "REC", "RIPAS"]],
  ["v14", ["DATA", "REC", "REC", "RIPAS"]],
])("order of calls on %s", (series, order) => {
  const kinds: Readonly<Record<string, string>> = {
    RMI_RTT_INIT_RIPAS: "RIPAS",
    RMI_DATA_CREATE: "DATA",
    RMI_RTT_DATA_MAP_INIT: "DATA",
    RMI_REC_CREATE: "REC",
  };
  const seen = commandsOf(run(series, plainLaunch(series))).flatMap((name) => kinds[name] ?? []);
  expect(seen.filter((kind, i) => kind === "REC" || kind !== seen[i - 1])).toEqual(order);
});
