import { describe, expect, test } from "vitest";
import { platformFeatures } from "../../src/rmm/platform-features.ts";
import { v1_0_rel0 } from "../../src/rmm/spec/v1_0_rel0.ts";
import { u64 } from "../../src/units.ts";

const FVP = {
  breakpoints: 6,
  watchpoints: 4,
  pmuCounters: 8,
  sveVectorBits: 512,
  maxIpaBits: 48,
  lpa2: false,
  hpmn0: false,
};

describe("features of a platform", () => {
  test("counts become the fields of the register", () => {
    const { features, notChecked } = platformFeatures(v1_0_rel0, FVP);
    expect(notChecked).toEqual([]);
    expect(features).toMatchObject({
      numBps: 5,
      numWps: 3,
      pmuEn: true,
      pmuNumCtrs: 8,
      sveEn: true,
      sveVl: 3,
      s2sz: 48,
      lpa2: false,
      hpmn0: false,
    });
  });

  test("what nobody states is the largest value of its field, and is named", () => {
    const { features, notChecked } = platformFeatures(v1_0_rel0, {});
    expect(notChecked).toEqual([
      "breakpoints",
      "watchpoints",
      "pmuCounters",
      "sveVectorBits",
      "maxIpaBits",
      "lpa2",
      "hpmn0",
    ]);
    expect(features).toMatchObject({
      numBps: 63,
      numWps: 63,
      pmuEn: true,
      pmuNumCtrs: 31,
      sveEn: true,
      sveVl: 15,
      s2sz: 255,
      lpa2: true,
      hpmn0: true,
    });
  });

  test("a register that was read is known; counts override it", () => {
    const { features, notChecked } = platformFeatures(v1_0_rel0, {
      featureRegister0: u64(0x2_83fc_1041_30),
      breakpoints: 6,
    });
    expect(notChecked).toEqual(["hpmn0"]);
    expect(features).toMatchObject({ s2sz: 48, lpa2: true, sveEn: false, numBps: 5, numWps: 1 });
  });

  test.each([
    ["sveVectorBits", { sveEn: false, sveVl: 0 }],
    ["pmuCounters", { pmuEn: false, pmuNumCtrs: 0 }],
  ])("%s 0 turns the feature off", (name, expected) => {
    expect(platformFeatures(v1_0_rel0, { ...FVP, [name]: 0 }).features).toMatchObject(expected);
  });
});
