import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hexU64, ipa, isGranuleAligned, pa, parseU64, u64 } from "../src/units.ts";

describe("parseU64", () => {
  test.each([
    ["0", 0n],
    ["0x0", 0n],
    ["0x80000000", 0x8000_0000n],
    ["0X80000000", 0x8000_0000n],
    ["0x8000_0000", 0x8000_0000n],
    ["4_096", 4096n],
    ["010", 10n],
    ["18446744073709551615", 2n ** 64n - 1n],
    ["0xffffffffffffffff", 2n ** 64n - 1n],
  ])("reads %s", (text, value) => {
    expect(parseU64(text)).toBe(value);
  });

  test.each([
    "",
    "0x",
    "-1",
    "+1",
    "1.0",
    "1e3",
    "0x_1",
    "1_",
    "1__0",
    " 1",
    "0b1",
    "0o7",
    "4k",
    "18446744073709551616",
    "0x10000000000000000",
  ])("refuses %j", (text) => {
    expect(parseU64(text)).toBeUndefined();
  });

  test("reads what hexU64 writes", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
        expect(parseU64(hexU64(value))).toBe(value);
      }),
    );
  });
});

test.each([u64, pa, ipa])("%o brands 64 bits and refuses more", (brand) => {
  expect(brand(0xffff_ffff_ffff_ffffn)).toBe(0xffff_ffff_ffff_ffffn);
  expect(() => brand(-1n)).toThrow(RangeError);
  expect(() => brand(1n << 64n)).toThrow(RangeError);
});

test.each([
  [0n, true],
  [4096n, true],
  [1n, false],
  [4095n, false],
  [0xffff_ffff_ffff_f000n, true],
  [0x1000_0000_0000_0001n, false],
])("isGranuleAligned(%i) is %s", (address, aligned) => {
  expect(isGranuleAligned(u64(address))).toBe(aligned);
});
