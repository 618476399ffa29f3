import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { strtol, strtoull, toInt, toUint } from "../../../src/host/vmm/kvmtool/c-numbers.ts";

const U64_MAX = (1n << 64n) - 1n;

describe("strtoull", () => {
  test.each([
    ["0", 0n, ""],
    ["42", 42n, ""],
    ["0x10", 16n, ""],
    ["0X1fG", 31n, "G"],
    ["017", 15n, ""],
    ["08", 0n, "8"],
    [" \t\n\v\f\r+7 ", 7n, " "],
    ["-1", U64_MAX, ""],
    ["12monkeys", 12n, "monkeys"],
    ["0x", 0n, "x"],
    ["0xg", 0n, "xg"],
    ["18446744073709551615", U64_MAX, ""],
  ])("base 0 reads %j", (text, value, rest) => {
    expect(strtoull(text, 0)).toEqual({ value, rest, found: true, overflow: false });
  });

  test.each([
    ["0x10", 0n, "x10"],
    ["017", 17n, ""],
    ["256M", 256n, "M"],
    ["-2", U64_MAX - 1n, ""],
  ])("base 10 reads %j", (text, value, rest) => {
    expect(strtoull(text, 10)).toEqual({ value, rest, found: true, overflow: false });
  });

  test.each(["", "x", "-", "+-1", "- 1", "\u00a01"])("finds no number in %j", (text) => {
    expect(strtoull(text, 0)).toEqual({ value: 0n, rest: text, found: false, overflow: false });
  });

  test.each(["18446744073709551616", "-18446744073709551616", "0x10000000000000000"])(
    "saturates at %s",
    (text) => {
      expect(strtoull(text, 0)).toMatchObject({ value: U64_MAX, overflow: true });
    },
  );

  test("reads every number back in the bases it knows", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: U64_MAX }), (value) => {
        const texts = [`${value}`, `0x${value.toString(16)}`, `0${value.toString(8)}`];
        for (const text of texts) expect(strtoull(text, 0).value).toBe(value);
      }),
    );
  });

  test("never takes more than the text has", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { rest } = strtoull(text, 0);
        expect(text.endsWith(rest)).toBe(true);
      }),
    );
  });
});

describe("strtol", () => {
  test.each([
    ["-12", -12n, false],
    ["9223372036854775807", 9223372036854775807n, false],
    ["9223372036854775808", 9223372036854775807n, true],
    ["-9223372036854775808", -9223372036854775808n, false],
    ["-9223372036854775809", -9223372036854775808n, true],
    ["nothing", 0n, false],
  ])("reads %s", (text, value, overflow) => {
    expect(strtol(text)).toMatchObject({ value, overflow });
  });
});

test.each([
  [1n << 32n, 0, 0],
  [0xffff_ffffn, -1, 0xffff_ffff],
  [0x8000_0000n, -0x8000_0000, 0x8000_0000],
  [-1n, -1, 0xffff_ffff],
])("a long of %s becomes an int of %s and an unsigned int of %s", (value, int, uint) => {
  expect(toInt(value)).toBe(int);
  expect(toUint(value)).toBe(uint);
});
