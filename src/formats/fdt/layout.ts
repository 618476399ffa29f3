/**
 * The flattened device tree format: header fields, tags, and a thin view over a blob's header.
 * All multi-byte fields are big-endian. @see Devicetree Specification v0.4 chapter 5
 *
 * @module
 */
import { viewOf } from "../../bytes.ts";
import { CcaRimError } from "../../errors.ts";

/** First word of a complete blob. @see Devicetree Specification v0.4 5.2 */
export const FDT_MAGIC = 0xd00dfeed;
/** First word while libfdt's sequential writer is at work: the complement of {@link FDT_MAGIC}. */
export const FDT_SW_MAGIC = 0x2ff20112;
/** The version this room writes. @see Devicetree Specification v0.4 5.1 */
export const FDT_VERSION = 17;
/** Bytes of a version 17 header. */
export const FDT_HEADER_SIZE = 40;
/** Bytes of one entry of the memory reservation block: u64 address, u64 size. */
export const FDT_RESERVE_ENTRY_SIZE = 16;
/** Bytes of a property's head in the structure block: tag, value length, name offset. */
export const FDT_PROP_HEAD_SIZE = 12;

/** Tokens of the structure block, one u32 each. @see Devicetree Specification v0.4 5.4.1 */
export const FDT_TAG = { beginNode: 1, endNode: 2, prop: 3, nop: 4, end: 9 } as const;

/** Byte offset of each u32 header field, by a name close to the specification's. */
export const FDT_HEADER = {
  magic: 0,
  totalSize: 4,
  offStruct: 8,
  offStrings: 12,
  offMemRsvmap: 16,
  version: 20,
  lastCompVersion: 24,
  bootCpuid: 28,
  sizeStrings: 32,
  sizeStruct: 36,
} as const;

/** The name of a header field. */
export type FdtHeaderField = keyof typeof FDT_HEADER;

/** Rounds a structure block offset or length up to the next token boundary (4 bytes). */
export function tagAlign(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** A blob, or the buffer around one, with its header fields by name. Writes go through. */
export class FdtBlob {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  /** @throws RangeError if `bytes` is shorter than a header. */
  constructor(bytes: Uint8Array) {
    if (bytes.length < FDT_HEADER_SIZE) {
      throw new RangeError(
        `"bytes" expected at least ${FDT_HEADER_SIZE} bytes, got ${bytes.length}`,
      );
    }
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }

  /** A header field (u32). */
  get(field: FdtHeaderField): number {
    return this.view.getUint32(FDT_HEADER[field]);
  }

  /** Sets a header field (u32). */
  set(field: FdtHeaderField, value: number): void {
    this.view.setUint32(FDT_HEADER[field], value);
  }
}

/** Why libfdt refuses an operation: its own error names. */
export type FdtStatus =
  | "FDT_ERR_NOTFOUND"
  | "FDT_ERR_EXISTS"
  | "FDT_ERR_NOSPACE"
  | "FDT_ERR_BADOFFSET"
  | "FDT_ERR_BADPATH"
  | "FDT_ERR_BADSTATE"
  | "FDT_ERR_TRUNCATED"
  | "FDT_ERR_BADMAGIC"
  | "FDT_ERR_BADVERSION"
  | "FDT_ERR_BADSTRUCTURE"
  | "FDT_ERR_BADLAYOUT";

/** An operation on a device tree that libfdt, and so the modelled VMM, refuses. */
export class FdtRefusal extends CcaRimError {
  readonly status: FdtStatus;

  constructor(status: FdtStatus, message: string, hint?: string) {
    super("FDT_REFUSED", message, hint === undefined ? {} : { hint });
    this.name = "FdtRefusal";
    this.status = status;
  }
}

const LIBFDT_VERSION = /^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![\d.])/;

/**
 * The header's last_comp_version that a libfdt release writes: 2 for 1.4.7 to 1.6.0, 16 before and
 * after (fdt_finish of those releases; every release from 1.4.0 to 1.8.1 was run).
 *
 * @param libfdt a dtc/libfdt release such as `1.6.1`; a leading `v` and a distribution's suffix
 *   (`1.6.1-4`) are allowed.
 * @throws CcaRimError MANIFEST_VALUE if it is not a release number.
 */
export function lastCompVersionOf(libfdt: string): 2 | 16 {
  const match = LIBFDT_VERSION.exec(libfdt);
  if (match === null) {
    throw new CcaRimError("MANIFEST_VALUE", `libfdt version "${libfdt}" is not a release number`, {
      hint: 'write the libfdt release that the VMM is linked with, such as "1.6.1"',
    });
  }
  const [major, minor, patch] = match.slice(1).map((part) => Number(part ?? "0"));
  const rank = ((major ?? 0) * 10_000 + (minor ?? 0)) * 10_000 + (patch ?? 0);
  return rank >= 1_0004_0007 && rank <= 1_0006_0000 ? 2 : 16;
}

/**
 * Where a blob in a larger buffer ends: its header's totalsize, in bytes.
 *
 * @throws RangeError if `bytes` is shorter than a header.
 */
export function fdtTotalSize(bytes: Uint8Array): number {
  return new FdtBlob(bytes).get("totalSize");
}
