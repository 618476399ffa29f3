/**
 * Widths of floating-point numbers in CBOR (RFC 8949, 4.2.1): the shortest that keeps the value.
 *
 * @module
 */

const HALF_FRACTION_BITS = 10;
const HALF_MIN_EXPONENT = -14;
const HALF_MAX = 65504;

function fitsHalf(value: number): boolean {
  if (Number.isNaN(value) || value === 0 || Math.abs(value) === Number.POSITIVE_INFINITY) {
    return true;
  }
  const size = Math.abs(value);
  if (size > HALF_MAX) return false;
  const exponent = Math.max(Math.floor(Math.log2(size)), HALF_MIN_EXPONENT);
  return Number.isInteger(size / 2 ** (exponent - HALF_FRACTION_BITS));
}

/**
 * Whether a float of that width could not be shorter.
 *
 * @param info Additional information of the initial byte: 25, 26 or 27 for 2, 4 or 8 bytes.
 */
export function isShortestFloat(value: number, info: number): boolean {
  if (info === 26) return !fitsHalf(value);
  return info !== 27 || (!fitsHalf(value) && Math.fround(value) !== value);
}
