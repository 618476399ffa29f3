/**
 * U-Boot's legacy image header (64 bytes, big-endian), and what QEMU's arm board loader makes of
 * it (hw/core/loader.c load_uboot_image, the same from 5.2 to 11.1; checksums are not looked at).
 *
 * @module
 */
import { viewOf } from "../../bytes.ts";

/** Length of the header in bytes; the data follows. */
export const UIMAGE_HEADER_SIZE = 64;
/** QEMU unpacks no uImage to more than this many bytes. */
export const UIMAGE_MAX_UNPACKED: number = 64 << 20;

const MAGIC = 0x27051956;
/** Numbers of U-Boot's image.h. */
const OS_LINUX = 5;
const OS_VXWORKS = 14;
const ARCH_PPC = 7;
const ARCH_ARM64 = 22;
const ARCH_RISCV = 26;
const TYPE_KERNEL = 2;
const TYPE_RAMDISK = 3;
const TYPE_KERNEL_NOLOAD = 14;
const COMPRESSION_NONE = 0;
const COMPRESSION_GZIP = 1;

/** A decoded header; os, arch, type and compression are U-Boot's numbers. */
export interface UimageHeader {
  /** Length of the data in bytes. */
  readonly size: number;
  /** Load address and entry point (u32). */
  readonly load: number;
  readonly entry: number;
  readonly os: number;
  readonly arch: number;
  readonly type: number;
  readonly compression: number;
  /** Up to 32 bytes, one a character. */
  readonly name: string;
}

/**
 * Decodes a header.
 *
 * @param head the first bytes of a file; anything is survived.
 * @returns undefined if there are fewer than 64 bytes or the magic number is missing.
 */
export function parseUimageHeader(head: Uint8Array): UimageHeader | undefined {
  if (head.length < UIMAGE_HEADER_SIZE) return undefined;
  const view = viewOf(head);
  if (view.getUint32(0) !== MAGIC) return undefined;
  const name = String.fromCharCode(...head.subarray(32, UIMAGE_HEADER_SIZE));
  return {
    size: view.getUint32(12),
    load: view.getUint32(16),
    entry: view.getUint32(20),
    os: view.getUint8(28),
    arch: view.getUint8(29),
    type: view.getUint8(30),
    compression: view.getUint8(31),
    name: name.split("\0", 1)[0] ?? "",
  };
}

/** A uImage that QEMU loads as a kernel. */
export interface UimageKernel {
  /** Physical addresses (u32). */
  readonly load: number;
  readonly entry: number;
  /** Whether it is started like Linux, with initrd and device tree. */
  readonly isLinux: boolean;
  /** Whether the data is a gzip member to unpack, to {@link UIMAGE_MAX_UNPACKED} bytes at most. */
  readonly gzip: boolean;
  /** Length of the data in the file, from {@link UIMAGE_HEADER_SIZE} on, in bytes. */
  readonly size: number;
}

/**
 * What QEMU loads for -kernel.
 *
 * @param fileSize of the whole file, in bytes.
 * @param noloadAddress where an image goes that runs anywhere; for the arm boards RAM base + 32 MiB.
 * @returns undefined if QEMU goes on and takes the file for a plain kernel.
 */
export function uimageKernel(
  header: UimageHeader,
  fileSize: number,
  noloadAddress: number,
): UimageKernel | undefined {
  const { type, compression, size } = header;
  if (type !== TYPE_KERNEL && type !== TYPE_KERNEL_NOLOAD) return undefined;
  if (compression !== COMPRESSION_NONE && compression !== COMPRESSION_GZIP) return undefined;
  if (size > fileSize - UIMAGE_HEADER_SIZE) return undefined;
  const anywhere = type === TYPE_KERNEL_NOLOAD;
  // Both are u32 fields of the header that QEMU overwrites.
  const load = anywhere ? (noloadAddress + UIMAGE_HEADER_SIZE) >>> 0 : header.load;
  const entry = anywhere ? (header.entry + load) >>> 0 : header.entry;
  return { load, entry, isLinux: isLinux(header), gzip: compression === COMPRESSION_GZIP, size };
}

/**
 * How much of a file QEMU loads for -initrd: the data of a ramdisk image without its header,
 * whatever its compression.
 *
 * @returns the length from {@link UIMAGE_HEADER_SIZE} on, in bytes, or undefined if QEMU loads the
 *   file as it is.
 */
export function uimageRamdisk(header: UimageHeader, fileSize: number): number | undefined {
  if (header.type !== TYPE_RAMDISK || header.size > fileSize - UIMAGE_HEADER_SIZE) return undefined;
  return header.size;
}

/** VxWorks 7 starts like Linux on these machines. */
function isLinux({ os, arch }: UimageHeader): boolean {
  if (os === OS_LINUX) return true;
  return os === OS_VXWORKS && [ARCH_ARM64, ARCH_PPC, ARCH_RISCV].includes(arch);
}
