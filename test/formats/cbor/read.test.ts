import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../src/bytes.ts";
import { CcaRimError } from "../../../src/errors.ts";
import type { CborNode } from "../../../src/formats/cbor/node.ts";
import { readCbor, readCborItem } from "../../../src/formats/cbor/read.ts";
import { plain } from "./plain.ts";

function hex(text: string): Uint8Array {
  return fromHex(text.replaceAll(" ", "")) ?? new Uint8Array(0);
}

function read(text: string, strict = true): CborNode {
  return readCbor(hex(text), { what: "test", strict });
}

function errorOf(text: string, strict = true): Pick<CcaRimError, "code" | "message" | "where"> {
  try {
    read(text, strict);
  } catch (error) {
    if (error instanceof CcaRimError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

// RFC 8949, appendix A.
const CORRECT: readonly (readonly [string, unknown])[] = [
  ["00", 0n],
  ["17", 23n],
  ["1818", 24n],
  ["1b000000e8d4a51000", 1000000000000n],
  ["1bffffffffffffffff", 18446744073709551615n],
  ["3bffffffffffffffff", -18446744073709551616n],
  ["3903e7", -1000n],
  ["c249010000000000000000", { tag: 2n, content: "h'010000000000000000'" }],
  ["f90000", 0],
  ["f93e00", 1.5],
  ["f97bff", 65504],
  ["fa47c35000", 100000],
  ["fb3ff199999999999a", 1.1],
  ["f90001", 2 ** -24],
  ["f97c00", Number.POSITIVE_INFINITY],
  ["f97e00", Number.NaN],
  ["f4", { simple: 20 }],
  ["f6", { simple: 22 }],
  ["f7", { simple: 23 }],
  ["f0", { simple: 16 }],
  ["f8ff", { simple: 255 }],
  ["c11a514b67b0", { tag: 1n, content: 1363896240n }],
  [
    "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
    { tag: 32n, content: "http://www.example.com" },
  ],
  ["4401020304", "h'01020304'"],
  ["62c3bc", "ü"],
  ["64f0908591", "𐅑"],
  ["80", []],
  ["8301820203820405", [1n, [2n, 3n], [4n, 5n]]],
  ["a0", { map: [] }],
  [
    "a201020304",
    {
      map: [
        [1n, 2n],
        [3n, 4n],
      ],
    },
  ],
  [
    "a26161016162820203",
    {
      map: [
        ["a", 1n],
        ["b", [2n, 3n]],
      ],
    },
  ],
];

describe("reading", () => {
  test.each(CORRECT)("%s", (text, value) => {
    expect(plain(read(text))).toEqual(value);
  });

  const STREAMED: readonly (readonly [string, unknown])[] = [
    ["5f42010243030405ff", "h'0102030405'"],
    ["7f657374726561646d696e67ff", "streaming"],
    ["9fff", []],
    ["9f018202039f0405ffff", [1n, [2n, 3n], [4n, 5n]]],
    [
      "bf61610161629f0203ffff",
      {
        map: [
          ["a", 1n],
          ["b", [2n, 3n]],
        ],
      },
    ],
    ["1817", 23n],
    [
      "a201020103",
      {
        map: [
          [1n, 2n],
          [1n, 3n],
        ],
      },
    ],
    ["d80001", { tag: 0n, content: 1n }],
    ["fb3ff8000000000000", 1.5],
  ];

  test.each(STREAMED)("%s is read if asked to be lenient, and refused otherwise", (text, value) => {
    expect(plain(read(text, false))).toEqual(value);
    expect(errorOf(text).code).toBe("CBOR_FORMAT");
  });

  test("offsets and encodings of items", () => {
    const node = readCbor(hex("a2 01 43 0a0b0c 02 81 d8 20 61 61"), { what: "test", base: 100 });
    const [first, second] = node.kind === "map" ? node.entries : [];
    expect(first?.value).toMatchObject({ offset: 102, contentOffset: 103 });
    expect(second?.value).toMatchObject({ offset: 107 });
    expect(toHex(second?.value.encoded ?? new Uint8Array(0))).toBe("81d8206161");
  });

  test("an item in front of other data", () => {
    const node = readCborItem(hex("ff 8201 02 ffff"), 1, { what: "test" });
    expect(plain(node)).toEqual([1n, 2n]);
    expect(node.encoded.length).toBe(3);
  });

  const REFUSED: readonly (readonly [string, string, number])[] = [
    ["", "there is no data", 0],
    ["18", "ends in the middle", 0],
    ["8201", "ends in the middle", 2],
    ["82f9", "ends in the middle", 1],
    ["62c3", "a string is longer than the data", 0],
    ["5b7fffffffffffffff00", "a string is longer than the data", 0],
    ["5bffffffffffffffff00", "a string is longer than the data", 0],
    ["9affffffff", "more than", 0],
    ["bb7fffffffffffffff", "more than", 0],
    ["9a0000ffff00", "ends in the middle", 6],
    ["ff", "break code", 0],
    ["81ff", "break code", 1],
    ["c1ff", "break code", 1],
    ["1c", "malformed", 0],
    ["1f", "malformed", 0],
    ["f81f", "simple value", 0],
    ["0000", "1 bytes behind the end", 1],
    ["5f4101 6161 ff", "another type", 3],
    ["5f5f4101ffff", "another type", 1],
    ["bf01ff", "behind a key", 2],
  ];

  test.each(REFUSED)("%s is refused: %s at byte %i", (text, message, offset) => {
    const error = errorOf(text, false);
    expect(error.message).toContain(message);
    expect(error.where).toEqual({ offset });
  });

  test("what is read leniently stays as it is, in a Buffer as well", () => {
    const bytes = Buffer.from("8262c32861ff", "hex");
    expect(plain(readCbor(bytes, { what: "test", strict: false }))).toHaveLength(2);
    expect(bytes.toString("hex")).toBe("8262c32861ff");
  });

  test("text that is not UTF-8 is refused, or marked if asked to be lenient", () => {
    expect(errorOf("82 01 62c328")).toMatchObject({
      message: "test: text is not UTF-8",
      where: { offset: 2 },
    });
    const node = read("84 62c328 6161 a1 61ff 01 02", false);
    const kinds = node.kind === "array" ? node.items.map(({ kind }) => kind) : [];
    expect(kinds).toEqual(["badText", "text", "map", "uint"]);
    expect(errorOf(`9f${"61ff".repeat(30)}ff`, false).message).toContain("not UTF-8");
  });

  test("duplicates are found by meaning, at the second key", () => {
    expect(errorOf("a2 4101 01 4101 02")).toMatchObject({ where: { offset: 4 } });
    expect(errorOf("a2 6161 01 6161 02").message).toContain('"a"');
  });

  test.each([
    ["81", 33],
    ["9f", 33],
    ["a100", 33],
    ["c6", 40],
    ["81c6", 33],
  ])("%s repeated ends at a limit, not in a stack overflow", (unit, few) => {
    for (const times of [few, 20_000, 200_000]) {
      expect(errorOf(unit.repeat(times), false).code).toBe("CBOR_LIMIT");
    }
  });

  test("a quarter of a million items are the most", () => {
    const bytes = new Uint8Array(500_000);
    for (let i = 0; i < bytes.length; i += 100_001) bytes.set(hex("9a0001869c"), i);
    const whole = new Uint8Array(bytes.length + 1);
    whole[0] = 0x80 + 5;
    whole.set(bytes, 1);
    expect(() => readCbor(whole, { what: "test" })).toThrow(/more than 250000 items/);
  });

  test("any bytes are read or refused with an offset within them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, strict) => {
        try {
          expect(readCbor(bytes, { what: "test", strict }).encoded.length).toBe(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(CcaRimError);
          const { where } = error as CcaRimError;
          expect(where?.offset).toBeLessThanOrEqual(bytes.length);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
