/**
 * The reference hash provider: @noble/hashes, pure JavaScript, runs anywhere (FIPS 180-4).
 *
 * @module
 */
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { DIGEST_SIZE, type HashAlgo, type Hasher, type HashProvider } from "./hasher.ts";

const FUNCTIONS: Readonly<Record<HashAlgo, (message: Uint8Array) => Uint8Array>> = {
  "sha-256": sha256,
  "sha-384": sha384,
  "sha-512": sha512,
};

function nobleHasher(algo: HashAlgo): Hasher {
  const digest = FUNCTIONS[algo];
  return {
    algo,
    size: DIGEST_SIZE[algo],
    digest,
    digestInto: (message, target, offset) => target.set(digest(message), offset),
  };
}

const HASHERS: Readonly<Record<HashAlgo, Hasher>> = {
  "sha-256": nobleHasher("sha-256"),
  "sha-384": nobleHasher("sha-384"),
  "sha-512": nobleHasher("sha-512"),
};

/** Hashers on @noble/hashes. */
export const nobleHashes: HashProvider = (algo) => HASHERS[algo];
