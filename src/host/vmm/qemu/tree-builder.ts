/**
 * QEMU's helpers for device trees (qemu_fdt_*), on an editor that leaves the same bytes behind as
 * libfdt. The order of calls is part of the result.
 *
 * @see QEMU system/device_tree.c
 * @module
 */
import type { FdtEditor } from "../../../formats/fdt/edit.ts";
import { FdtRefusal } from "../../../formats/fdt/layout.ts";
import { stringsValue, u32Value, u64Value } from "../../../formats/fdt/values.ts";

const WORD = 32n;
const DEFAULT_PHANDLE = 0x8000;

/** A 64-bit value as two cells. */
export function wide(value: bigint): readonly [high: number, low: number] {
  return [Number(value >> WORD), Number(BigInt.asUintN(32, value))];
}

/** Builds a tree by paths. */
export class TreeBuilder {
  readonly editor: FdtEditor;
  readonly #firstPhandle: number;
  #nextPhandle = 0;
  /** Paths of nodes that were made here. */
  readonly #made = new Set<string>();

  /** @param phandleStart the first phandle to be given out, a signed number; 0: QEMU's own. */
  constructor(editor: FdtEditor, phandleStart: number) {
    this.editor = editor;
    this.#firstPhandle = phandleStart;
  }

  /** qemu_fdt_alloc_phandle, whose counter is an int that starts anew at 0. */
  phandle(): number {
    const phandle = this.#nextPhandle || this.#firstPhandle || DEFAULT_PHANDLE;
    this.#nextPhandle = (phandle + 1) | 0;
    return phandle >>> 0;
  }

  /** qemu_fdt_add_subnode. */
  node(path: string): void {
    const slash = path.lastIndexOf("/");
    const parent = this.editor.findNode(slash === 0 ? "/" : path.slice(0, slash));
    this.editor.addSubnode(parent, path.slice(slash + 1));
    this.#made.add(path);
  }

  /** qemu_fdt_add_path: makes the nodes on the way that are not there yet. */
  path(path: string): void {
    for (let end = path.indexOf("/", 1); end !== -1; end = path.indexOf("/", end + 1)) {
      this.#nodeOnce(path.slice(0, end));
    }
    this.#nodeOnce(path);
  }

  #nodeOnce(path: string): void {
    if (!this.#made.has(path)) this.node(path);
  }

  /** Whether there is a node of that path. */
  has(path: string): boolean {
    if (this.#made.has(path)) return true;
    try {
      this.editor.findNode(path);
      return true;
    } catch (error) {
      if (error instanceof FdtRefusal && error.status === "FDT_ERR_NOTFOUND") return false;
      throw error;
    }
  }

  /** qemu_fdt_setprop. */
  bytes(path: string, name: string, value: Uint8Array): void {
    this.editor.setProp(this.editor.findNode(path), name, value);
  }

  /** A property without a value. */
  flag(path: string, name: string): void {
    this.bytes(path, name, new Uint8Array());
  }

  /** qemu_fdt_setprop_string, for one string or several. */
  text(path: string, name: string, ...texts: readonly string[]): void {
    this.bytes(path, name, stringsValue(texts.map((text) => new TextEncoder().encode(text))));
  }

  /** qemu_fdt_setprop_cells. */
  cells(path: string, name: string, ...cells: readonly number[]): void {
    this.bytes(path, name, u32Value(cells));
  }

  /** qemu_fdt_setprop_sized_cells where all sizes are 2. */
  wide(path: string, name: string, ...values: readonly bigint[]): void {
    this.bytes(path, name, u64Value(values));
  }
}
