/**
 * Hashing the granules of a run: read in pieces into one buffer, all-zero granules not hashed again.
 *
 * @module
 */
import { GRANULE_SIZE } from "../units.ts";
import type { HashAlgo, Hasher, HashProvider } from "./hasher.ts";
import { type PageRun, readRun } from "./page-runs.ts";

/** How many granules are read and hashed at a time: 256 KiB. */
export const CHUNK_PAGES = 64;

/**
 * Gives the digests of chunk `n` of a run: granules `n * CHUNK_PAGES` and following, one digest
 * after the other. They are valid until the next call.
 */
export type ChunkDigests = (n: number) => Uint8Array;

/** A way to hash runs. Chunks may be asked for in any order; ascending is what it is made for. */
export type RunHashing = (run: PageRun, algo: HashAlgo) => ChunkDigests;

/** Granules of chunk `n` of a run. */
export function pagesOfChunk(run: PageRun, n: number): number {
  return Math.min(CHUNK_PAGES, run.pages - n * CHUNK_PAGES);
}

/** Buffers for hashing, made once per thread: views cost more to make than a small hash. */
class Scratch {
  readonly bytes: Uint8Array = new Uint8Array(CHUNK_PAGES * GRANULE_SIZE);
  readonly pages: readonly Uint8Array[];
  readonly #words: readonly Int32Array[];

  constructor() {
    const { buffer } = this.bytes;
    const starts = Array.from({ length: CHUNK_PAGES }, (_, page) => page * GRANULE_SIZE);
    this.pages = starts.map((at) => new Uint8Array(buffer, at, GRANULE_SIZE));
    this.#words = starts.map((at) => new Int32Array(buffer, at, GRANULE_SIZE / 4));
  }

  /** Whether granule `page` of the buffer is all zero; ends at the first words that are not. */
  isZero(page: number): boolean {
    const words = this.#words[page] ?? [];
    for (let i = 0; i < words.length; i += 4) {
      const first = (words[i] ?? 0) | (words[i + 1] ?? 0);
      if ((first | (words[i + 2] ?? 0) | (words[i + 3] ?? 0)) !== 0) return false;
    }
    return true;
  }
}

let shared: Scratch | undefined;

const ZERO_PAGE = new Uint8Array(GRANULE_SIZE);
const zeroDigests = new Map<Hasher, Uint8Array>();

/** The digest of an all-zero granule. */
export function zeroDigest(hasher: Hasher): Uint8Array {
  let digest = zeroDigests.get(hasher);
  if (digest === undefined) {
    digest = hasher.digest(ZERO_PAGE);
    zeroDigests.set(hasher, digest);
  }
  return digest;
}

/**
 * Hashes chunk `n` of a run. Needs nothing but its arguments, so that chunks can be hashed anywhere.
 *
 * @param target takes the digests, one after the other, from its start on.
 */
export function hashChunk(run: PageRun, n: number, hasher: Hasher, target: Uint8Array): void {
  shared ??= new Scratch();
  const zero = zeroDigest(hasher);
  const count = pagesOfChunk(run, n);
  const { bytes } = shared;
  const whole = count === CHUNK_PAGES ? bytes : bytes.subarray(0, count * GRANULE_SIZE);
  readRun(run, n * CHUNK_PAGES * GRANULE_SIZE, whole);
  for (let page = 0; page < count; page++) {
    const at = page * hasher.size;
    const granule = shared.pages[page];
    if (granule === undefined || shared.isZero(page)) target.set(zero, at);
    else hasher.digestInto(granule, target, at);
  }
}

/** Hashes in this thread, a chunk when it is asked for. */
export function hashedHere(hashes: HashProvider): RunHashing {
  return (run, algo) => {
    const hasher = hashes(algo);
    const digests = new Uint8Array(CHUNK_PAGES * hasher.size);
    return (n) => {
      hashChunk(run, n, hasher, digests);
      return digests;
    };
  };
}
