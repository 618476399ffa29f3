/**
 * A device tree as it was read: nodes and properties with the offsets they came from.
 *
 * @module
 */
import type { FdtHeaderField } from "./layout.ts";

/** A range that the kernel must leave alone. */
export interface FdtReservation {
  /** Byte offset of the entry in the blob. */
  readonly offset: number;
  readonly address: bigint;
  readonly size: bigint;
}

/** A property. Names hold one byte a character, which for names by the specification is ASCII. */
export interface FdtProperty {
  readonly name: string;
  /** Byte offset of its FDT_PROP token in the blob; the value starts 12 bytes behind. */
  readonly offset: number;
  /** A view into the blob. */
  readonly value: Uint8Array;
}

/** A node. */
export interface FdtNode {
  /** With its unit address; empty for the root. */
  readonly name: string;
  /** `/` for the root, else the names from there, with anything unprintable as `\xNN`. */
  readonly path: string;
  /** Byte offset of its FDT_BEGIN_NODE token in the blob. */
  readonly offset: number;
  readonly properties: readonly FdtProperty[];
  readonly children: readonly FdtNode[];
}

/** A blob, decoded. */
export interface FdtTree {
  /** The header fields as they stand, but sizeStruct counted where version 16 has none. */
  readonly header: Readonly<Record<FdtHeaderField, number>>;
  readonly reservations: readonly FdtReservation[];
  readonly root: FdtNode;
}

/** One byte a character. */
export function byteString(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The bytes of a text that {@link byteString} made. */
export function bytesOfByteString(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** A name that is safe to print: what is not printable ASCII becomes `\xNN`. */
export function printableName(name: string): string {
  return name.replaceAll(
    /[^\x20-\x7e]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** The first property of that name, if there is one. */
export function propertyOf(node: FdtNode, name: string): FdtProperty | undefined {
  return node.properties.find((property) => property.name === name);
}

/** The node at an absolute path such as `/cpus/cpu@0` (full names), if there is one. */
export function nodeAt(tree: FdtTree, path: string): FdtNode | undefined {
  if (!path.startsWith("/")) return undefined;
  let node: FdtNode | undefined = tree.root;
  for (const name of path.split("/")) {
    if (name !== "") node = node?.children.find((child) => child.name === name);
  }
  return node;
}
