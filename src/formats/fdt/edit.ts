/**
 * Edits a device tree in place in a buffer of fixed size, leaving the same bytes in it as libfdt's
 * read-write functions. A gap is opened by moving everything behind it, and only what is written
 * into it is set: the padding of a property keeps what lay there before, so the bytes depend on
 * the whole history of edits. QEMU makes its trees this way and measures them to the last byte.
 *
 * A new property becomes the first of its node, a new node the first child of its parent; a new
 * name goes to the end of the strings block.
 *
 * @module
 */
import {
  FDT_PROP_HEAD_SIZE,
  FDT_RESERVE_ENTRY_SIZE,
  FDT_TAG,
  FdtBlob,
  FdtRefusal,
  tagAlign,
} from "./layout.ts";
import {
  behindNodeName,
  type FdtNodeAt,
  findChild,
  findNode,
  findProperty,
  listNodes,
  nodeEnd,
  propertyValue,
} from "./lookup.ts";
import { countReservations, openInto, pack, probeWritable } from "./relocate.ts";
import { findString } from "./strings.ts";
import { nextTag } from "./tags.ts";
import { cString } from "./values.ts";
import { FdtSequentialWriter, type FdtWriterOptions } from "./writer.ts";

/**
 * A blob that is edited in its buffer. Nodes are named by their offset in the structure block,
 * which any edit before it moves; `findNode` gives a fresh one.
 */
export class FdtEditor {
  /** The whole buffer, always up to date. */
  readonly buffer: Uint8Array;
  readonly #blob: FdtBlob;

  /**
   * @param buffer holds an opened blob at its start and is changed in place.
   * @throws FdtRefusal if libfdt would not edit it.
   */
  constructor(buffer: Uint8Array) {
    this.buffer = buffer;
    this.#blob = new FdtBlob(buffer);
    probeWritable(this.#blob);
  }

  /**
   * A tree with an empty root that fills a new buffer, made as QEMU's create_device_tree makes it:
   * written by the sequential writer and opened into its own buffer.
   */
  static create(bufferSize: number, options: FdtWriterOptions = {}): FdtEditor {
    const writer = new FdtSequentialWriter(bufferSize, options);
    writer.finishReservations();
    writer.beginNode("");
    writer.endNode();
    const buffer = writer.finish();
    openInto(buffer, buffer);
    return new FdtEditor(buffer);
  }

  /**
   * Opens a file's bytes as QEMU's load_device_tree does: they are read to the front of a zeroed
   * buffer, which fdt_open_into then makes the tree's own. Bytes of the file beyond the blob's
   * totalsize stay in the buffer.
   *
   * @param blob is not changed.
   * @throws FdtRefusal FDT_ERR_NOSPACE if it does not fit, others if libfdt would not open it.
   */
  static open(blob: Uint8Array, bufferSize: number): FdtEditor {
    if (blob.length > bufferSize) {
      throw new FdtRefusal("FDT_ERR_NOSPACE", `the device tree outgrows its ${bufferSize} bytes`);
    }
    const buffer = new Uint8Array(bufferSize);
    buffer.set(blob);
    openInto(buffer, buffer);
    return new FdtEditor(buffer);
  }

  /** fdt_path_offset of an absolute path. @throws FdtRefusal FDT_ERR_NOTFOUND, FDT_ERR_BADPATH. */
  findNode(path: string): number {
    return findNode(this.#blob, path);
  }

  /** All nodes in blob order. */
  nodes(): FdtNodeAt[] {
    return listNodes(this.#blob);
  }

  /** fdt_getprop: a copy of the value, or undefined if the node has no such property. */
  getProp(node: number, name: string): Uint8Array | undefined {
    const property = findProperty(this.#blob, node, name);
    return property === undefined ? undefined : propertyValue(this.#blob, property).slice();
  }

  /**
   * fdt_add_subnode.
   *
   * @returns the new node's offset.
   * @throws FdtRefusal FDT_ERR_EXISTS if a child has that name (without a unit address in `name`:
   *   with any), FDT_ERR_NOSPACE if the buffer is full.
   */
  addSubnode(parent: number, name: string): number {
    this.#probe();
    if (findChild(this.#blob, parent, name) !== undefined) {
      throw new FdtRefusal("FDT_ERR_EXISTS", `the device tree already has a node "${name}" there`);
    }
    const text = cString(name);
    const node = this.#behindProperties(parent);
    const length = 4 + tagAlign(text.length) + 4;
    this.#spliceStruct(node, 0, length);
    const at = this.#blob.get("offStruct") + node;
    this.#blob.view.setUint32(at, FDT_TAG.beginNode);
    this.buffer.fill(0, at + 4, at + length - 4);
    this.buffer.set(text, at + 4);
    this.#blob.view.setUint32(at + length - 4, FDT_TAG.endNode);
    return node;
  }

  /** fdt_setprop: replaces the value where the property stands, or puts it first in the node. */
  setProp(node: number, name: string, value: Uint8Array): void {
    this.#probe();
    const old = findProperty(this.#blob, node, name);
    if (old === undefined) {
      this.#addProperty(node, name, value);
      return;
    }
    this.#resize(old.offset, old.length, value.length);
    this.buffer.set(value, this.#valueAt(old.offset));
  }

  /** fdt_appendprop: puts bytes behind a property's value, or adds the property. */
  appendProp(node: number, name: string, value: Uint8Array): void {
    this.#probe();
    const old = findProperty(this.#blob, node, name);
    if (old === undefined) {
      this.#addProperty(node, name, value);
      return;
    }
    this.#resize(old.offset, old.length, old.length + value.length);
    this.buffer.set(value, this.#valueAt(old.offset) + old.length);
  }

  /** fdt_delprop: closes the gap. @throws FdtRefusal FDT_ERR_NOTFOUND. */
  delProp(node: number, name: string): void {
    this.#probe();
    const { offset, length } = this.#property(node, name);
    this.#spliceStruct(offset, FDT_PROP_HEAD_SIZE + tagAlign(length), 0);
  }

  /** fdt_nop_property: writes FDT_NOP over a property. @throws FdtRefusal FDT_ERR_NOTFOUND. */
  nopProp(node: number, name: string): void {
    const { offset, length } = this.#property(node, name);
    this.#nop(offset, FDT_PROP_HEAD_SIZE + length);
  }

  /** fdt_del_node: closes the gap that a node and all below it leave. */
  delNode(node: number): void {
    this.#probe();
    this.#spliceStruct(node, nodeEnd(this.#blob, node) - node, 0);
  }

  /** fdt_nop_node: writes FDT_NOP over a node and all below it. */
  nopNode(node: number): void {
    this.#nop(node, nodeEnd(this.#blob, node) - node);
  }

  /** fdt_add_mem_rsv: adds a memory reservation behind the others. */
  addReservation(address: bigint, size: bigint): void {
    this.#probe();
    const at = this.#reservationAt(countReservations(this.#blob));
    this.#spliceReservations(at, 0, FDT_RESERVE_ENTRY_SIZE);
    this.#blob.view.setBigUint64(at, address);
    this.#blob.view.setBigUint64(at + 8, size);
  }

  /** fdt_del_mem_rsv: removes a reservation, counted from 0. @throws FdtRefusal FDT_ERR_NOTFOUND. */
  delReservation(index: number): void {
    this.#probe();
    if (index >= countReservations(this.#blob)) {
      throw new FdtRefusal(
        "FDT_ERR_NOTFOUND",
        `the device tree has no memory reservation ${index}`,
      );
    }
    this.#spliceReservations(this.#reservationAt(index), FDT_RESERVE_ENTRY_SIZE, 0);
  }

  /** fdt_pack: afterwards totalsize is the tree's own length and no edit fits any more. */
  pack(): void {
    pack(this.buffer);
  }

  #probe(): void {
    probeWritable(this.#blob);
  }

  #property(node: number, name: string): { readonly offset: number; readonly length: number } {
    const property = findProperty(this.#blob, node, name);
    if (property !== undefined) return property;
    throw new FdtRefusal("FDT_ERR_NOTFOUND", `the device tree node has no property "${name}"`);
  }

  #valueAt(property: number): number {
    return this.#blob.get("offStruct") + property + FDT_PROP_HEAD_SIZE;
  }

  #reservationAt(index: number): number {
    return this.#blob.get("offMemRsvmap") + index * FDT_RESERVE_ENTRY_SIZE;
  }

  /** Where a new child goes: behind the parent's properties, FDT_NOPs among and after them too. */
  #behindProperties(parent: number): number {
    for (let at = behindNodeName(this.#blob, parent); ; ) {
      const { tag, next } = nextTag(this.#blob, at);
      if (tag !== FDT_TAG.prop && tag !== FDT_TAG.nop) return at;
      at = next;
    }
  }

  #addProperty(node: number, name: string, value: Uint8Array): void {
    const property = behindNodeName(this.#blob, node);
    const sizeStrings = this.#blob.get("sizeStrings");
    const nameAt = this.#nameOffset(cString(name));
    try {
      this.#spliceStruct(property, 0, FDT_PROP_HEAD_SIZE + tagAlign(value.length));
    } catch (error) {
      // Takes a name just added back; its bytes stay in the buffer.
      this.#blob.set("sizeStrings", sizeStrings);
      throw error;
    }
    const at = this.#blob.get("offStruct") + property;
    this.#blob.view.setUint32(at, FDT_TAG.prop);
    this.#blob.view.setUint32(at + 4, value.length);
    this.#blob.view.setUint32(at + 8, nameAt);
    this.buffer.set(value, at + FDT_PROP_HEAD_SIZE);
  }

  /** Offset of a name in the strings block, at whose end it is put if it is nowhere in it. */
  #nameOffset(text: Uint8Array): number {
    const start = this.#blob.get("offStrings");
    const size = this.#blob.get("sizeStrings");
    const found = findString(this.buffer, start, start + size, text);
    if (found >= 0) return found;
    this.#splice(start + size, 0, text.length);
    this.#blob.set("sizeStrings", size + text.length);
    this.buffer.set(text, start + size);
    return size;
  }

  #resize(property: number, oldLength: number, newLength: number): void {
    const value = property + FDT_PROP_HEAD_SIZE;
    this.#spliceStruct(value, tagAlign(oldLength), tagAlign(newLength));
    this.#blob.view.setUint32(this.#valueAt(property) - 8, newLength);
  }

  #nop(offset: number, length: number): void {
    const start = this.#blob.get("offStruct") + offset;
    for (let at = start; at < start + length; at += 4) this.#blob.view.setUint32(at, FDT_TAG.nop);
  }

  #spliceStruct(offset: number, oldLength: number, newLength: number): void {
    const blob = this.#blob;
    this.#splice(blob.get("offStruct") + offset, oldLength, newLength);
    blob.set("sizeStruct", blob.get("sizeStruct") + newLength - oldLength);
    blob.set("offStrings", blob.get("offStrings") + newLength - oldLength);
  }

  #spliceReservations(at: number, oldLength: number, newLength: number): void {
    const blob = this.#blob;
    this.#splice(at, oldLength, newLength);
    blob.set("offStruct", blob.get("offStruct") + newLength - oldLength);
    blob.set("offStrings", blob.get("offStrings") + newLength - oldLength);
  }

  /** Moves everything behind `at + oldLength`, up to the end of the strings, to `at + newLength`. */
  #splice(at: number, oldLength: number, newLength: number): void {
    const end = this.#blob.get("offStrings") + this.#blob.get("sizeStrings");
    if (at + oldLength > end) {
      throw new FdtRefusal("FDT_ERR_BADOFFSET", "an edit reaches beyond the device tree");
    }
    const room = this.#blob.get("totalSize");
    if (end - oldLength + newLength > room) {
      throw new FdtRefusal("FDT_ERR_NOSPACE", `the device tree outgrows its ${room} bytes`);
    }
    this.buffer.copyWithin(at + newLength, at + oldLength, end);
  }
}
