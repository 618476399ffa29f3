/**
 * Structs: those that the CBOR library fills by itself, and those that the CoRIM library takes
 * apart with its own reader of maps (encoding/cbor.go of veraison/corim 53b3014).
 *
 * @module
 */
import { type CborNode, isNil } from "../../formats/cbor/node.ts";
import { readCborItem } from "../../formats/cbor/read.ts";
import { anyValue } from "./go-any.ts";
import { decode, type GoType, INT64, type Mode, mismatch, stripSelfDescribed } from "./go-types.ts";
import { Rejection, within } from "./rejection.ts";

/** A field of a struct. */
export interface Field<T> {
  readonly key: number;
  readonly type: GoType<T>;
  /** Named in messages; only for fields of maps that must be there. */
  readonly mandatory?: string;
}

/** Fields by name. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** The struct with these fields. */
export type StructOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

/** A field of a struct. */
export function field<T>(key: number, type: GoType<T>, mandatory?: string): Field<T> {
  return mandatory === undefined ? { key, type } : { key, type, mandatory };
}

function zeroOf<F extends Fields>(fields: F): StructOf<F> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { type }]) => [name, type.zero]),
  ) as StructOf<F>;
}

function fieldFor(key: CborNode, fields: Fields): string | undefined {
  const wanted =
    key.kind === "text" || key.kind === "uint" || key.kind === "nint"
      ? String(key.value)
      : undefined;
  if (wanted === undefined || (key.kind === "nint" && key.value < -(1n << 63n))) {
    throw mismatch(key, "the name of a struct field");
  }
  return Object.keys(fields).find((name) => String(fields[name]?.key) === wanted);
}

/** A struct that is a map: unknown keys are skipped, of equal keys the first counts. */
export function mapStruct<F extends Fields>(name: string, fields: F): GoType<StructOf<F>> {
  const zero = zeroOf(fields);
  return {
    name,
    zero,
    fill(node, mode) {
      if (isNil(node)) return zero;
      if (node.kind !== "map") throw mismatch(node, name);
      const values: Record<string, unknown> = {};
      for (const { key, value } of node.entries) {
        const found = fieldFor(key, fields);
        const type = found === undefined ? undefined : fields[found]?.type;
        if (found === undefined || type === undefined || Object.hasOwn(values, found)) continue;
        values[found] = decode(type, value, mode);
      }
      return { ...zero, ...values };
    },
  };
}

/** A struct that is an array of exactly its fields, in the order of their keys. */
export function arrayStruct<F extends Fields>(name: string, fields: F): GoType<StructOf<F>> {
  const zero = zeroOf(fields);
  const entries = Object.entries(fields).toSorted(([, a], [, b]) => a.key - b.key);
  return {
    name,
    zero,
    fill(node, mode) {
      if (isNil(node)) return zero;
      if (node.kind !== "array") throw mismatch(node, name);
      if (node.items.length !== entries.length) {
        throw new Rejection(
          `cbor: cannot unmarshal array into ${name} (cannot decode CBOR array to struct with different number of elements)`,
          node.offset,
        );
      }
      const values = entries.map(([key, { type }], i) => {
        const item = node.items[i];
        return [key, item === undefined ? type.zero : decode(type, item, mode)] as const;
      });
      return Object.fromEntries(values) as StructOf<F>;
    },
  };
}

interface Head {
  readonly major: number;
  /** 0 also for indefinite lengths. */
  readonly argument: number;
  readonly next: number;
}

const ARGUMENT_SIZES: Readonly<Record<number, number>> = { 24: 1, 25: 2, 26: 4 };

/** The library's own reader of heads: no arguments of 8 bytes, an indefinite length is 0. */
function readHead(bytes: Uint8Array, at: number, base: number): Head {
  const initial = bytes[at];
  if (initial === undefined) throw new Rejection("unexpected EOF", base + at);
  const major = initial >> 5;
  const info = initial & 31;
  if (info < 24) return { major, argument: info, next: at + 1 };
  if (info === 31) return { major, argument: 0, next: at + 1 };
  const size = ARGUMENT_SIZES[info];
  if (size === undefined) {
    const problem =
      info === 27
        ? "cbor: cannot decode length value of 8 bytes"
        : `cbor: unexpected additional information value ${info}`;
    throw new Rejection(problem, base + at);
  }
  const argument = bytes.subarray(at + 1, at + 1 + size);
  if (argument.length < size) throw new Rejection("unexpected EOF", base + bytes.length);
  return {
    major,
    argument: argument.reduce((sum, byte) => sum * 256 + byte, 0),
    next: at + 1 + size,
  };
}

function readPairs(bytes: Uint8Array, base: number, mode: Mode): ReadonlyMap<bigint, CborNode> {
  let head = readHead(bytes, 0, base);
  if (head.major === 6) head = readHead(bytes, head.next, base);
  if (head.major !== 5) {
    const found = `found Major Type ${head.major}`;
    throw new Rejection(`expected map (CBOR Major Type 5), ${found}`, base);
  }
  const pairs = new Map<bigint, CborNode>();
  const reading = { what: "cbor", base, strict: false };
  let at = head.next;
  // A map of length 0 is read like one of indefinite length: up to a break code.
  for (let i = 0; head.argument === 0 || i < head.argument; i++) {
    if (head.argument === 0) {
      if (at >= bytes.length) throw new Rejection("unexpected EOF", base + at);
      if (bytes[at] === 0xff) break;
    }
    within(`map item ${i}`, () => {
      const key = readCborItem(bytes, at, reading);
      const value = readCborItem(bytes, at + key.encoded.length, reading);
      const number = within("could not unmarshal key", () => decode(INT64, key, mode));
      if (pairs.has(number)) throw new Rejection(`duplicate cbor key: ${number}`, key.offset);
      pairs.set(number, stripSelfDescribed(value));
      at += key.encoded.length + value.encoded.length;
    });
  }
  return pairs;
}

/**
 * Fills a struct from the bytes of a map, as the CoRIM library does by itself. Values under other
 * keys must be decodable; they are then ignored.
 */
export function populate<F extends Fields>(
  fields: F,
  bytes: Uint8Array,
  base: number,
  mode: Mode,
): StructOf<F> {
  const pairs = new Map(readPairs(bytes, base, mode));
  const values: Record<string, unknown> = {};
  for (const [name, { key, type, mandatory }] of Object.entries(fields)) {
    const raw = pairs.get(BigInt(key));
    if (raw === undefined) {
      if (mandatory !== undefined) {
        throw new Rejection(`missing mandatory field "${mandatory}" (${key})`, base);
      }
      continue;
    }
    const title = mandatory ?? name.charAt(0).toUpperCase() + name.slice(1);
    values[name] = within(`error unmarshalling field "${title}"`, () => decode(type, raw, mode));
    pairs.delete(BigInt(key));
  }
  for (const [key, raw] of pairs) {
    within(`could not unmarshal key ${key}`, () => anyValue(raw, mode));
  }
  return { ...zeroOf(fields), ...values };
}

/** A struct that takes itself apart with {@link populate}, always with the same decoder. */
export function populated<F extends Fields>(
  name: string,
  fields: F,
  mode: Mode,
): GoType<StructOf<F>> {
  return {
    name,
    zero: zeroOf(fields),
    special: (node) => populate(fields, node.encoded, node.offset, mode),
  };
}
