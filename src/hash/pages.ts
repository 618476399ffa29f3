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
