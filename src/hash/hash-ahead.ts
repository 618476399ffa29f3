/**
 * Hashing page contents before the replay that chains them, in slices: between two slices the
 * caller can report progress or hear a signal.
 *
 * @module
 */
import { DIGEST_SIZE, type HashAlgo, type HashProvider } from "./hasher.ts";
import { hashRun, type PageDigestStore } from "./page-digests.ts";
import type { MemoryContent } from "./source.ts";

/** Granules a slice: 4 MiB, a few milliseconds. */
const SLICE = 1024;

/** How far the hashing is, in granules that hold bytes. */
export interface HashProgress {
  readonly done: number;
  readonly total: number;
}

/**
 * Hashes what `store` does not know yet of `contents`, and puts it there. Yields after each slice.
 *
 * @throws CcaRimError FILE_CHANGED, and what else the sources throw
 */
export function* hashAhead(
  store: PageDigestStore,
  contents: Iterable<MemoryContent>,
  algo: HashAlgo,
  hashes: HashProvider,
): Generator<HashProgress, undefined, undefined> {
  const runs = store.missing(contents, algo);
  const total = runs.reduce((sum, { pages }) => sum + pages, 0);
  const size = DIGEST_SIZE[algo];
  let done = 0;
  for (const run of runs) {
    const digests = new Uint8Array(run.pages * size);
    for (let first = 0; first < run.pages; first += SLICE) {
      const pages = Math.min(SLICE, run.pages - first);
      hashRun(run, first, pages, hashes(algo), digests.subarray(first * size));
      done += pages;
      yield { done, total };
    }
    store.put(run, algo, digests);
  }
}
