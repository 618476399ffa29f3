/**
 * Stepping over the tokens of a structure block as libfdt's fdt_next_tag does, with its bounds.
 *
 * @module
 */
import { FDT_PROP_HEAD_SIZE, FDT_TAG, type FdtBlob, FdtRefusal, tagAlign } from "./layout.ts";

/** A token and where the next one starts, both as offsets in the structure block. */
export interface TagStep {
  readonly tag: number;
  readonly next: number;
}

/**
 * The token at an offset.
 *
 * @param offset bytes from the start of the structure block.
 * @throws FdtRefusal FDT_ERR_TRUNCATED where the block ends before a token, FDT_ERR_BADSTRUCTURE
 *   for an unknown token or one that leaves the block.
 */
export function nextTag(blob: FdtBlob, offset: number): TagStep {
  return nextTagWithin(blob, tagBounds(blob), offset);
}

/** Where the structure block begins and how long it is: the same for a walk that changes nothing. */
export interface TagBounds {
  /** Offset in the blob. */
  readonly base: number;
  /** Bytes of the structure block. */
  readonly limit: number;
}

/** The bounds of a blob's structure block, for {@link nextTagWithin}. */
export function tagBounds(blob: FdtBlob): TagBounds {
  const base = blob.get("offStruct");
  return { base, limit: structureLimit(blob) - base };
}

/** {@link nextTag} with bounds that were looked up before. */
export function nextTagWithin(blob: FdtBlob, { base, limit }: TagBounds, offset: number): TagStep {
  if (offset < 0 || offset + 4 > limit) {
    throw new FdtRefusal("FDT_ERR_TRUNCATED", "the structure block ends without FDT_END");
  }
  const tag = blob.view.getUint32(base + offset);
  const end = offset + tokenLength(blob, tag, base + offset, base + limit);
  if (end > limit) throw badStructure(base + offset);
  return { tag, next: tagAlign(end) };
}

/** End of the structure block as libfdt bounds it, as an offset in the blob. */
function structureLimit(blob: FdtBlob): number {
  const total = Math.min(blob.get("totalSize"), blob.bytes.length);
  if (blob.get("version") < 17) return total;
  return Math.min(total, blob.get("offStruct") + blob.get("sizeStruct"));
}

/** Bytes of a token with what belongs to it, padding excluded; `at` and `end` are in the blob. */
function tokenLength(blob: FdtBlob, tag: number, at: number, end: number): number {
  if (tag === FDT_TAG.beginNode) {
    const nul = blob.bytes.indexOf(0, at + 4);
    if (nul < 0 || nul >= end) throw badStructure(at);
    return nul + 1 - at;
  }
  if (tag === FDT_TAG.prop) {
    if (at + 8 > end) throw badStructure(at);
    return FDT_PROP_HEAD_SIZE + blob.view.getUint32(at + 4);
  }
  if (tag === FDT_TAG.endNode || tag === FDT_TAG.nop || tag === FDT_TAG.end) return 4;
  throw badStructure(at);
}

function badStructure(at: number): FdtRefusal {
  return new FdtRefusal("FDT_ERR_BADSTRUCTURE", `a malformed token at byte ${at}`);
}
