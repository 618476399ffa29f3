/**
 * Numbers as C's strtol and strtoull read them, since kvmtool takes its arguments that way:
 * leading white space and a sign are fine, what follows the digits is ignored, too large values
 * saturate and no digits at all make 0.
 * @see ISO C 7.24.1.7 (strtol, strtoul, strtoull)
 *
 * @module
 */

/** A number at the start of a text. */
export interface CNumber {
  readonly value: bigint;
  /** What follows it; the whole text if there was no number. */
  readonly rest: string;
  /** Whether there were digits. */
  readonly found: boolean;
  /** Whether the value did not fit and was replaced by the largest one (ERANGE). */
  readonly overflow: boolean;
}

const U64_MAX = (1n << 64n) - 1n;
const I64_MAX = (1n << 63n) - 1n;
const I64_MIN = -(1n << 63n);

/** Base 0: the prefix decides (0x, 0, or neither). */
const AUTOMATIC = /^([ \t\n\v\f\r]*)([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))/;
const DECIMAL = /^([ \t\n\v\f\r]*)([+-]?)()()([0-9]+)/;

interface Digits {
  readonly magnitude: bigint;
  readonly negative: boolean;
  readonly rest: string;
}

function readDigits(text: string, base: 0 | 10): Digits | undefined {
  const match = (base === 0 ? AUTOMATIC : DECIMAL).exec(text);
  if (match === null) return undefined;
  const [whole, , sign, hex, octal, decimal] = match;
  const rest = text.slice(whole.length);
  const negative = sign === "-";
  if (hex !== undefined && hex !== "") return { magnitude: BigInt(`0x${hex}`), negative, rest };
  if (octal !== undefined && octal !== "") {
    return { magnitude: BigInt(`0o0${octal.slice(1)}`), negative, rest };
  }
  return { magnitude: BigInt(decimal ?? "0"), negative, rest };
}

/** strtoull: 0 .. 2^64 - 1; a minus sign wraps around. */
export function strtoull(text: string, base: 0 | 10): CNumber {
  const digits = readDigits(text, base);
  if (digits === undefined) return { value: 0n, rest: text, found: false, overflow: false };
  const { magnitude, negative, rest } = digits;
  if (magnitude > U64_MAX) return { value: U64_MAX, rest, found: true, overflow: true };
  const value = BigInt.asUintN(64, negative ? -magnitude : magnitude);
  return { value, rest, found: true, overflow: false };
}

/** strtol with base 0 on a 64-bit machine: -2^63 .. 2^63 - 1. */
export function strtol(text: string): CNumber {
  const digits = readDigits(text, 0);
  if (digits === undefined) return { value: 0n, rest: text, found: false, overflow: false };
  const signed = digits.negative ? -digits.magnitude : digits.magnitude;
  const value = signed > I64_MAX ? I64_MAX : signed < I64_MIN ? I64_MIN : signed;
  return { value, rest: digits.rest, found: true, overflow: value !== signed };
}

/** What storing a long in a C int leaves of it. */
export function toInt(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

/** What storing a long in a C unsigned int leaves of it. */
export function toUint(value: bigint): number {
  return Number(BigInt.asUintN(32, value));
}
