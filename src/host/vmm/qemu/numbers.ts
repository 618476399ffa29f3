/**
 * Numbers, sizes and switches as QEMU reads them from its line.
 *
 * @see QEMU util/cutils.c (qemu_strtosz, qemu_strtou64), qapi/qapi-util.c (qapi_bool_parse)
 * @module
 */

const U64_LIMIT = 1n << 64n;
const SUFFIX_SHIFT: Readonly<Record<string, bigint>> = {
  b: 0n,
  k: 10n,
  m: 20n,
  g: 30n,
  t: 40n,
  p: 50n,
  e: 60n,
};

/**
 * strtoull with base 0: decimal, 0x hexadecimal, 0 octal.
 *
 * @returns undefined for text that is not wholly a number, or does not fit 64 bits.
 */
export function parseUnsigned(text: string): bigint | undefined {
  const trimmed = text.replace(/^[ \t\n\v\f\r]+/, "").replace(/^\+/, "");
  let value: bigint | undefined;
  if (/^0[xX][0-9a-fA-F]+$/.test(trimmed)) value = BigInt(trimmed.toLowerCase());
  else if (/^0[0-7]*$/.test(trimmed)) value = BigInt(`0o0${trimmed}`);
  else if (/^[1-9][0-9]*$/.test(trimmed)) value = BigInt(trimmed);
  return value === undefined || value >= U64_LIMIT ? undefined : value;
}

/**
 * A size: a number with a binary suffix, with a fraction if decimal.
 *
 * @param unit What a number without a suffix is counted in, as a suffix letter.
 * @returns bytes; undefined for malformed or too large text.
 */
export function parseSize(text: string, unit = "b"): bigint | undefined {
  const match = /^[ \t\n\v\f\r]*(?:(0[xX][0-9a-fA-F]+)|([0-9]+)(?:\.([0-9]*))?)([a-zA-Z]?)$/.exec(
    text,
  );
  if (match === null) return undefined;
  const [, hex, whole = "0", fraction = "", suffix = ""] = match;
  const letter = suffix === "" ? unit : suffix.toLowerCase();
  // The b and e of a hexadecimal number are digits, not suffixes.
  const shift = SUFFIX_SHIFT[letter];
  if (shift === undefined) return undefined;
  const scale = 1n << shift;
  if (hex !== undefined) return inRange(BigInt(hex.toLowerCase()) * scale);
  if (fraction !== "" && Number(fraction) !== 0 && scale === 1n) return undefined;
  const tail = fraction === "" ? 0n : fractionOf(fraction, scale);
  return inRange(BigInt(whole) * scale + tail);
}

/** QEMU multiplies the fraction as a double and rounds to the nearest byte. */
function fractionOf(digits: string, scale: bigint): bigint {
  return BigInt(Math.floor(Number(`0.${digits}`) * Number(scale) + 0.5));
}

function inRange(value: bigint): bigint | undefined {
  return value < U64_LIMIT ? value : undefined;
}

/** on/off and the other words for it; undefined for anything else. */
export function parseSwitch(text: string): boolean | undefined {
  if (["on", "yes", "true", "y"].includes(text)) return true;
  return ["off", "no", "false", "n"].includes(text) ? false : undefined;
}

/** Rounds up to a multiple of a power of two. */
export function alignUp(value: bigint, unit: bigint): bigint {
  return (value + unit - 1n) & ~(unit - 1n);
}

/** Rounds down to a multiple of a power of two. */
export function alignDown(value: bigint, unit: bigint): bigint {
  return value & ~(unit - 1n);
}

/** Bits up to the highest one that is set. */
export function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

/** 2^10 bytes. */
export const KIB: bigint = 1n << 10n;
/** 2^20 bytes. */
export const MIB: bigint = 1n << 20n;
/** 2^30 bytes. */
export const GIB: bigint = 1n << 30n;
