import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes.ts";
import { bits, extract, insert, maskOf } from "../../src/formats/bitfields.ts";
import {
  bytesAt,
  i64At,
  layout,
  u8At,
  u16At,
  u32At,
  u64At,
  u64sAt,
} from "../../src/formats/layout.ts";
import { u64 } from "../../src/units.ts";

const sample = layout(0x30, {
  byte: u8At(0x0),
  half: u16At(0x2),
  word: u32At(0x4),
  long: u64At(0x8),
  signed: i64At(0x10),
  pair: u64sAt(0x18, 2),
  tail: bytesAt(0x28, 4),
});

const values = {
  byte: 0x12,
  half: 0x3456,
  word: 0x789a_bcde,
  long: u64(0x0102_0304_0506_0708n),
  signed: -2n,
  pair: [u64(1), u64(2)],
  tail: Uint8Array.of(9, 8),
} as const;

const HEX =
  "1200" +
  "5634" +
  "debc9a78" +
  "0807060504030201" +
  "feffffffffffffff" +
  "0100000000000000" +
  "0200000000000000" +
  "09080000" +
  "00000000";

describe("layout", () => {
  test("encodes little-endian at the given offsets", () => {
    expect(toHex(sample.encode(values))).toBe(HEX);
  });

  test("decodes what it encodes, short bytes zero-filled", () => {
    const decoded = sample.decode(fromHex(HEX) ?? new Uint8Array(0));
    expect(decoded).toEqual({ ...values, tail: Uint8Array.of(9, 8, 0, 0) });
  });

  test("leaves what is not given zero", () => {
    expect(toHex(sample.encode({ half: 0x3456 }))).toBe(`00005634${"00".repeat(0x2c)}`);
  });

  test("projects the named fields and no padding between them", () => {
    const noisy = new Uint8Array(0x30).fill(0xff);
    expect(toHex(sample.project(noisy, ["byte", "word"]))).toBe(
      `ff000000ffffffff${"00".repeat(0x28)}`,
    );
  });

  test("refuses too few bytes", () => {
    expect(() => sample.decode(new Uint8Array(0x27))).toThrow(RangeError);
  });
});

describe("bit fields", () => {
  test.each([
    [bits(0), 1n, 1],
    [bits(7, 0), 0x1230n, 0x30],
    [bits(63, 60), 0x9000_0000_0000_0000n, 9],
    [bits(47, 12), 0xffff_ffff_ffff_ffffn, 2 ** 36 - 1],
  ])("%o of %s is %d", (field, register, value) => {
    expect(extract(register, field)).toBe(value);
    expect(extract(insert(value, field), field)).toBe(value);
  });

  test("insert drops what does not fit", () => {
    expect(insert(0x1f, bits(11, 8))).toBe(0xf00n);
  });

  test("maskOf covers exactly the fields", () => {
    expect(maskOf([bits(0), bits(7, 4)])).toBe(0xf1n);
  });
});
