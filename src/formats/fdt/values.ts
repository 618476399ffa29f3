/**
 * Property values as bytes: cells, strings and lists of them.
 * @see Devicetree Specification v0.4 2.2.4.2
 *
 * @module
 */
import { viewOf } from "../../bytes.ts";
import { CcaRimError } from "../../errors.ts";

const utf8 = new TextEncoder();

/**
 * The bytes of a text with a NUL behind it, as C holds a string.
 *
 * @param text UTF-16 text, written as UTF-8, or bytes that are taken as they are.
 * @throws CcaRimError HOST_ARGUMENT if a NUL is in it: no C program can have passed that on.
 */
export function cString(text: string | Uint8Array): Uint8Array {
  const bytes = typeof text === "string" ? utf8.encode(text) : text;
  if (bytes.includes(0)) {
    throw new CcaRimError("HOST_ARGUMENT", "a device tree string cannot contain a NUL byte");
  }
  const value = new Uint8Array(bytes.length + 1);
  value.set(bytes);
  return value;
}

/** A `<string>` or `<stringlist>`: each text with a NUL behind it. @throws as {@link cString}. */
export function stringsValue(texts: readonly (string | Uint8Array)[]): Uint8Array {
  const parts = texts.map(cString);
  const value = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    value.set(part, at);
    at += part.length;
  }
  return value;
}

/**
 * `<u32>` cells, big-endian.
 *
 * @throws RangeError if a number is not an integer of 0 .. 2^32 - 1.
 */
export function u32Value(cells: readonly number[]): Uint8Array {
  const value = new Uint8Array(4 * cells.length);
  const view = viewOf(value);
  cells.forEach((cell, index) => {
    if (!Number.isInteger(cell) || cell < 0 || cell > 0xffff_ffff) {
      throw new RangeError(`"cells" expected unsigned 32-bit integers, got ${cell}`);
    }
    view.setUint32(4 * index, cell);
  });
  return value;
}

/**
 * `<u64>` values (two cells each), big-endian.
 *
 * @throws RangeError if a value is outside 0 .. 2^64 - 1 or a number is not a safe integer.
 */
export function u64Value(values: readonly (bigint | number)[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = viewOf(bytes);
  values.forEach((value, index) => {
    if (typeof value === "number" && !Number.isSafeInteger(value)) {
      throw new RangeError(`"values" expected safe integers, got ${value}`);
    }
    const wide = BigInt(value);
    if (wide !== BigInt.asUintN(64, wide)) {
      throw new RangeError(`"values" expected unsigned 64-bit integers, got ${value}`);
    }
    view.setBigUint64(8 * index, wide);
  });
  return bytes;
}
