/**
 * CBOR (RFC 8949) as a tree in which every item knows where it stands and how it was written.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";

interface Span {
  /** Offset of the first byte in the file that the user named. */
  readonly offset: number;
  /** The item as it is encoded. */
  readonly encoded: Uint8Array;
  /** Of unknown length at first, ended by a break code. */
  readonly indefinite: boolean;
  /** Its head, or the float itself, could have been shorter. */
  readonly long: boolean;
}

/** A key and its value. */
export interface CborEntry {
  readonly key: CborNode;
  readonly value: CborNode;
}

/** One data item. */
export type CborNode = Span &
  (
    | { readonly kind: "uint" | "nint"; readonly value: bigint }
    | {
        readonly kind: "bytes";
        readonly value: Uint8Array;
        /** Offset of the first byte of the content; for chunks, of the item. */
        readonly contentOffset: number;
      }
    | { readonly kind: "text"; readonly value: string }
    /** Text that is not UTF-8; only where that is tolerated. */
    | { readonly kind: "badText" }
    | { readonly kind: "array"; readonly items: readonly CborNode[] }
    | { readonly kind: "map"; readonly entries: readonly CborEntry[] }
    | { readonly kind: "tag"; readonly tag: bigint; readonly content: CborNode }
    | { readonly kind: "float"; readonly value: number }
    /** false 20, true 21, null 22, undefined 23. */
    | { readonly kind: "simple"; readonly value: number }
  );

/** Items of one kind. */
export type CborOf<K extends CborNode["kind"]> = CborNode & { readonly kind: K };

const SIMPLE_NAME: Readonly<Record<number, string>> = {
  20: "false",
  21: "true",
  22: "null",
  23: "undefined",
};

const KIND_NAME: Readonly<Record<CborNode["kind"], string>> = {
  uint: "an unsigned integer",
  nint: "a negative integer",
  bytes: "a byte string",
  text: "text",
  badText: "text that is not UTF-8",
  array: "an array",
  map: "a map",
  tag: "a tag",
  float: "a floating-point number",
  simple: "a simple value",
};

/** What an item is, for messages: "a byte string", "tag 501", "null". */
export function describeNode(node: CborNode): string {
  if (node.kind === "tag") return `tag ${node.tag}`;
  if (node.kind === "simple") return SIMPLE_NAME[node.value] ?? `simple value ${node.value}`;
  return KIND_NAME[node.kind];
}

/** Whether an item, or one inside it, was written with indefinite length. */
export function hasIndefinite(node: CborNode): boolean {
  if (node.indefinite) return true;
  if (node.kind === "array") return node.items.some(hasIndefinite);
  if (node.kind === "tag") return hasIndefinite(node.content);
  return (
    node.kind === "map" &&
    node.entries.some(({ key, value }) => hasIndefinite(key) || hasIndefinite(value))
  );
}

/** Whether an item is null or undefined. */
export function isNil(node: CborNode): boolean {
  return node.kind === "simple" && (node.value === 22 || node.value === 23);
}

/** An error about the type of an item. @param what What was being read. */
export function typeError(node: CborNode, what: string, wanted: string): CcaRimError {
  return new CcaRimError("CBOR_TYPE", `${what}: expected ${wanted}, found ${describeNode(node)}`, {
    where: { offset: node.offset },
  });
}

/** The item as one of a kind. @throws CcaRimError CBOR_TYPE with the offset */
export function expectKind<K extends CborNode["kind"]>(
  node: CborNode,
  kind: K,
  what: string,
): CborOf<K> {
  if (node.kind !== kind) throw typeError(node, what, KIND_NAME[kind]);
  return node as CborOf<K>;
}

/** The content of a byte string. @throws CcaRimError CBOR_TYPE */
export function bytesOf(node: CborNode, what: string): Uint8Array {
  return expectKind(node, "bytes", what).value;
}

/** The content of a text string. @throws CcaRimError CBOR_TYPE */
export function textOf(node: CborNode, what: string): string {
  return expectKind(node, "text", what).value;
}

/** A key by its meaning: two keys of a map are duplicates if these are equal. */
export function keyIdentity(key: CborNode): string {
  switch (key.kind) {
    case "uint":
    case "nint":
      return String(key.value);
    case "text":
      return JSON.stringify(key.value);
    case "bytes":
      return `h'${Array.from(key.value, (byte) => byte.toString(16).padStart(2, "0")).join("")}'`;
    default:
      return `${key.kind} ${key.encoded.join(",")}`;
  }
}

/** The value under an integer or text key of a map; undefined if there is none. */
export function entryOf(map: CborOf<"map">, key: number | string): CborNode | undefined {
  const wanted = typeof key === "number" ? String(key) : JSON.stringify(key);
  return map.entries.find((entry) => {
    const { kind } = entry.key;
    const comparable = kind === "uint" || kind === "nint" || kind === "text";
    return comparable && keyIdentity(entry.key) === wanted;
  })?.value;
}
