/**
 * What a file is, by its first bytes: the `format` of an input file in reports.
 *
 * @module
 */
import type { ByteSource } from "../../hash/source.ts";
import { hexU64 } from "../../units.ts";
import { parseArm64Header } from "./arm64.ts";
import { readElf } from "./elf.ts";
import { parseGzipHeader } from "./gzip.ts";
import { parseUimageHeader } from "./uimage.ts";
import { parseZbootHeader } from "./zboot.ts";

const HEAD_SIZE = 512;
const FDT_MAGIC: readonly number[] = [0xd0, 0x0d, 0xfe, 0xed];

/** Reads the first bytes of a source, fewer than asked for if it is shorter. */
export function readHead(source: ByteSource, size: number): Uint8Array {
  const head = new Uint8Array(Math.min(size, source.size));
  source.read(0, head);
  return head;
}

/**
 * Describes a file for people: an arm64 Image header decoded, or the name of the format.
 *
 * @returns undefined for anything unknown.
 */
export function describeImage(source: ByteSource): Readonly<Record<string, unknown>> | undefined {
  const head = readHead(source, HEAD_SIZE);
  const arm64 = parseArm64Header(head);
  if (arm64 !== undefined) {
    return {
      kind: "arm64-image",
      textOffset: hexU64(arm64.textOffset),
      imageSize: hexU64(arm64.imageSize),
      flags: hexU64(arm64.flags),
      endianness: arm64.endianness,
      pageSize: arm64.pageSize,
      placement: arm64.placement,
      efi: arm64.efi,
    };
  }
  const gzip = parseGzipHeader(head);
  if (gzip !== undefined) {
    return { kind: "gzip", ...(gzip.name === undefined ? {} : { originalName: gzip.name }) };
  }
  if (FDT_MAGIC.every((byte, i) => head[i] === byte)) return { kind: "device-tree" };
  return describeWrapped(head, source);
}

/** Formats that QEMU unwraps. */
function describeWrapped(
  head: Uint8Array,
  source: ByteSource,
): Readonly<Record<string, unknown>> | undefined {
  const zboot = parseZbootHeader(head, source.size);
  if (zboot !== undefined) return { kind: "efi-zboot", compression: zboot.compression };
  const uimage = parseUimageHeader(head);
  if (uimage !== undefined) {
    const { name, load, entry } = uimage;
    return { kind: "uimage", name, load: hexU64(load), entry: hexU64(entry) };
  }
  const elf = readElf(source);
  if (elf.kind !== "elf")
    return elf.kind === "refused" ? { kind: "elf", unusable: elf.reason } : undefined;
  return { kind: "elf", bits: elf.image.bits, entry: hexU64(elf.image.entry) };
}
