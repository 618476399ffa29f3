/**
 * Units that must not be mixed up: physical addresses, intermediate physical addresses and plain
 * 64-bit values. All are unsigned 64-bit integers held in a `bigint` with a compile-time brand.
 *
 * @module
 */

/** Any unsigned 64-bit value (0 .. 2^64 - 1). */
export type U64 = bigint & { readonly __unit: "U64" };
/** A physical address, in bytes. */
export type Pa = U64 & { readonly __address: "PA" };
/** An intermediate physical address (a Realm's view of physical memory), in bytes. */
export type Ipa = U64 & { readonly __address: "IPA" };

/** Size of a granule in bytes. @see RMM 1.0-rel0 A2.2 */
export const GRANULE_SIZE = 4096;

const U64_LIMIT = 1n << 64n;
const GRANULE_MASK = BigInt(GRANULE_SIZE - 1);

/**
 * Brands a bigint as an unsigned 64-bit value.
 *
 * @throws RangeError if `value` is negative or 2^64 or more.
 */
export function u64(value: bigint | number): U64 {
  const wide = BigInt(value);
  if (wide < 0n || wide >= U64_LIMIT) {
    throw new RangeError(`"value" expected an unsigned 64-bit integer, got ${wide}`);
  }
  return wide as U64;
}

/** Brands a bigint as a physical address. @throws RangeError outside 0 .. 2^64 - 1. */
export function pa(value: bigint | number): Pa {
  return u64(value) as Pa;
}

/** Brands a bigint as an intermediate physical address. @throws RangeError outside 0 .. 2^64 - 1. */
export function ipa(value: bigint | number): Ipa {
  return u64(value) as Ipa;
}

// Both conversions are made several times for every granule of a launch. Going through memory that
// two arrays share takes a third of the time of Number() and BigInt().
const WIDE = new BigUint64Array(1);
const HALVES = new Uint32Array(WIDE.buffer);
/** Where the low half is: the platform's byte order decides. */
const LOW = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;
const HALF = 2 ** 32;

/** A 64-bit value as a number: exact below 2^53, else rounded as `Number` rounds. */
export function numberOf(value: U64): number {
  WIDE[0] = value;
  return (HALVES[HIGH] ?? 0) * HALF + (HALVES[LOW] ?? 0);
}

/** A whole number from 0 to 2^53 as a 64-bit value; not checked. */
export function u64Of(value: number): U64 {
  HALVES[HIGH] = value / HALF;
  HALVES[LOW] = value;
  return (WIDE[0] ?? 0n) as U64;
}

/** Whether an address lies on a granule boundary. @see RMM 1.0-rel0 B3.3 AddrIsGranuleAligned */
export function isGranuleAligned(address: U64): boolean {
  return (address & GRANULE_MASK) === 0n;
}

const U64_TEXT = /^(?:0[xX][0-9a-fA-F](?:_?[0-9a-fA-F])*|[0-9](?:_?[0-9])*)$/;

/**
 * Reads a u64 as files write it: `"0x80000000"` or decimal digits, `_` allowed between digits.
 *
 * @returns the value, or undefined if the text is malformed or does not fit 64 bits.
 */
export function parseU64(text: string): U64 | undefined {
  if (!U64_TEXT.test(text)) return undefined;
  const value = BigInt(text.replaceAll("_", ""));
  return value < U64_LIMIT ? (value as U64) : undefined;
}

/** Writes a u64 as files show it: lower-case hexadecimal with `0x`, no leading zeros. */
export function hexU64(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}
