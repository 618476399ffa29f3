/**
 * The header of a Linux EFI zboot image: a PE file that carries a compressed kernel.
 *
 * @see Linux, drivers/firmware/efi/libstub/zboot-header.S
 * @module
 */
import { viewOf } from "../../bytes.ts";

/** Length of the header in bytes. */
export const ZBOOT_HEADER_SIZE = 64;

/** Field offsets in bytes; numbers are little-endian u32. */
const ZIMG = 4;
const PAYLOAD_OFFSET = 8;
const PAYLOAD_SIZE = 12;
const COMPRESSION = 24;
const COMPRESSION_SIZE = 32;
const LINUX_MAGIC = 56;

/** "MZ", "zimg" and the PE magic of Linux for any architecture. */
const MAGICS: readonly (readonly [offset: number, bytes: readonly number[]])[] = [
  [0, [0x4d, 0x5a]],
  [ZIMG, [0x7a, 0x69, 0x6d, 0x67]],
  [LINUX_MAGIC, [0xcd, 0x23, 0x82, 0x81]],
];

/** A decoded header. */
export interface ZbootHeader {
  /** Where the compressed kernel lies in the file, in bytes. */
  readonly payloadOffset: number;
  readonly payloadSize: number;
  /** `gzip`, `zstd` and the like; up to 32 bytes, one a character. */
  readonly compression: string;
  /** Whether the payload lies within the file; QEMU refuses the kernel if not. */
  readonly intact: boolean;
}

/**
 * Decodes a header.
 *
 * @param head the first bytes of a file; anything is survived.
 * @param fileSize of the whole file, in bytes.
 * @returns undefined if there are fewer than 64 bytes or a magic number is missing.
 */
export function parseZbootHeader(head: Uint8Array, fileSize: number): ZbootHeader | undefined {
  if (head.length < ZBOOT_HEADER_SIZE) return undefined;
  for (const [offset, bytes] of MAGICS) {
    if (bytes.some((byte, index) => head[offset + index] !== byte)) return undefined;
  }
  const view = viewOf(head);
  const payloadOffset = view.getUint32(PAYLOAD_OFFSET, true);
  const payloadSize = view.getUint32(PAYLOAD_SIZE, true);
  const text = String.fromCharCode(...head.subarray(COMPRESSION, COMPRESSION + COMPRESSION_SIZE));
  return {
    payloadOffset,
    payloadSize,
    compression: text.split("\0", 1)[0] ?? "",
    intact: payloadOffset + payloadSize <= fileSize,
  };
}
