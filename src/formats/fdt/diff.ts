/**
 * Compares two device trees by meaning first and by bytes last.
 *
 * @module
 */
import { equalBytes } from "../../bytes.ts";
import { decodeValue, type FdtValue } from "./decode.ts";
import { FDT_HEADER, type FdtHeaderField } from "./layout.ts";
import { type FdtPlace, locateInFdt } from "./locate.ts";
import { readFdt } from "./reader.ts";
import type { FdtNode, FdtProperty, FdtReservation, FdtTree } from "./tree.ts";

/** One difference; `a` and `b` are what the first and the second tree have. */
export type FdtDifference =
  | {
      readonly kind: "header";
      readonly field: FdtHeaderField;
      readonly a: number;
      readonly b: number;
    }
  | {
      readonly kind: "reservations";
      readonly a: readonly FdtReservation[];
      readonly b: readonly FdtReservation[];
    }
  | { readonly kind: "node-removed" | "node-added"; readonly path: string }
  | {
      readonly kind: "property-removed" | "property-added";
      /** The node's path. */
      readonly path: string;
      readonly name: string;
      readonly value: FdtValue;
    }
  | {
      readonly kind: "property-changed";
      readonly path: string;
      readonly name: string;
      readonly a: FdtValue;
      readonly b: FdtValue;
    }
  /** The names that both trees have under `path` come in another order. */
  | {
      readonly kind: "property-order" | "node-order";
      readonly path: string;
      readonly a: readonly string[];
      readonly b: readonly string[];
    };

/** The first byte at which two inputs differ. */
export interface FdtByteDifference {
  /** Of the first differing byte; the shorter input's length if one is the start of the other. */
  readonly offset: number;
  /** What stands there in the first tree, and in the second. */
  readonly a: FdtPlace;
  readonly b: FdtPlace;
}

/** What two device trees differ in. */
export interface FdtDiff {
  /**
   * `identical`: the same bytes. `residue`: the same tree and header, but padding, leftovers, gaps,
   * or the place of names differ. `header`: the same tree, other header fields. `tree`: reservations,
   * nodes, properties or their order differ.
   */
  readonly kind: "identical" | "residue" | "header" | "tree";
  /** Empty if `kind` is `identical` or `residue`. */
  readonly differences: readonly FdtDifference[];
  /** Absent if `kind` is `identical`. */
  readonly firstByte?: FdtByteDifference;
}

/** Fields that say something of their own; the others follow from the tree's size and layout. */
const OWN_FIELDS: readonly FdtHeaderField[] = ["version", "lastCompVersion", "bootCpuid"];
const ALL_FIELDS = Object.keys(FDT_HEADER) as readonly FdtHeaderField[];

/**
 * Compares two blobs with whatever lies behind them (a VMM measures that, too).
 *
 * @param a the expected or older bytes.
 * @param b the observed or newer bytes.
 * @throws CcaRimError FDT_FORMAT if one of them is no device tree.
 */
export function diffFdt(a: Uint8Array, b: Uint8Array): FdtDiff {
  const treeA = readFdt(a);
  const treeB = readFdt(b);
  const at = firstDifference(a, b);
  if (at === undefined) return { kind: "identical", differences: [] };
  const firstByte = { offset: at, a: locateInFdt(treeA, at), b: locateInFdt(treeB, at) };
  const inTree = diffReservations(treeA, treeB);
  diffNodes(inTree, { a: treeA.root, b: treeB.root });
  const inHeader = diffHeaders(treeA, treeB, inTree.length > 0 ? OWN_FIELDS : ALL_FIELDS);
  const kind = inTree.length > 0 ? "tree" : inHeader.length > 0 ? "header" : "residue";
  return { kind, differences: inHeader.concat(inTree), firstByte };
}

function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) {
    if (a[i] !== b[i]) return i;
  }
  return a.length === b.length ? undefined : common;
}

function diffHeaders(a: FdtTree, b: FdtTree, fields: readonly FdtHeaderField[]): FdtDifference[] {
  return fields
    .filter((field) => a.header[field] !== b.header[field])
    .map((field) => ({ kind: "header", field, a: a.header[field], b: b.header[field] }));
}

function diffReservations(a: FdtTree, b: FdtTree): FdtDifference[] {
  const same =
    a.reservations.length === b.reservations.length &&
    a.reservations.every(({ address, size }, index) => {
      const other = b.reservations[index];
      return address === other?.address && size === other.size;
    });
  return same ? [] : [{ kind: "reservations", a: a.reservations, b: b.reservations }];
}

/** Two nodes at one path and the nodes above them, which decide how a `reg` reads. */
interface NodePair {
  readonly a: FdtNode;
  readonly b: FdtNode;
  readonly above?: NodePair;
}

/** Adds the differences of a node, then those of its children. */
function diffNodes(found: FdtDifference[], nodes: NodePair): void {
  diffProperties(found, nodes);
  const { path } = nodes.a;
  const children = pair(nodes.a.children, nodes.b.children);
  for (const lost of children.onlyA) found.push({ kind: "node-removed", path: lost.path });
  for (const own of children.onlyB) found.push({ kind: "node-added", path: own.path });
  found.push(...diffOrder("node-order", path, children));
  for (const [a, b] of children.both) diffNodes(found, { a, b, above: nodes });
}

function diffProperties(found: FdtDifference[], { a, b, above }: NodePair): void {
  const { path } = a;
  const decodeA = ({ name, value }: FdtProperty): FdtValue => decodeValue(name, value, above?.a);
  const decodeB = ({ name, value }: FdtProperty): FdtValue => decodeValue(name, value, above?.b);
  const properties = pair(a.properties, b.properties);
  for (const lost of properties.onlyA) {
    found.push({ kind: "property-removed", path, name: lost.name, value: decodeA(lost) });
  }
  for (const own of properties.onlyB) {
    found.push({ kind: "property-added", path, name: own.name, value: decodeB(own) });
  }
  for (const [one, other] of properties.both) {
    if (equalBytes(one.value, other.value)) continue;
    const values = { a: decodeA(one), b: decodeB(other) };
    found.push({ kind: "property-changed", path, name: one.name, ...values });
  }
  found.push(...diffOrder("property-order", path, properties));
}

/** Things of two lists matched by name; of several with one name the first with the first. */
interface Pairing<T> {
  readonly onlyA: readonly T[];
  readonly onlyB: readonly T[];
  /** In the order of the first list. */
  readonly both: readonly (readonly [T, T])[];
  /** The second halves of `both` in the order of the second list. */
  readonly bothInB: readonly T[];
}

function pair<T extends { readonly name: string }>(a: readonly T[], b: readonly T[]): Pairing<T> {
  const waiting = new Map<string, T[]>();
  for (const item of [...b].reverse()) {
    const sameName = waiting.get(item.name);
    if (sameName === undefined) waiting.set(item.name, [item]);
    else sameName.push(item);
  }
  const onlyA: T[] = [];
  const both: [T, T][] = [];
  for (const item of a) {
    const match = waiting.get(item.name)?.pop();
    if (match === undefined) onlyA.push(item);
    else both.push([item, match]);
  }
  const matched = new Set(both.map(([, other]) => other));
  return {
    onlyA,
    onlyB: b.filter((item) => !matched.has(item)),
    both,
    bothInB: b.filter((item) => matched.has(item)),
  };
}

function diffOrder<T extends { readonly name: string }>(
  kind: "property-order" | "node-order",
  path: string,
  { both, bothInB }: Pairing<T>,
): FdtDifference[] {
  if (both.every(([, other], index) => other === bothInB[index])) return [];
  return [{ kind, path, a: both.map(([one]) => one.name), b: bothInB.map(({ name }) => name) }];
}
