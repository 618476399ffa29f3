/**
 * Guesses what a property's bytes mean: a blob does not say whether four bytes are a number or a
 * text. The guess from the bytes alone is dtc's; a few properties are known by name.
 *
 * @module
 */
import { toHex, viewOf } from "../../bytes.ts";
import { byteString, type FdtNode, propertyOf } from "./tree.ts";

/** One address and size of a `reg`; the size is absent where #size-cells is 0. */
export interface RegEntry {
  readonly address: bigint;
  readonly size?: bigint;
}

/** A property value with the meaning it most likely has. */
export type FdtValue =
  | { readonly kind: "empty" }
  | { readonly kind: "strings"; readonly strings: readonly string[] }
  /** 32-bit numbers. */
  | { readonly kind: "cells"; readonly cells: readonly number[] }
  /** One 64-bit number. */
  | { readonly kind: "u64"; readonly value: bigint }
  | { readonly kind: "reg"; readonly entries: readonly RegEntry[] }
  /** Lower-case hexadecimal. */
  | { readonly kind: "bytes"; readonly hex: string };

/** Properties that hold one 64-bit number when they are 8 bytes long. */
const U64_PROPERTIES: ReadonlySet<string> = new Set([
  "kaslr-seed",
  "linux,initrd-start",
  "linux,initrd-end",
]);
/** More cells than any bus has; a larger count is nonsense. */
const MAX_CELLS = 4;

/**
 * A value by its bytes alone, as dtc guesses: text where the bytes are printable strings with no
 * more NULs than other bytes, else 32-bit cells where the length allows, else bytes.
 */
export function guessValue(value: Uint8Array): FdtValue {
  if (value.length === 0) return { kind: "empty" };
  if (isText(value)) {
    return { kind: "strings", strings: byteString(value.subarray(0, -1)).split("\0") };
  }
  if (value.length % 4 !== 0) return { kind: "bytes", hex: toHex(value) };
  return { kind: "cells", cells: readCells(value) };
}

/**
 * A value by its property's name and place: `reg` with the cell counts of the parent node, the
 * 64-bit numbers of /chosen, everything else as {@link guessValue}.
 *
 * @param parent the node above the one that has the property; absent for the root's properties.
 */
export function decodeValue(name: string, value: Uint8Array, parent?: FdtNode): FdtValue {
  if (name === "reg" && parent !== undefined) {
    const entries = readReg(
      value,
      cellCount(parent, "#address-cells", 2),
      cellCount(parent, "#size-cells", 1),
    );
    if (entries !== undefined) return { kind: "reg", entries };
  }
  if (U64_PROPERTIES.has(name) && value.length === 8) {
    return { kind: "u64", value: viewOf(value).getBigUint64(0) };
  }
  return guessValue(value);
}

/** Printable ASCII and the control characters of C's escapes, the last byte a NUL. */
function isText(value: Uint8Array): boolean {
  if (value.at(-1) !== 0) return false;
  let nuls = 0;
  for (const byte of value) {
    if (byte === 0) nuls += 1;
    else if (!((byte >= 0x20 && byte <= 0x7e) || (byte >= 7 && byte <= 13))) return false;
  }
  return nuls <= value.length - nuls;
}

function readCells(value: Uint8Array): number[] {
  const view = viewOf(value);
  return Array.from({ length: value.length / 4 }, (_, index) => view.getUint32(4 * index));
}

/** A cell count of a bus node. @see Devicetree Specification v0.4 2.3.5 */
function cellCount(node: FdtNode, name: string, fallback: number): number {
  const value = propertyOf(node, name)?.value;
  return value?.length === 4 ? viewOf(value).getUint32(0) : fallback;
}

function readReg(
  value: Uint8Array,
  addressCells: number,
  sizeCells: number,
): RegEntry[] | undefined {
  if (addressCells < 1 || addressCells > MAX_CELLS || sizeCells > MAX_CELLS) return undefined;
  const step = addressCells + sizeCells;
  if (value.length === 0 || value.length % (4 * step) !== 0) return undefined;
  const cells = readCells(value);
  const entries: RegEntry[] = [];
  for (let at = 0; at < cells.length; at += step) {
    const address = joinCells(cells.slice(at, at + addressCells));
    const size = joinCells(cells.slice(at + addressCells, at + step));
    entries.push(sizeCells === 0 ? { address } : { address, size });
  }
  return entries;
}

function joinCells(cells: readonly number[]): bigint {
  return cells.reduce((sum, cell) => (sum << 32n) | BigInt(cell), 0n);
}
