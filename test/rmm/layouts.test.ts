import { describe, expect, test } from "vitest";
import {
  DESCRIPTOR_SIZE,
  DESCRIPTOR_TYPE,
  dataDescriptor,
  recDescriptor,
  ripasDescriptor,
} from "../../src/rmm/measurement.ts";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";
import { places, SHAPES, shapeOf } from "./shape.ts";

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

describe.each(rmmSpecs.map((spec) => [spec.id, spec] as const))("RMM %s", (id, spec) => {
  test("its parameters are structures of one granule", () => {
    expect([spec.realmParams.size, spec.recParams.size]).toEqual([0x1000, 0x1000]);
  });

  test("structures, registers, encodings, what is measured", () => {
    expect(shapeOf(spec)).toEqual(SHAPES[id]);
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
