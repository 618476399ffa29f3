/**
 * Binary layouts as tables: a structure is an object of fields with explicit offsets; encoding,
 * decoding and "only these fields" all come from that one table. Little-endian throughout, as all
 * structures of the RMM are.
 *
 * @module
 */
import { viewOf } from "../bytes.ts";
import type { U64 } from "../units.ts";

/** One field of a structure. `T` is the type of its decoded value. */
export interface Field<T> {
  /** Offset of the first byte. */
  readonly offset: number;
  /** Length in bytes. */
  readonly size: number;
  get(view: DataView, bytes: Uint8Array): T;
  set(view: DataView, bytes: Uint8Array, value: T): void;
}

/** Unsigned 8-bit field. */
export function u8At(offset: number): Field<number> {
  return {
    offset,
    size: 1,
    get: (view) => view.getUint8(offset),
    set: (view, _, value) => view.setUint8(offset, value),
  };
}

/** Unsigned 16-bit field. */
export function u16At(offset: number): Field<number> {
  return {
    offset,
    size: 2,
    get: (view) => view.getUint16(offset, true),
    set: (view, _, value) => view.setUint16(offset, value, true),
  };
}

/** Unsigned 32-bit field. */
export function u32At(offset: number): Field<number> {
  return {
    offset,
    size: 4,
    get: (view) => view.getUint32(offset, true),
    set: (view, _, value) => view.setUint32(offset, value, true),
  };
}

/** Unsigned 64-bit field. */
export function u64At(offset: number): Field<U64> {
  return {
    offset,
    size: 8,
    get: (view) => view.getBigUint64(offset, true) as U64,
    set: (view, _, value) => view.setBigUint64(offset, value, true),
  };
}

/** Signed 64-bit field. */
export function i64At(offset: number): Field<bigint> {
  return {
    offset,
    size: 8,
    get: (view) => view.getBigInt64(offset, true),
    set: (view, _, value) => view.setBigInt64(offset, value, true),
  };
}

/** Array of `count` unsigned 16-bit values; absent ones are zero. */
export function u16sAt(offset: number, count: number): Field<readonly number[]> {
  return {
    offset,
    size: 2 * count,
    get: (view) => Array.from({ length: count }, (_, i) => view.getUint16(offset + 2 * i, true)),
    set(view, _, values) {
      for (let i = 0; i < count; i++) view.setUint16(offset + 2 * i, values[i] ?? 0, true);
    },
  };
}

/** Array of `count` unsigned 64-bit values; absent ones are zero. */
export function u64sAt(offset: number, count: number): Field<readonly U64[]> {
  return {
    offset,
    size: 8 * count,
    get: (view) =>
      Array.from({ length: count }, (_, i) => view.getBigUint64(offset + 8 * i, true) as U64),
    set(view, _, values) {
      for (let i = 0; i < count; i++) view.setBigUint64(offset + 8 * i, values[i] ?? 0n, true);
    },
  };
}

/** `size` bytes as they are; a shorter value is zero-filled on the right. */
export function bytesAt(offset: number, size: number): Field<Uint8Array> {
  return {
    offset,
    size,
    get: (_, bytes) => bytes.slice(offset, offset + size),
    set(_, bytes, value) {
      bytes.fill(0, offset, offset + size);
      bytes.set(value.subarray(0, size), offset);
    },
  };
}

/** The decoded form of a structure. A field that some layouts do not have is optional here, too. */
export type Decoded<F> = {
  readonly [K in keyof F]: NonNullable<F[K]> extends Field<infer T> ? T : never;
};

/** A structure of fixed size. */
export interface Layout<F> {
  /** Size in bytes. */
  readonly size: number;
  readonly fields: F;
  /** Reads every field. @throws RangeError if `bytes` is shorter than `size`. */
  decode(bytes: Uint8Array): Decoded<F>;
  /** A new array of `size` bytes: the given fields, zero elsewhere. */
  encode(values: Partial<Decoded<F>>): Uint8Array;
  /** A new array of `size` bytes: only the named fields of `bytes`, zero elsewhere. */
  project(bytes: Uint8Array, names: readonly (keyof F & string)[]): Uint8Array;
}

type AnyField = Pick<Field<unknown>, "offset" | "size">;

/**
 * Makes a layout of a table of fields.
 *
 * @param size Size of the structure in bytes; every field lies within it.
 */
export function layout<F extends { readonly [K in keyof F]?: AnyField }>(
  size: number,
  fields: F,
): Layout<F> {
  const entries = Object.entries(fields) as [keyof F & string, Field<unknown>][];
  return {
    size,
    fields,
    decode(bytes) {
      const view = viewOf(bytes);
      return Object.fromEntries(
        entries.map(([name, field]) => [name, field.get(view, bytes)]),
      ) as Decoded<F>;
    },
    encode(values) {
      const bytes = new Uint8Array(size);
      const view = viewOf(bytes);
      for (const [name, field] of entries) {
        const value: unknown = values[name];
        if (value !== undefined) field.set(view, bytes, value);
      }
      return bytes;
    },
    project(bytes, names) {
      const kept = new Uint8Array(size);
      for (const [name, field] of entries) {
        if (!names.includes(name)) continue;
        kept.set(bytes.subarray(field.offset, field.offset + field.size), field.offset);
      }
      return kept;
    },
  };
}
