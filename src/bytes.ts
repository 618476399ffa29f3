/**
 * Bytes in and out: hexadecimal text, little- and big-endian fields of a `Uint8Array`.
 *
 * @module
 */
import { type U64, u64 } from "./units.ts";

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** Lower-case hexadecimal of `bytes`, two digits a byte, no prefix. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/**
 * Reads pairs of hexadecimal digits.
 *
 * @returns the bytes, or undefined if `text` has an odd length or another character in it.
 */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

/** Whether two byte strings have the same length and content. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

/** A view for multi-byte fields of `bytes`; writes go through to it. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Reads a little-endian u64 at `offset`. @throws RangeError past the end. */
export function readU64Le(bytes: Uint8Array, offset: number): U64 {
  return u64(viewOf(bytes).getBigUint64(offset, true));
}

/** Writes a little-endian u64 at `offset`. @throws RangeError past the end. */
export function writeU64Le(bytes: Uint8Array, offset: number, value: bigint): void {
  viewOf(bytes).setBigUint64(offset, value, true);
}

/** Concatenates byte strings. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
