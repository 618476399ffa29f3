/**
 * Hashes of whole granules, computed before (or ahead of) the replay that chains them.
 *
 * @module
 */
import type { HashAlgo } from "./hasher.ts";

/** The hashes of a run of granules. */
export interface PageDigests {
  /** How many granules. */
  readonly pages: number;
  /** Writes the hash of granule `page` to `target` at `offset`; the length is the algorithm's. */
  writeDigest(algo: HashAlgo, page: number, target: Uint8Array, offset: number): void;
}

/** One granule's content, known by its hash. */
export interface PageRef {
  readonly digests: PageDigests;
  readonly page: number;
}

/**
 * Copies a digest of `size` bytes, a multiple of four. A loop: for 32 to 64 bytes it is faster than
 * making a view to copy from.
 */
export function copyDigest(
  from: Uint8Array,
  at: number,
  size: number,
  to: Uint8Array,
  offset: number,
): void {
  for (let i = 0; i < size; i += 4) {
    to[offset + i] = from[at + i] ?? 0;
    to[offset + i + 1] = from[at + i + 1] ?? 0;
    to[offset + i + 2] = from[at + i + 2] ?? 0;
    to[offset + i + 3] = from[at + i + 3] ?? 0;
  }
}

/** Digests of one algorithm that are known, one after the other. */
export function knownDigests(digests: Uint8Array, size: number): PageDigests {
  return {
    pages: digests.length / size,
    writeDigest: (_, page, target, offset) => {
      copyDigest(digests, page * size, size, target, offset);
    },
  };
}
