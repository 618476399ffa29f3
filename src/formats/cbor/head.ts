/**
 * Heads of CBOR items (RFC 8949 section 3): a major type, additional information and an argument.
 *
 * @module
 */

/** What a major type is called. */
export const MAJOR = ["uint", "nint", "bytes", "text", "array", "map", "tag", "simple"] as const;
/** Additional information of an item whose end is marked. */
export const INDEFINITE = 31;
/** Major type of break codes, simple values and floats. */
export const BREAK_OR_SIMPLE = 7;
/** Additional information of the shortest float. */
export const FLOAT_16 = 25;
/** Bytes of the argument behind the initial byte, by additional information 24 .. 27. */
export const ARGUMENT_SIZE: Readonly<Record<number, number>> = { 24: 1, 25: 2, 26: 4, 27: 8 };

/** Arguments below this fit a shorter head. */
const SHORTER: Readonly<Record<number, bigint>> = {
  24: 24n,
  25: 1n << 8n,
  26: 1n << 16n,
  27: 1n << 32n,
};

/** Whether a head is longer than its argument needs. @param argument a number or bigint. */
export function isLong(info: number, argument: unknown): boolean {
  const limit = SHORTER[info];
  return limit !== undefined && BigInt(argument as number | bigint) < limit;
}
