/**
 * The hash algorithms of RMM measurements, behind one interface so that the reference
 * implementation (@noble/hashes, `noble.ts`) and the fast one (node:crypto, `node.ts`) are
 * interchangeable.
 *
 * @module
 */

/** Names of the Realm hash algorithms as manifests write them. @see RMM 1.0-rel0 A7.1 */
export type HashAlgo = "sha-256" | "sha-384" | "sha-512";

/** Digest length in bytes. */
export const DIGEST_SIZE: Readonly<Record<HashAlgo, number>> = {
  "sha-256": 32,
  "sha-384": 48,
  "sha-512": 64,
};

/** One hash algorithm. Stateless: every call hashes one complete message. */
export interface Hasher {
  readonly algo: HashAlgo;
  /** Digest length in bytes. */
  readonly size: number;
  /** Hashes `message` and returns a new array of `size` bytes. */
  readonly digest: (message: Uint8Array) => Uint8Array;
  /** Hashes `message` and writes `size` bytes to `target` at `offset`; the two may overlap. */
  readonly digestInto: (message: Uint8Array, target: Uint8Array, offset: number) => void;
}

/** Gives the hasher for an algorithm; always the same object for the same algorithm. */
export type HashProvider = (algo: HashAlgo) => Hasher;
