/**
 * Ways to make guest memory content: a source placed into granules, one byte repeated.
 *
 * @module
 */
import { GRANULE_SIZE } from "../units.ts";
import type { ByteSource, MemoryContent } from "./source.ts";

/**
 * Places a source `lead` bytes after the start of a granule and rounds up to whole granules;
 * everything around it is zero.
 *
 * @param lead 0 .. 4095 bytes.
 */
export function granulesOf(source: ByteSource, lead = 0): MemoryContent {
  const end = lead + source.size;
  return {
    size: Math.ceil(end / GRANULE_SIZE) * GRANULE_SIZE,
    segments: source.size === 0 ? [] : [{ at: lead, source, from: 0, length: source.size }],
  };
}

function checkRange(offset: number, length: number, size: number): void {
  if (offset < 0 || offset + length > size) {
    throw new RangeError(`"offset" expected a range within ${size} bytes, got ${offset}`);
  }
}

/** A source of one byte, repeated `size` times. */
export function fillSource(byte: number, size: number): ByteSource {
  return {
    identity: `fill:${byte}:${size}`,
    size,
    read(offset, target) {
      checkRange(offset, target.length, size);
      target.fill(byte);
    },
  };
}

/** A source of `size` bytes of which only the first ones are known; zeros follow. */
export function standInSource(header: Uint8Array, size: number, identity: string): ByteSource {
  return {
    identity,
    size,
    read(offset, target) {
      checkRange(offset, target.length, size);
      target.fill(0);
      target.set(header.subarray(offset, offset + target.length));
    },
  };
}
