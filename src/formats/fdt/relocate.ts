/**
 * libfdt's fdt_open_into and fdt_pack: a finished blob is given room to grow in a buffer, or its
 * blocks are pushed together. Both move bytes and clear nothing, so what lay behind stays.
 *
 * @module
 */
import {
  FDT_HEADER_SIZE,
  FDT_MAGIC,
  FDT_RESERVE_ENTRY_SIZE,
  FDT_TAG,
  FDT_VERSION,
  FdtBlob,
  FdtRefusal,
} from "./layout.ts";
import { nextTag } from "./tags.ts";

/** First supported version, and the highest last_comp_version that libfdt reads. */
const OLDEST_VERSION = 2;
/** Where packed blocks begin: the header, a multiple of 8 already. */
const PACKED_START = FDT_HEADER_SIZE;
const INT_MAX = 0x7fff_ffff;

/**
 * libfdt's check before it reads a blob, and ours that the blob is all there.
 *
 * @returns the blob's totalsize.
 * @throws FdtRefusal FDT_ERR_BADMAGIC, FDT_ERR_BADVERSION or FDT_ERR_TRUNCATED.
 */
function probeBlob(blob: FdtBlob): number {
  const totalSize = blob.get("totalSize");
  if (blob.get("magic") !== FDT_MAGIC) {
    throw new FdtRefusal("FDT_ERR_BADMAGIC", "not a device tree: the magic number is missing");
  }
  if (blob.get("version") < OLDEST_VERSION || blob.get("lastCompVersion") > FDT_VERSION) {
    throw new FdtRefusal("FDT_ERR_BADVERSION", "a device tree version that libfdt does not read");
  }
  if (totalSize >= INT_MAX || totalSize > blob.bytes.length) {
    throw new FdtRefusal("FDT_ERR_TRUNCATED", "the device tree is longer than what holds it");
  }
  return totalSize;
}

/**
 * How many memory reservations a blob has, without the terminating entry. libfdt ends at the first
 * entry whose size is 0, whatever its address.
 *
 * @throws FdtRefusal FDT_ERR_TRUNCATED if the block has no end.
 */
export function countReservations(blob: FdtBlob): number {
  const start = blob.get("offMemRsvmap");
  const last = blob.get("totalSize") - FDT_RESERVE_ENTRY_SIZE;
  for (let count = 0; start + count * FDT_RESERVE_ENTRY_SIZE <= last; count++) {
    if (blob.view.getBigUint64(start + count * FDT_RESERVE_ENTRY_SIZE + 8) === 0n) return count;
  }
  throw new FdtRefusal("FDT_ERR_TRUNCATED", "the memory reservation block has no end");
}

/** Sizes of the three blocks, in bytes. */
interface BlockSizes {
  readonly reservations: number;
  readonly structure: number;
  readonly strings: number;
}

/** Whether the blocks do not follow each other as reservations, structure, strings. */
function isMisordered(blob: FdtBlob, reservations: number, structure: number): boolean {
  return (
    blob.get("offMemRsvmap") < PACKED_START ||
    blob.get("offStruct") < blob.get("offMemRsvmap") + reservations ||
    blob.get("offStrings") < blob.get("offStruct") + structure ||
    blob.get("totalSize") < blob.get("offStrings") + blob.get("sizeStrings")
  );
}

/**
 * fdt_open_into: copies a blob into a buffer and lets it fill the buffer, so that it can be edited.
 * Bytes of the buffer behind the copy keep their value, except that blocks in another order than
 * libfdt's are sorted on the way.
 *
 * @param source the blob; bytes beyond its totalsize are not copied.
 * @param buffer where it goes, changed in place: another array than `source`, or the same one.
 * @throws FdtRefusal FDT_ERR_NOSPACE if it does not fit, or as {@link probeBlob}.
 */
export function openInto(source: Uint8Array, buffer: Uint8Array): void {
  const from = new FdtBlob(source);
  const totalSize = probeBlob(from);
  const sizes: BlockSizes = {
    reservations: (countReservations(from) + 1) * FDT_RESERVE_ENTRY_SIZE,
    structure: structureSize(from),
    strings: from.get("sizeStrings"),
  };
  if (isMisordered(from, sizes.reservations, sizes.structure)) {
    openSorted(from, sizes, buffer);
    return;
  }
  if (totalSize > buffer.length) throw noSpace(buffer.length);
  buffer.set(source.subarray(0, totalSize));
  const to = new FdtBlob(buffer);
  to.set("version", FDT_VERSION);
  to.set("sizeStruct", sizes.structure);
  to.set("totalSize", buffer.length);
}

/**
 * fdt_pack: pushes the blocks down to the header and shortens totalsize to their end. The bytes
 * between the new end and the old one keep their value.
 *
 * @param buffer a blob as {@link openInto} leaves it, changed in place.
 * @throws FdtRefusal as {@link probeBlob}, or FDT_ERR_BADLAYOUT for blocks in another order.
 */
export function pack(buffer: Uint8Array): void {
  const blob = new FdtBlob(buffer);
  probeWritable(blob);
  const sizes: BlockSizes = {
    reservations: (countReservations(blob) + 1) * FDT_RESERVE_ENTRY_SIZE,
    structure: blob.get("sizeStruct"),
    strings: blob.get("sizeStrings"),
  };
  packBlocks(blob, sizes, buffer);
  blob.set("totalSize", blob.get("offStrings") + sizes.strings);
}

/**
 * libfdt's check before it edits a blob in place.
 *
 * @throws FdtRefusal as {@link probeBlob}, or FDT_ERR_BADVERSION before version 17, or
 *   FDT_ERR_BADLAYOUT for blocks in another order.
 */
export function probeWritable(blob: FdtBlob): void {
  probeBlob(blob);
  if (blob.get("version") < FDT_VERSION) {
    throw new FdtRefusal("FDT_ERR_BADVERSION", "only version 17 device trees are edited in place");
  }
  if (isMisordered(blob, FDT_RESERVE_ENTRY_SIZE, blob.get("sizeStruct"))) {
    throw new FdtRefusal("FDT_ERR_BADLAYOUT", "the blocks of the device tree are out of order");
  }
  if (blob.get("version") > FDT_VERSION) blob.set("version", FDT_VERSION);
}

/** Version 16 headers lack the structure's size: its FDT_END tells. */
function structureSize(blob: FdtBlob): number {
  const version = blob.get("version");
  if (version >= FDT_VERSION) return blob.get("sizeStruct");
  if (version !== 16) {
    throw new FdtRefusal("FDT_ERR_BADVERSION", `a version ${version} device tree cannot be opened`);
  }
  for (let at = 0; ; ) {
    const step = nextTag(blob, at);
    at = step.next;
    if (step.tag === FDT_TAG.end) return at;
  }
}

/**
 * Sorts the blocks into the buffer. Within one buffer they are gathered behind the old blob first
 * and then moved to the front, header and all, so that boot_cpuid becomes what lay there.
 */
function openSorted(from: FdtBlob, sizes: BlockSizes, buffer: Uint8Array): void {
  const size = PACKED_START + sizes.reservations + sizes.structure + sizes.strings;
  if (size > buffer.length) throw noSpace(buffer.length);
  const inPlace = from.bytes === buffer;
  const gathered = inPlace ? from.get("totalSize") : 0;
  if (gathered + size > buffer.length) throw noSpace(buffer.length);
  const bootCpuid = from.get("bootCpuid");
  packBlocks(from, sizes, buffer.subarray(gathered));
  buffer.copyWithin(0, gathered, gathered + size);
  const to = new FdtBlob(buffer);
  to.set("magic", FDT_MAGIC);
  to.set("totalSize", buffer.length);
  to.set("version", FDT_VERSION);
  to.set("lastCompVersion", 16);
  if (!inPlace) to.set("bootCpuid", bootCpuid);
}

/** Moves the three blocks behind the header of `target`, one after the other as libfdt does. */
function packBlocks(from: FdtBlob, sizes: BlockSizes, target: Uint8Array): void {
  const to = new FdtBlob(target);
  const offStruct = PACKED_START + sizes.reservations;
  const offStrings = offStruct + sizes.structure;
  moveBytes(from.bytes, from.get("offMemRsvmap"), sizes.reservations, target, PACKED_START);
  to.set("offMemRsvmap", PACKED_START);
  moveBytes(from.bytes, from.get("offStruct"), sizes.structure, target, offStruct);
  to.set("offStruct", offStruct);
  to.set("sizeStruct", sizes.structure);
  moveBytes(from.bytes, from.get("offStrings"), sizes.strings, target, offStrings);
  to.set("offStrings", offStrings);
  to.set("sizeStrings", sizes.strings);
}

/** memmove that refuses to read what is not there. */
function moveBytes(
  from: Uint8Array,
  start: number,
  length: number,
  to: Uint8Array,
  at: number,
): void {
  if (start + length > from.length) {
    throw new FdtRefusal("FDT_ERR_TRUNCATED", "a block of the device tree leaves the blob");
  }
  to.set(from.subarray(start, start + length), at);
}

function noSpace(bufferSize: number): FdtRefusal {
  return new FdtRefusal(
    "FDT_ERR_NOSPACE",
    `the device tree does not fit the VMM's buffer of ${bufferSize} bytes`,
  );
}
