/**
 * Names for CBOR: shapes say what keys and items are called, and which byte strings hold CBOR
 * again. Whatever has no name is shown as it is.
 *
 * @module
 */
import { toHex } from "../../bytes.ts";
import { CcaRimError } from "../../errors.ts";
import { type CborNode, describeNode, keyIdentity } from "../../formats/cbor/node.ts";
import { readCbor } from "../../formats/cbor/read.ts";
import type { InspectNode } from "./node.ts";

/** A name, and what is known about the item of that name. */
export type NamedShape = readonly [name: string, shape?: Shape | undefined];

/** What is known about an item. */
export interface Shape {
  /** Names of a map's integer or text keys. */
  readonly keys?: Readonly<Record<string, NamedShape>>;
  /** Names of an array's items. */
  readonly items?: readonly NamedShape[];
  /** What each item of an array is. */
  readonly each?: Shape;
  /** A byte string holds an item of this shape. */
  readonly embedded?: Shape;
  /** Names of integer values. */
  readonly names?: Readonly<Record<string, string>>;
  /** A remark about a value. */
  readonly remark?: (node: CborNode) => string | undefined;
}

/** The end of the year 9999. */
const LAST_SECOND = 253_402_300_799n;

/** Strings longer than this, in bytes, are shown by their beginning: nobody reads on. */
const LONGEST = 65_536;

function scalarText(node: CborNode): string | undefined {
  switch (node.kind) {
    case "bytes": {
      const { length } = node.value;
      const shown = toHex(node.value.subarray(0, LONGEST));
      return length > LONGEST ? `${shown}... (${length} bytes)` : shown;
    }
    case "text": {
      const { length } = node.value;
      const shown = JSON.stringify(node.value.slice(0, LONGEST));
      return length > LONGEST ? `${shown}... (${length} characters)` : shown;
    }
    case "uint":
    case "nint":
    case "float":
      return String(node.value);
    case "simple":
    case "badText":
      return describeNode(node);
    default:
      return undefined;
  }
}

function embeddedChildren(node: CborNode, shape: Shape): readonly InspectNode[] | undefined {
  if (node.kind !== "bytes" || shape.embedded === undefined) return undefined;
  try {
    const base = node.contentOffset;
    const inner = readCbor(node.value, { what: "embedded", base, strict: false });
    return childrenOf(inner, shape.embedded) ?? [namedNode("content", inner, shape.embedded)];
  } catch (error) {
    if (error instanceof CcaRimError) return undefined;
    throw error;
  }
}

function childrenOf(node: CborNode, shape: Shape): readonly InspectNode[] | undefined {
  if (node.kind === "map") {
    return node.entries.map(({ key, value }) => {
      const identity = keyIdentity(key);
      const plain = key.kind === "text" ? key.value : identity;
      const known = shape.keys !== undefined && Object.hasOwn(shape.keys, plain);
      const [name, inner] = (known ? shape.keys?.[plain] : undefined) ?? [identity];
      const shown = known && name !== plain ? `${name} (${identity})` : identity;
      return namedNode(shown, value, inner ?? {});
    });
  }
  if (node.kind === "array") {
    return node.items.map((item, i) => {
      const [name, inner] = shape.items?.[i] ?? [String(i), shape.each];
      return namedNode(name, item, inner ?? shape.each ?? {});
    });
  }
  return embeddedChildren(node, shape);
}

/** The moment that seconds under tag 1 are. */
function momentOf(item: CborNode, tags: readonly string[]): string | undefined {
  const isTime = tags.length === 1 && tags[0] === "1" && item.kind === "uint";
  if (!isTime || item.value > LAST_SECOND) return undefined;
  return new Date(Number(item.value) * 1000).toISOString().replace(".000Z", "Z");
}

/** An item as a named node; tags stand in front of the value. */
export function namedNode(name: string, node: CborNode, shape: Shape): InspectNode {
  let item = node;
  const tags: string[] = [];
  while (item.kind === "tag") {
    tags.push(String(item.tag));
    item = item.content;
  }
  const children = childrenOf(item, shape);
  const text = children === undefined || item.kind === "bytes" ? undefined : "";
  const value = text ?? (children === undefined ? (scalarText(item) ?? "") : "");
  const known =
    item.kind === "uint" || item.kind === "nint" ? shape.names?.[String(item.value)] : undefined;
  const remark = known ?? shape.remark?.(item) ?? momentOf(item, tags);
  const parts = [
    ...(tags.length === 0 ? [] : [`tag ${tags.join(", tag ")}`]),
    ...(value === "" ? [] : [value]),
    ...(remark === undefined ? [] : [`(${remark})`]),
  ];
  return {
    name,
    ...(parts.length === 0 ? {} : { value: parts.join(" ") }),
    offset: node.offset,
    ...(children === undefined ? {} : { children }),
  };
}
