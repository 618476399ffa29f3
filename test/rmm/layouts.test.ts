import { describe, expect, test } from "vitest";
import {
  DESCRIPTOR_SIZE,
  DESCRIPTOR_TYPE,
  dataDescriptor,
  recDescriptor,
  ripasDescriptor,
} from "../../src/rmm/measurement.ts";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";

type Fields = Readonly<Record<string, { readonly offset: number; readonly size: number }>>;

/** Offset and size of every field, in hexadecimal. */
const places = (fields: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fields as Fields).map(([name, { offset, size }]) => [
      name,
      `${offset.toString(16)}+${size.toString(16)}`,
    ]),
  );

describe("measurement descriptors", () => {
  const head = { desc_type: "0+1", len: "8+8", rim: "10+40" };

  test("are 0x100 bytes, of types 0 to 2", () => {
    expect(DESCRIPTOR_SIZE).toBe(0x100);
    expect([dataDescriptor.size, recDescriptor.size, ripasDescriptor.size]).toEqual([
      256, 256, 256,
    ]);
    expect(DESCRIPTOR_TYPE).toEqual({ data: 0, rec: 1, ripas: 2 });
  });

  test.each([
    ["C1.11 data", dataDescriptor, { ...head, ipa: "50+8", flags: "58+8", content: "60+40" }],
    ["C1.12 REC", recDescriptor, { ...head, content: "50+40" }],
    ["C1.13 RIPAS", ripasDescriptor, { ...head, base: "50+8", top: "58+8" }],
  ])("%s", (_, { fields }, expected) => {
    expect(places(fields)).toEqual(expected);
  });
});

/** What all versions have at the same place. */
const realm = {
  flags: "0+8",
  s2sz: "8+4",
  sve_vl: "10+4",
  num_bps: "18+4",
  num_wps: "20+4",
  pmu_num_ctrs: "28+4",
  hash_algo: "30+1",
  rpv: "400+40",
  rtt_base: "808+8",
  rtt_level_start: "810+8",
  rtt_num_start: "818+4",
};
const planes = {
  num_aux_planes: "38+4",
  ats_plane: "440+8",
  flags1: "820+8",
  aux_rtt_base: "f80+18",
};
const realmV1_0 = { ...realm, vmid: "800+2" };
const realmLayouts: Readonly<Record<string, object>> = {
  "1.0-eac5": realmV1_0,
  "1.0-rel0": realmV1_0,
  "1.1": { ...realmV1_0, ...planes, mecid: "828+8", aux_vmid: "f00+6" },
  "2.0": { ...realm, ...planes },
};
const rec = { flags: "0+8", mpidr: "100+8", pc: "200+8", gprs: "300+40" };
const recV1_0 = { ...rec, num_aux: "800+8", aux: "808+80" };

describe.each(rmmSpecs.map((spec) => [spec.id, spec] as const))("RMM %s", (id, spec) => {
  test("RmiRealmParams", () => {
    expect(spec.realmParams.size).toBe(0x1000);
    expect(places(spec.realmParams.fields)).toEqual(realmLayouts[id]);
  });

  test("RmiRecParams", () => {
    expect(spec.recParams.size).toBe(0x1000);
    expect(places(spec.recParams.fields)).toEqual(id === "2.0" ? rec : recV1_0);
  });

  test("what is measured", () => {
    expect(spec.realmParamsMeasured).toEqual([
      "flags",
      "s2sz",
      "sve_vl",
      "num_bps",
      "num_wps",
      "pmu_num_ctrs",
      "hash_algo",
    ]);
    expect(spec.recParamsMeasured).toEqual(["flags", "pc", "gprs"]);
  });

  test("no two fields of a register share a bit", () => {
    for (const register of spec.featureRegisters) {
      const bitsOf = Object.values(register).flatMap(({ shift, width }) =>
        Array.from({ length: width }, (_, i) => shift + i),
      );
      expect(new Set(bitsOf).size).toBe(bitsOf.length);
    }
  });
});
