/**
 * The report of a launch's device tree.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import { fdtTotalSize } from "../formats/fdt/layout.ts";
import type { HashProvider } from "../hash/hasher.ts";
import type { Assumption } from "../manifest/plan.ts";
import { hexU64, type U64 } from "../units.ts";

/** A tree as the VMM puts it into guest memory. */
export interface PlacedTree {
  /** The tree and what is measured behind it. */
  readonly bytes: Uint8Array;
  readonly address: U64;
  readonly assumed: readonly Assumption[];
  /** What is not certain about the model of the VMM; absent if nothing. */
  readonly warnings?: readonly string[];
}

/** What `dtb --json` prints; the keys in their order. */
export interface TreeReport {
  /** Guest address, `0x...`. */
  readonly address: string;
  /** Bytes that are measured. */
  readonly size: number;
  /** Bytes of the tree itself, by its header. */
  readonly totalSize: number;
  /** Of all measured bytes. */
  readonly sha256: string;
  readonly assumed: readonly Assumption[];
  /** What is not certain about the model of the VMM; absent if nothing. */
  readonly warnings?: readonly string[];
}

/** Describes a tree. */
export function treeReport(
  { bytes, address, assumed, warnings = [] }: PlacedTree,
  hashes: HashProvider,
): TreeReport {
  return {
    address: hexU64(address),
    size: bytes.length,
    totalSize: fdtTotalSize(bytes),
    sha256: toHex(hashes("sha-256").digest(bytes)),
    assumed,
    ...(warnings.length > 0 && { warnings }),
  };
}
