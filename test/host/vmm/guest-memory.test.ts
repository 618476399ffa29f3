import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../../src/hash/source.ts";
import { GuestMemory } from "../../../src/host/vmm/guest-memory.ts";

const BASE = 0x8000_0000n;
const SIZE = 256;

/** All bytes of the memory from BASE on. */
function dump(memory: GuestMemory): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const { segments } = memory.content(BASE, BigInt(SIZE));
  for (const { at, source, from, length } of segments) {
    source.read(from, bytes.subarray(at, at + length));
  }
  return bytes;
}

describe("guest memory", () => {
  test("is what the loads leave of each other, and its segments are in order", () => {
    const load = fc.record({
      at: fc.integer({ min: -64, max: SIZE }),
      bytes: fc.uint8Array({ maxLength: 96 }),
    });
    fc.assert(
      fc.property(fc.array(load, { maxLength: 8 }), (loads) => {
        const memory = new GuestMemory();
        const expected = new Uint8Array(SIZE);
        for (const { at, bytes } of loads) {
          memory.load(BASE + BigInt(at), bytesSource(bytes));
          bytes.forEach((byte, i) => {
            if (at + i >= 0 && at + i < SIZE) expected[at + i] = byte;
          });
        }
        expect(dump(memory)).toEqual(expected);
        let end = 0;
        for (const { at, length } of memory.content(BASE, BigInt(SIZE)).segments) {
          expect(at).toBeGreaterThanOrEqual(end);
          expect(length).toBeGreaterThan(0);
          end = at + length;
        }
        expect(end).toBeLessThanOrEqual(SIZE);
      }),
    );
  });

  test("keeps a content as it was when it was taken", () => {
    const memory = new GuestMemory();
    memory.load(BASE, bytesSource(new Uint8Array([1, 2, 3, 4])));
    const before = memory.content(BASE, 4n);
    memory.load(BASE + 1n, bytesSource(new Uint8Array([9])));
    const after = memory.content(BASE, 4n);
    expect(before.segments).toHaveLength(1);
    expect(after.segments.map(({ at, from, length }) => [at, from, length])).toEqual([
      [0, 0, 1],
      [1, 0, 1],
      [2, 2, 2],
    ]);
  });

  test("holds nothing where nothing was loaded", () => {
    const memory = new GuestMemory();
    memory.load(BASE, bytesSource(new Uint8Array(0)));
    expect(memory.content(BASE, 4096n)).toEqual({ size: 4096, segments: [] });
  });
});
