/**
 * Says what stands at a byte of a device tree, so that a difference can be blamed on something.
 *
 * @module
 */
import { FDT_HEADER, FDT_PROP_HEAD_SIZE, type FdtHeaderField } from "./layout.ts";
import type { FdtNode, FdtProperty, FdtTree } from "./tree.ts";

/** What a byte belongs to. */
export type FdtPlace =
  | { readonly kind: "header"; readonly field: FdtHeaderField }
  | { readonly kind: "reservations" }
  /** A token, name or anything of the structure block that is not a property. */
  | { readonly kind: "node"; readonly path: string }
  | {
      readonly kind: "property";
      readonly path: string;
      readonly name: string;
      /** The token and lengths, the value, or the padding behind it. */
      readonly part: "head" | "value" | "padding";
    }
  | { readonly kind: "strings" }
  /** Between the blocks, inside totalsize. */
  | { readonly kind: "gap" }
  /** Beyond totalsize: what the writer left behind, or nothing. */
  | { readonly kind: "behind" };

/** What stands at byte `offset` of the blob that `tree` was read from. */
export function locateInFdt(tree: FdtTree, offset: number): FdtPlace {
  const { header } = tree;
  if (offset >= header.totalSize) return { kind: "behind" };
  for (const [field, at] of Object.entries(FDT_HEADER) as [FdtHeaderField, number][]) {
    if (offset >= at && offset < at + 4 && !isMissing(tree, field))
      return { kind: "header", field };
  }
  const entries = 16 * (tree.reservations.length + 1);
  if (isWithin(offset, header.offMemRsvmap, entries)) return { kind: "reservations" };
  if (isWithin(offset, header.offStruct, header.sizeStruct)) return inStructure(tree.root, offset);
  if (isWithin(offset, header.offStrings, header.sizeStrings)) return { kind: "strings" };
  return { kind: "gap" };
}

/** A version 16 header ends before the structure block's size. */
function isMissing(tree: FdtTree, field: FdtHeaderField): boolean {
  return field === "sizeStruct" && tree.header.version < 17;
}

function isWithin(offset: number, start: number, size: number): boolean {
  return offset >= start && offset < start + size;
}

/** Descends into the last node that begins at or before the byte. */
function inStructure(root: FdtNode, offset: number): FdtPlace {
  let node = root;
  for (;;) {
    const child = node.children.findLast((candidate) => candidate.offset <= offset);
    if (child === undefined) break;
    node = child;
  }
  const property = node.properties.findLast((candidate) => candidate.offset <= offset);
  const part = property === undefined ? undefined : partOf(property, offset);
  if (property === undefined || part === undefined) return { kind: "node", path: node.path };
  return { kind: "property", path: node.path, name: property.name, part };
}

function partOf(property: FdtProperty, offset: number): "head" | "value" | "padding" | undefined {
  const into = offset - property.offset - FDT_PROP_HEAD_SIZE;
  const { length } = property.value;
  if (into < 0) return "head";
  if (into < length) return "value";
  return into < Math.ceil(length / 4) * 4 ? "padding" : undefined;
}
