/**
 * Writing CBOR in its deterministic form (RFC 8949, 4.2.1): shortest heads, definite lengths, keys
 * in the order of their encodings. The same value always gives the same bytes.
 *
 * @module
 */
import { cdeEncodeOptions, encode, Tag } from "cbor2";

/** A tagged value. */
export interface CborTagged {
  readonly tag: number;
  readonly value: CborValue;
}

/** Anything that can be written. Integers are numbers up to 2^53 or bigints up to 64 bits. */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<number | string, CborValue>
  | CborTagged;

/** A tagged value. */
export function tagged(tag: number, value: CborValue): CborTagged {
  return { tag, value };
}

/** A map without the entries whose value is undefined. */
export function cborMap(
  entries: readonly (readonly [number | string, CborValue | undefined])[],
): ReadonlyMap<number | string, CborValue> {
  const map = new Map<number | string, CborValue>();
  for (const [key, value] of entries) {
    if (value !== undefined) map.set(key, value);
  }
  return map;
}

function isArray(value: CborValue): value is readonly CborValue[] {
  return Array.isArray(value);
}

function asLibrary(value: CborValue): unknown {
  if (typeof value !== "object" || value === null) return value;
  // A Buffer would be written as a map: hand over a plain array of bytes.
  if (value instanceof Uint8Array) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (isArray(value)) return value.map(asLibrary);
  if (value instanceof Map) {
    return new Map([...value].map(([key, item]) => [key, asLibrary(item as CborValue)]));
  }
  const { tag, value: content } = value as CborTagged;
  return new Tag(tag, asLibrary(content));
}

/** Encodes a value. */
export function writeCbor(value: CborValue): Uint8Array {
  return encode(asLibrary(value), cdeEncodeOptions);
}
