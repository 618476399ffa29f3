import fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes, equalBytes, fromHex, readU64Le, toHex, writeU64Le } from "../src/bytes.ts";

test("fromHex reads what toHex writes", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(fromHex(toHex(bytes))).toEqual(bytes);
    }),
  );
});

test.each(["0", "0g", "0x00", " 00", "é0"])("fromHex refuses %j", (text) => {
  expect(fromHex(text)).toBeUndefined();
});

test("fromHex takes upper case", () => {
  expect(fromHex("AbCd")).toEqual(Uint8Array.of(0xab, 0xcd));
});

test("u64 fields are little-endian", () => {
  const bytes = new Uint8Array(10);
  writeU64Le(bytes, 1, 0x0102_0304_0506_0708n);
  expect(toHex(bytes)).toBe("00080706050403020100");
  expect(readU64Le(bytes, 1)).toBe(0x0102_0304_0506_0708n);
  expect(() => readU64Le(bytes, 3)).toThrow(RangeError);
});

test("equalBytes and concatBytes", () => {
  const whole = concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3));
  expect(equalBytes(whole, Uint8Array.of(1, 2, 3))).toBe(true);
  expect(equalBytes(whole, Uint8Array.of(1, 2))).toBe(false);
  expect(equalBytes(whole, Uint8Array.of(1, 2, 4))).toBe(false);
});
