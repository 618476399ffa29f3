/**
 * Writes a device tree front to back in a buffer of fixed size, leaving the same bytes in it as
 * libfdt's sequential writer (fdt_create, fdt_begin_node, fdt_property, fdt_end_node, fdt_finish).
 * While it writes, the structure block grows upwards from the header and the strings block grows
 * downwards from the buffer's end, each new name in front of the older ones; `finish` then moves
 * the strings behind the structure and leaves the old copy where it was.
 *
 * Most models want {@link ./build.ts}, which is easier; this is the level below it.
 *
 * @module
 */
import {
  FDT_MAGIC,
  FDT_PROP_HEAD_SIZE,
  FDT_RESERVE_ENTRY_SIZE,
  FDT_SW_MAGIC,
  FDT_TAG,
  FDT_VERSION,
  FdtBlob,
  FdtRefusal,
  lastCompVersionOf,
  tagAlign,
} from "./layout.ts";
import { findString } from "./strings.ts";
import { cString } from "./values.ts";

/** Where libfdt puts the reservation map of a new blob: the header rounded up to 16 bytes. */
const FIRST_BLOCK = 48;

/** What the sequential writer can be told. */
export interface FdtWriterOptions {
  /** The libfdt release that is modelled (decides last_comp_version); 1.6.1 if absent. */
  readonly libfdt?: string;
  /** FDT_CREATE_FLAG_NO_NAME_DEDUP: a name is added for every property, also if it is there. */
  readonly noNameDedup?: boolean;
}

/** libfdt's sequential writer. Calls in the wrong order are refused as libfdt refuses them. */
export class FdtSequentialWriter {
  /** The whole buffer, always up to date. */
  readonly buffer: Uint8Array;
  readonly #blob: FdtBlob;
  readonly #lastCompVersion: number;

  /**
   * fdt_create_with_flags.
   *
   * @param bufferSize bytes of the buffer that the VMM gives libfdt.
   * @throws FdtRefusal FDT_ERR_NOSPACE if it cannot hold a header.
   */
  constructor(bufferSize: number, options: FdtWriterOptions = {}) {
    if (bufferSize < FIRST_BLOCK) throw noSpace(bufferSize);
    this.#lastCompVersion = lastCompVersionOf(options.libfdt ?? "1.6.1");
    this.buffer = new Uint8Array(bufferSize);
    const blob = new FdtBlob(this.buffer);
    this.#blob = blob;
    blob.set("magic", FDT_SW_MAGIC);
    blob.set("version", FDT_VERSION);
    // libfdt keeps the flags in this field until the tree is finished.
    blob.set("lastCompVersion", options.noNameDedup === true ? 1 : 0);
    blob.set("totalSize", bufferSize);
    blob.set("offMemRsvmap", FIRST_BLOCK);
    blob.set("offStruct", FIRST_BLOCK);
  }

  /** fdt_add_reservemap_entry: a range that the kernel must leave alone; u64 address and size. */
  addReservation(address: bigint, size: bigint): void {
    this.#expect(this.#blob.get("offStrings") === 0);
    const at = this.#blob.get("offStruct");
    if (at + FDT_RESERVE_ENTRY_SIZE > this.buffer.length) throw noSpace(this.buffer.length);
    this.#blob.view.setBigUint64(at, address);
    this.#blob.view.setBigUint64(at + 8, size);
    this.#blob.set("offStruct", at + FDT_RESERVE_ENTRY_SIZE);
  }

  /** fdt_finish_reservemap: from here on nodes and properties. */
  finishReservations(): void {
    this.addReservation(0n, 0n);
    this.#blob.set("offStrings", this.buffer.length);
  }

  /** fdt_begin_node. The root's name is the empty string. */
  beginNode(name: string | Uint8Array): void {
    this.#expectOpen();
    const text = cString(name);
    const at = this.#grab(4 + tagAlign(text.length));
    this.#blob.view.setUint32(at, FDT_TAG.beginNode);
    this.buffer.set(text, at + 4);
  }

  /** fdt_property: the value is copied, padding to 4 bytes is whatever the buffer holds there. */
  property(name: string | Uint8Array, value: Uint8Array): void {
    this.#expectOpen();
    const text = cString(name);
    const before = this.#blob.get("sizeStrings");
    const distance = this.#distanceOfName(text);
    try {
      const at = this.#grab(FDT_PROP_HEAD_SIZE + tagAlign(value.length));
      this.#blob.view.setUint32(at, FDT_TAG.prop);
      this.#blob.view.setUint32(at + 4, value.length);
      this.#blob.view.setInt32(at + 8, -distance);
      this.buffer.set(value, at + FDT_PROP_HEAD_SIZE);
    } catch (error) {
      // Takes a name just added back; its bytes stay in the buffer.
      this.#blob.set("sizeStrings", before);
      throw error;
    }
  }

  /** fdt_end_node. */
  endNode(): void {
    this.#expectOpen();
    this.#blob.view.setUint32(this.#grab(4), FDT_TAG.endNode);
  }

  /**
   * fdt_finish.
   *
   * @returns the whole buffer: the blob up to its totalsize, then what libfdt leaves behind.
   */
  finish(): Uint8Array {
    this.#expectOpen();
    const blob = this.#blob;
    blob.view.setUint32(this.#grab(4), FDT_TAG.end);
    const sizeStrings = blob.get("sizeStrings");
    const offStrings = blob.get("offStruct") + blob.get("sizeStruct");
    this.buffer.copyWithin(offStrings, this.buffer.length - sizeStrings);
    blob.set("offStrings", offStrings);
    this.#rebaseNames(sizeStrings);
    blob.set("totalSize", offStrings + sizeStrings);
    blob.set("lastCompVersion", this.#lastCompVersion);
    blob.set("magic", FDT_MAGIC);
    return this.buffer;
  }

  /** Distance of a name from the buffer's end; a new name is put in front of the others. */
  #distanceOfName(text: Uint8Array): number {
    const size = this.#blob.get("sizeStrings");
    const end = this.buffer.length;
    if (this.#blob.get("lastCompVersion") === 0) {
      const found = findString(this.buffer, end - size, end, text);
      if (found >= 0) return size - found;
    }
    const distance = size + text.length;
    const structTop = this.#blob.get("offStruct") + this.#blob.get("sizeStruct");
    if (end - distance < structTop) throw noSpace(end);
    this.buffer.set(text, end - distance);
    this.#blob.set("sizeStrings", distance);
    return distance;
  }

  /** Names were counted back from the buffer's end; from now on from the strings block's start. */
  #rebaseNames(sizeStrings: number): void {
    const view = this.#blob.view;
    let at = this.#blob.get("offStruct");
    for (;;) {
      const tag = view.getUint32(at);
      if (tag === FDT_TAG.end) return;
      if (tag === FDT_TAG.prop) {
        view.setUint32(at + 8, view.getInt32(at + 8) + sizeStrings);
        at += FDT_PROP_HEAD_SIZE + tagAlign(view.getUint32(at + 4));
      } else if (tag === FDT_TAG.beginNode) {
        at += 4 + tagAlign(this.buffer.indexOf(0, at + 4) + 1 - (at + 4));
      } else {
        at += 4;
      }
    }
  }

  /** Takes `length` bytes at the end of the structure block; returns where they start. */
  #grab(length: number): number {
    const used = this.#blob.get("sizeStruct");
    const offStruct = this.#blob.get("offStruct");
    const room = this.buffer.length - offStruct - this.#blob.get("sizeStrings");
    if (used + length > room) throw noSpace(this.buffer.length);
    this.#blob.set("sizeStruct", used + length);
    return offStruct + used;
  }

  #expectOpen(): void {
    this.#expect(this.#blob.get("offStrings") === this.buffer.length);
  }

  #expect(inState: boolean): void {
    if (!inState || this.#blob.get("magic") !== FDT_SW_MAGIC) {
      throw new FdtRefusal("FDT_ERR_BADSTATE", "device tree call in the wrong order");
    }
  }
}

/** The refusal of a tree that outgrows its buffer. */
function noSpace(bufferSize: number): FdtRefusal {
  return new FdtRefusal(
    "FDT_ERR_NOSPACE",
    `the device tree does not fit the VMM's buffer of ${bufferSize} bytes`,
    "fewer devices or a shorter kernel command line make the tree smaller",
  );
}
