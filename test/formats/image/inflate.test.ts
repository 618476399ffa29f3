import { constants, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inflate } from "../../../src/formats/image/inflate.ts";

/** Bytes that repeat, at distances short and long. */
function repetitive(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * i + (i >> 7)) & (i >> 5) & 0xff);
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
});
