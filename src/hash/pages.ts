/**
 * Hashes of whole granules, computed before (or ahead of) the replay that chains them.
 *
 * @module
 */
import type { HashAlgo } from "./hasher.ts";

/** Hashes of neighbouring granules, one after the other. */
export interface DigestRun {
  readonly bytes: Uint8Array;
  /** Where in `bytes` the first one begins. */
  readonly at: number;
  /** How many there are, at least one. */
  readonly pages: number;
}

/** The hashes of the granules of a content. */
export interface PageDigests {
  /** How many granules. */
  readonly pages: number;
  /**
   * The hash of granule `page`, and of those behind it that are at hand. They are valid until more
   * are asked for.
   *
   * @throws RangeError if there is no such granule.
   */
  digestsFrom(algo: HashAlgo, page: number): DigestRun;
}

/** One granule's content, known by its hash. */
export interface PageRef {
  readonly digests: PageDigests;
  readonly page: number;
}

/**
 * Copies a hash of `size` bytes, a multiple of four. A loop: for 32 to 64 bytes it is faster than
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

/** The hashes of `pages` granules from `first` on in an array of their own; each has `size` bytes. */
export function readDigests(
  digests: PageDigests,
  { algo, size }: { readonly algo: HashAlgo; readonly size: number },
  first: number,
  pages: number,
): Uint8Array {
  const target = new Uint8Array(pages * size);
  for (let done = 0; done < pages; ) {
    const found = digests.digestsFrom(algo, first + done);
    const count = Math.min(found.pages, pages - done);
    target.set(found.bytes.subarray(found.at, found.at + count * size), done * size);
    done += count;
  }
  return target;
}

/** Hashes of one algorithm that are known, one after the other, each of `size` bytes. */
export function knownDigests(bytes: Uint8Array, size: number): PageDigests {
  const pages = bytes.length / size;
  return {
    pages,
    digestsFrom(_, page) {
      if (page >= 0 && page < pages) return { bytes, at: page * size, pages: pages - page };
      throw new RangeError(`"page" expected 0 .. ${pages - 1}, got ${page}`);
    },
  };
}

/** Hashes that are computed one by one. */
export function digestsOneByOne(
  pages: number,
  digest: (algo: HashAlgo, page: number) => Uint8Array,
): PageDigests {
  return { pages, digestsFrom: (algo, page) => ({ bytes: digest(algo, page), at: 0, pages: 1 }) };
}
