/**
 * Page contents that transcripts name by a generator instead of listing 4096 bytes.
 *
 * @module
 */
import { viewOf } from "../bytes.ts";
import type { HashProvider } from "../hash/hasher.ts";
import { digestsOneByOne, type PageRef } from "../hash/pages.ts";
import { GRANULE_SIZE } from "../units.ts";

const WORDS = GRANULE_SIZE / 4;

function fillWords(next: (index: number) => number): Uint8Array {
  const page = new Uint8Array(GRANULE_SIZE);
  const view = viewOf(page);
  for (let i = 0; i < WORDS; i++) view.setUint32(4 * i, next(i) >>> 0, true);
  return page;
}

/** xorshift32, seeded with S mod 2^32, or 1 for 0. */
function xorshift(seed: number): () => number {
  let x = seed >>> 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x;
  };
}

/** The low 32 bits of a number as JavaScript's bit operations want it. */
const low32 = (value: bigint): number => Number(BigInt.asUintN(32, value));

/**
 * The 4096 bytes of a pattern.
 *
 * @param pattern `fill:B`, `ctr:S` (little-endian words S, S+1, ...) or `xs32:S` (xorshift32).
 * @returns undefined if there is no such pattern.
 */
export function patternPage(pattern: string): Uint8Array | undefined {
  const match = /^(fill|ctr|xs32):(0x[0-9a-fA-F]{1,16}|[0-9]{1,20})$/.exec(pattern);
  if (match === null) return undefined;
  const seed = low32(BigInt(match[2] ?? 0));
  switch (match[1]) {
    case "fill":
      return new Uint8Array(GRANULE_SIZE).fill(seed & 0xff);
    case "ctr":
      return fillWords((i) => seed + i);
    default:
      return fillWords(xorshift(seed));
  }
}

/** A page known by its bytes. */
export function pageRef(page: Uint8Array, hashes: HashProvider): PageRef {
  return { page: 0, digests: digestsOneByOne(1, (algo) => hashes(algo).digest(page)) };
}
