/**
 * The header of an arm64 Linux Image: the first 64 bytes, little-endian.
 *
 * @see Linux, Documentation/arch/arm64/booting.rst, "Call the kernel image"
 * @module
 */
import { readU64Le, viewOf } from "../../bytes.ts";
import type { U64 } from "../../units.ts";

/** Length of the header in bytes. */
export const ARM64_HEADER_SIZE = 64;

/** Field offsets in bytes. */
const TEXT_OFFSET = 8;
const IMAGE_SIZE = 16;
const FLAGS = 24;
const MAGIC = 56;
const PE_OFFSET = 60;

/** "ARM\x64" read as a little-endian u32. */
const MAGIC_VALUE = 0x644d5241;
/** "MZ": the image is a PE/COFF file, too (EFI stub). */
const MZ_VALUE = 0x5a4d;

/** Page size that the kernel was built for, from flags bits 2:1. */
export type KernelPageSize = "unspecified" | "4K" | "16K" | "64K";

const PAGE_SIZES: readonly KernelPageSize[] = ["unspecified", "4K", "16K", "64K"];

/** A decoded arm64 Image header. */
export interface Arm64Header {
  /** Bytes from a 2 MiB boundary to where the image wants to be loaded. */
  readonly textOffset: U64;
  /** Bytes of memory that the kernel uses from its load address on, .bss included; 0 before 3.17. */
  readonly imageSize: U64;
  readonly flags: U64;
  readonly endianness: "little" | "big";
  readonly pageSize: KernelPageSize;
  /** Whether the 2 MiB aligned base may be anywhere in memory (flags bit 3). */
  readonly placement: "near-start-of-ram" | "anywhere";
  /** Whether the file also starts like a PE/COFF image. */
  readonly efi: boolean;
  /** Offset of the PE header in bytes, 0 if there is none. */
  readonly peOffset: number;
}

/**
 * Decodes an arm64 Image header.
 *
 * @param head the first bytes of a file, 64 or more; anything is survived.
 * @returns undefined if there are fewer than 64 bytes or the magic number is missing.
 */
export function parseArm64Header(head: Uint8Array): Arm64Header | undefined {
  if (head.length < ARM64_HEADER_SIZE) return undefined;
  const view = viewOf(head);
  if (view.getUint32(MAGIC, true) !== MAGIC_VALUE) return undefined;
  const flags = readU64Le(head, FLAGS);
  const low = Number(flags & 0xfn);
  return {
    textOffset: readU64Le(head, TEXT_OFFSET),
    imageSize: readU64Le(head, IMAGE_SIZE),
    flags,
    endianness: (low & 1) === 0 ? "little" : "big",
    pageSize: PAGE_SIZES[(low >> 1) & 3] ?? "unspecified",
    placement: (low & 8) === 0 ? "near-start-of-ram" : "anywhere",
    efi: view.getUint16(0, true) === MZ_VALUE,
    peOffset: view.getUint32(PE_OFFSET, true),
  };
}
