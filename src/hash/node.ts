/**
 * The fast hash provider: node:crypto, which is OpenSSL. Not for browsers.
 *
 * `crypto.hash` (Node 20.12 and later) with 'binary' output is the fastest way to a short digest
 * that Node has: no hash object, no Buffer, one string of latin-1 characters.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as crypto from "node:crypto";
import { DIGEST_SIZE, type HashAlgo, type Hasher, type HashProvider } from "./hasher.ts";

const OPENSSL_NAME: Readonly<Record<HashAlgo, string>> = {
  "sha-256": "sha256",
  "sha-384": "sha384",
  "sha-512": "sha512",
};

/** A Node method without a type: writes characters as bytes, with no encoding to look up. */
type FastBuffer = Buffer & {
  latin1Write(text: string, offset: number, length: number): number;
};

function asBuffer(bytes: Uint8Array): FastBuffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as FastBuffer;
}

function digestText(name: string): (message: Uint8Array) => string {
  // Read once: looking it up in the module costs as much as a tenth of a short hash.
  const { hash } = crypto;
  if (typeof hash === "function") return (message) => hash(name, message, "binary");
  return (message) => crypto.createHash(name).update(message).digest("binary");
}

function nodeHasher(algo: HashAlgo): Hasher {
  const size = DIGEST_SIZE[algo];
  const text = digestText(OPENSSL_NAME[algo]);
  // A chain and the digests of its pages are written in turn: keep the Buffer views of both.
  let [last, other] = [asBuffer(new Uint8Array(0)), asBuffer(new Uint8Array(0))];
  let lastTarget: Uint8Array | undefined;
  let otherTarget: Uint8Array | undefined;
  return {
    algo,
    size,
    digest: (message) => Uint8Array.from(Buffer.from(text(message), "latin1")),
    digestInto(message, target, offset) {
      if (target !== lastTarget) {
        [last, other] = [target === otherTarget ? other : asBuffer(target), last];
        [lastTarget, otherTarget] = [target, lastTarget];
      }
      last.latin1Write(text(message), offset, size);
    },
  };
}

const HASHERS: Readonly<Record<HashAlgo, Hasher>> = {
  "sha-256": nodeHasher("sha-256"),
  "sha-384": nodeHasher("sha-384"),
  "sha-512": nodeHasher("sha-512"),
};

/** Hashers on node:crypto. */
export const nodeHashes: HashProvider = (algo) => HASHERS[algo];
