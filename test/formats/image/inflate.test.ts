import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inflate } from "../../../src/formats/image/inflate.ts";

/** Bytes that repeat, at distances short and long. */
function repetitive(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * i + (i >> 7)) & (i >> 5) & 0xff);
}

/** A result as text, which is compared much faster than its bytes. */
function word(result: Uint8Array | undefined): string {
  return result === undefined ? "refused" : Buffer.from(result).toString("hex");
}

/** What zlib makes of a stream. */
function byZlib(packed: Uint8Array, limit: number): Uint8Array | undefined {
  try {
    return new Uint8Array(inflateRawSync(packed, { maxOutputLength: limit }));
  } catch {
    return undefined;
  }
}

/** A stream with one bit the other way round. */
function flipped(packed: Uint8Array, bit: number): Uint8Array {
  return packed.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}

describe("inflate", () => {
  test.each([
    ["stored", { level: 0 }],
    ["fixed codes", { strategy: constants.Z_FIXED }],
    ["dynamic codes", { level: 9 }],
    ["literals only", { strategy: constants.Z_HUFFMAN_ONLY }],
    ["runs", { strategy: constants.Z_RLE }],
  ])("unpacks %s", (_name, options) => {
    for (const size of [0, 1, 300, 70_000, 200_000]) {
      const bytes = repetitive(size);
      expect(inflate(deflateRawSync(bytes, options), size)).toEqual(bytes);
    }
  });

  test("unpacks what zlib packed, whatever follows", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2000 }),
        fc.uint8Array({ maxLength: 9 }),
        (bytes, tail) => {
          const packed = deflateRawSync(bytes);
          const input = new Uint8Array([...packed, ...tail]);
          expect(inflate(input, bytes.length)).toEqual(bytes);
        },
      ),
    );
  });

  test("gives up on what is cut off or too long", () => {
    const packed = deflateRawSync(repetitive(5000));
    expect(inflate(packed.subarray(0, packed.length - 1), 5000)).toBeUndefined();
    expect(inflate(packed, 4999)).toBeUndefined();
    expect(inflate(new Uint8Array(), 10)).toBeUndefined();
  });

  test("survives any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const result = inflate(bytes, 100_000);
        expect(result === undefined || result.length <= 100_000).toBe(true);
      }),
    );
  });

  test("takes sizes up to the limit wherever the output has to grow", () => {
    for (const border of [1 << 16, 1 << 17, 1 << 18]) {
      for (const size of [border - 1, border, border + 1]) {
        const bytes = repetitive(size);
        const packed = deflateRawSync(bytes);
        expect(word(inflate(packed, size))).toBe(word(bytes));
        expect(inflate(packed, size - 1)).toBeUndefined();
        expect(word(inflate(packed, Number.MAX_SAFE_INTEGER))).toBe(word(bytes));
        expect(inflate(packed.subarray(0, -1), Number.MAX_SAFE_INTEGER)).toBeUndefined();
      }
    }
  });

  test.each([
    ["complete", "05c18108000000c030b6f94b6d23", "AA"],
    ["one literal of one bit", "05c08108000000c0307feb05", ""],
    ["one distance of one bit", "05c08108000000c030b6f94b6d02", "A"],
    ["no distance at all", "05c08108000000c030b6f94b2d01", "A"],
    ["too few literals", "05c18108000000c030b6fb4b7d43", undefined],
    ["one literal of two bits", "05c18108000000c0307feb6f00", undefined],
    ["too few distances", "05c18108000000c030b6f94bed17", undefined],
    ["too few code lengths", "05c181080000000030b6f94b6d13", undefined],
    ["too many literals", "05c18108000000c030b6cd1f6a1b", undefined],
    ["no end of the block", "05c18108000000c030b6cd5f6a03", undefined],
  ])("codes: %s", (_name, hex, text) => {
    const packed = Uint8Array.from(Buffer.from(hex, "hex"));
    const expected = text === undefined ? undefined : new TextEncoder().encode(text);
    expect(inflate(packed, 100)).toEqual(expected);
    expect(byZlib(packed, 100)).toEqual(expected);
  });

  test.each([
    ["stored", { level: 0 }],
    ["fixed codes", { strategy: constants.Z_FIXED }],
    ["dynamic codes", { level: 9 }],
    ["several blocks", { memLevel: 1, level: 1 }],
  ])("agrees with zlib on every cut and every wrong bit: %s", (_name, options) => {
    const bytes = repetitive("memLevel" in options ? 1500 : 400);
    const packed = Uint8Array.from(deflateRawSync(bytes, options));
    const limit = bytes.length + 100;
    const taken = [...packed.keys()].filter((size) => inflate(packed.subarray(0, size), limit));
    expect(taken).toEqual([]);
    const otherwise = Array.from({ length: 8 * packed.length }, (_, bit) => bit).filter((bit) => {
      const damaged = flipped(packed, bit);
      return word(inflate(damaged, limit)) !== word(byZlib(damaged, limit));
    });
    expect(otherwise).toEqual([]);
  });

  test("agrees with zlib on damaged streams", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2000 }),
        fc.integer({ min: 0, max: 9 }),
        damage,
        fc.integer({ min: 1, max: 5000 }),
        (bytes, level, places, limit) => {
          const packed = Uint8Array.from(deflateRawSync(bytes, { level }));
          for (const [at, value] of places) packed[at % packed.length] = value;
          expect(inflate(packed, limit)).toEqual(byZlib(packed, limit));
        },
      ),
    );
  });
});
