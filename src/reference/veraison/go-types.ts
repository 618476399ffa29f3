/**
 * How fxamacker/cbor v2.8.0 decodes items into Go types, as far as the CoRIM library depends on
 * it: nulls are no-ops or nil, unknown tags are looked through, byte strings may be arrays of
 * small integers, a text key "0" matches the field 0, and so on.
 *
 * @module
 */
import { type CborNode, describeNode, isNil } from "../../formats/cbor/node.ts";
import { Rejection } from "./rejection.ts";

/** Which decoder of the library is at work: they know different tags. */
export type Mode = "corim" | "comid" | "default" | "cose";

/** A Go type, with how items are decoded into it. */
export interface GoType<T> {
  /** As the library's messages name it. */
  readonly name: string;
  readonly zero: T;
  /** The tag that values of this type must have. */
  readonly tag?: number;
  /** It is a pointer to this type: null makes it nil. */
  readonly pointee?: GoType<unknown>;
  /** Decodes by itself, whatever the item is. */
  readonly special?: (node: CborNode, mode: Mode) => T;
  /** Decodes an item that is not a tag. */
  readonly fill?: (node: CborNode, mode: Mode) => T;
  /** Decodes the content of tag 2 or 3. */
  readonly bignum?: (bytes: Uint8Array, isNegative: boolean) => T;
}

const SELF_DESCRIBED = 55799n;

/** Messages of the library say what it met and what it wanted. */
export function mismatch(node: CborNode, wanted: string): Rejection {
  return new Rejection(`cbor: cannot unmarshal ${describeNode(node)} into ${wanted}`, node.offset);
}

/** The item without leading tags that say "this is CBOR". */
export function stripSelfDescribed(node: CborNode): CborNode {
  let item = node;
  while (item.kind === "tag" && item.tag === SELF_DESCRIBED) item = item.content;
  return item;
}

function suits(tag: bigint, content: CborNode): boolean {
  const { kind } = content;
  if (tag === 0n) return kind === "text";
  if (tag === 1n) return kind === "uint" || kind === "nint" || kind === "float";
  return (tag !== 2n && tag !== 3n) || kind === "bytes";
}

/** Tags 0 to 3 must have content of their type, wherever they stand in a row of tags. */
export function checkBuiltinTags(node: CborNode): void {
  for (let item = node; item.kind === "tag"; item = item.content) {
    if (!suits(item.tag, item.content)) {
      const found = describeNode(item.content);
      throw new Rejection(`cbor: tag ${item.tag} has inadmissible content: ${found}`, item.offset);
    }
  }
}

/** Numbers of all tags in front of an item, and the item. */
export function tagChain(node: CborNode): {
  readonly tags: readonly bigint[];
  readonly content: CborNode;
} {
  const tags: bigint[] = [];
  let content = node;
  while (content.kind === "tag") {
    tags.push(content.tag);
    content = content.content;
  }
  return { tags, content };
}

function withoutRequiredTag(tag: number, name: string, node: CborNode): CborNode {
  if (node.kind !== "tag") throw mismatch(node, `${name} (expect CBOR tag value)`);
  const { tags, content } = tagChain(node);
  if (tags.length === 1 && tags[0] === BigInt(tag)) return content;
  throw new Rejection(
    `cbor: wrong tag number for ${name}, got [${tags.join(" ")}], expected [${tag}]`,
    node.offset,
  );
}

function fill<T>(type: GoType<T>, node: CborNode, mode: Mode): T {
  if (node.kind !== "tag") {
    if (type.fill !== undefined) return type.fill(node, mode);
    throw mismatch(node, type.name);
  }
  if (node.tag !== 2n && node.tag !== 3n) return decode(type, node.content, mode);
  const { content } = node;
  if (type.bignum === undefined || content.kind !== "bytes") throw mismatch(node, type.name);
  return type.bignum(content.value, node.tag === 3n);
}

/** Decodes an item into a type. @throws Rejection */
export function decode<T>(type: GoType<T>, node: CborNode, mode: Mode): T {
  if (type.pointee !== undefined) {
    if (isNil(node)) return type.zero;
    return { value: decode(type.pointee, node, mode) } as T;
  }
  const item = stripSelfDescribed(node);
  checkBuiltinTags(item);
  if (type.special !== undefined) return type.special(item, mode);
  return fill(
    type,
    type.tag === undefined ? item : withoutRequiredTag(type.tag, type.name, item),
    mode,
  );
}

/** What a pointer that is not nil points to. */
export interface Ref<T> {
  readonly value: T;
}

/** A pointer to a type; nil is null. */
export function pointer<T>(type: GoType<T>): GoType<Ref<T> | null> {
  return { name: type.name, zero: null, pointee: type };
}

/** The same with a tag that is required. */
export function registered<T>(type: GoType<T>, tag: number, name: string): GoType<T> {
  return { ...type, tag, name };
}

function fromBytes(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

/** An integer type from `min` to `max`. */
export function integer(name: string, min: bigint, max: bigint): GoType<bigint> {
  const inRange = (value: bigint, offset?: number): bigint => {
    if (value >= min && value <= max) return value;
    throw new Rejection(`cbor: ${value} overflows ${name}`, offset);
  };
  return {
    name,
    zero: 0n,
    fill(node) {
      if (node.kind === "uint" || node.kind === "nint") return inRange(node.value, node.offset);
      if (isNil(node)) return 0n;
      // Simple values count as numbers, false and true do not.
      if (node.kind !== "simple" || node.value === 20 || node.value === 21) {
        throw mismatch(node, name);
      }
      return inRange(BigInt(node.value), node.offset);
    },
    bignum: (bytes, isNegative) => inRange(isNegative ? -1n - fromBytes(bytes) : fromBytes(bytes)),
  };
}

const MAX_INT64 = (1n << 63n) - 1n;

/** int64. */
export const INT64: GoType<bigint> = integer("int64", -MAX_INT64 - 1n, MAX_INT64);
/** uint64. */
export const UINT64: GoType<bigint> = integer("uint64", 0n, (1n << 64n) - 1n);
const UINT8: GoType<bigint> = integer("uint8", 0n, 255n);

/** string. */
export const STRING: GoType<string> = {
  name: "string",
  zero: "",
  fill(node) {
    if (node.kind === "text") return node.value;
    if (isNil(node)) return "";
    throw mismatch(node, "string");
  },
};

/** bool. */
export const BOOL: GoType<boolean> = {
  name: "bool",
  zero: false,
  fill(node) {
    if (isNil(node)) return false;
    if (node.kind === "simple" && (node.value === 20 || node.value === 21))
      return node.value === 21;
    throw mismatch(node, "bool");
  },
};

function small(node: CborNode, mode: Mode): number {
  return Number(decode(UINT8, node, mode));
}

/** []byte; nil is null. */
export const BYTES: GoType<Uint8Array | null> = {
  name: "[]uint8",
  zero: null,
  fill(node, mode) {
    if (node.kind === "bytes") return node.value;
    if (node.kind === "array") return Uint8Array.from(node.items, (item) => small(item, mode));
    if (isNil(node)) return null;
    throw mismatch(node, "[]uint8");
  },
  bignum: (bytes) => bytes,
};

/** An array of `size` bytes: shorter strings are zero-filled, longer ones cut. */
export function byteArray(name: string, size: number): GoType<Uint8Array> {
  const fitted = (bytes: Uint8Array): Uint8Array => {
    const array = new Uint8Array(size);
    array.set(bytes.subarray(0, size));
    return array;
  };
  return {
    name,
    zero: new Uint8Array(size),
    fill(node, mode) {
      if (node.kind === "bytes") return fitted(node.value);
      if (node.kind === "array") {
        return fitted(Uint8Array.from(node.items.slice(0, size), (item) => small(item, mode)));
      }
      if (isNil(node)) return new Uint8Array(size);
      throw mismatch(node, name);
    },
    bignum: fitted,
  };
}

/** A slice; nil is null. */
export function slice<T>(element: GoType<T>): GoType<readonly T[] | null> {
  const name = `[]${element.name}`;
  return {
    name,
    zero: null,
    fill(node, mode) {
      if (node.kind === "array") return node.items.map((item) => decode(element, item, mode));
      if (isNil(node)) return null;
      throw mismatch(node, name);
    },
  };
}

/** The item itself. */
export const RAW: GoType<CborNode | null> = {
  name: "cbor.RawMessage",
  zero: null,
  special: (node) => node,
};
