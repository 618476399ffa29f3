import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/bytes.ts";
import { readCbor } from "../../../src/formats/cbor/read.ts";
import { type CborValue, cborMap, tagged, writeCbor } from "../../../src/formats/cbor/write.ts";
import { plain } from "./plain.ts";

const integers = fc.oneof(
  fc.integer().map(BigInt),
  fc.bigInt({ min: -(1n << 64n), max: (1n << 64n) - 1n }),
);
const values: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    integers,
    fc.string(),
    fc.uint8Array({ maxLength: 40 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc
      .dictionary(fc.string({ maxLength: 4 }), tie("value"), { maxKeys: 4 })
      .map((object) => new Map(Object.entries(object))),
    fc.tuple(fc.integer({ min: 500, max: 600 }), tie("value")).map(([tag, v]) => tagged(tag, v)),
  ),
})).value;

function plainValue(value: CborValue): unknown {
  if (value instanceof Uint8Array) return `h'${toHex(value)}'`;
  if (Array.isArray(value)) return value.map(plainValue);
  if (value instanceof Map) {
    return {
      map: [...value].map(([k, v]) => [typeof k === "number" ? BigInt(k) : k, plainValue(v)]),
    };
  }
  if (value === null) return { simple: 22 };
  if (typeof value === "boolean") return { simple: value ? 21 : 20 };
  if (typeof value === "object") {
    const { tag, value: content } = value as { tag: number; value: CborValue };
    return { tag: BigInt(tag), content: plainValue(content) };
  }
  return typeof value === "number" ? BigInt(value) : value;
}

function sortMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortMaps);
  if (typeof value !== "object" || value === null) return value;
  if ("map" in value && Array.isArray(value.map)) {
    const entries = value.map.map(sortMaps) as [unknown, unknown][];
    return { map: entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)) };
  }
  if ("content" in value) return { ...value, content: sortMaps(value.content) };
  return value;
}

describe("writing", () => {
  test("keys are sorted by their encoding", () => {
    const map = cborMap([
      ["a", 1],
      [-1, 2],
      [100, 3],
      [10, 4],
      [3, undefined],
    ]);
    expect(toHex(writeCbor(map))).toBe("a40a041864032002616101");
  });

  test("a Buffer is written as bytes", () => {
    expect(toHex(writeCbor(Buffer.from([1, 2])))).toBe("420102");
  });

  test("what was written is read again, strictly", () => {
    fc.assert(
      fc.property(values, (value) => {
        const node = readCbor(writeCbor(value), { what: "test" });
        expect(sortMaps(plain(node))).toEqual(sortMaps(plainValue(value)));
      }),
    );
  });
});
