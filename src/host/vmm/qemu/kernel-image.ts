/**
 * What QEMU's board loader makes of the files that `-kernel` and `-initrd` name: which bytes go
 * where, and how the result is started.
 *
 * @see QEMU hw/arm/boot.c (arm_setup_direct_kernel_boot), hw/core/loader.c
 * @module
 */
import { ARM64_HEADER_SIZE, parseArm64Header } from "../../../formats/image/arm64.ts";
import { type ElfImage, readElf } from "../../../formats/image/elf.ts";
import { gzipPayloadOffset } from "../../../formats/image/gzip-payload.ts";
import { inflate } from "../../../formats/image/inflate.ts";
import {
  parseUimageHeader,
  UIMAGE_HEADER_SIZE,
  UIMAGE_MAX_UNPACKED,
  uimageKernel,
  uimageRamdisk,
} from "../../../formats/image/uimage.ts";
import { parseZbootHeader, ZBOOT_HEADER_SIZE } from "../../../formats/image/zboot.ts";
import { type ByteSource, bytesSource } from "../../../hash/source.ts";
import { RAM_BASE } from "./memory-map.ts";
import { KIB, MIB } from "./numbers.ts";
import { notModelled, refuseArgument } from "./refusal.ts";
import type { QemuRelease } from "./versions.ts";

/** Bytes at a guest address. */
export interface Blob {
  readonly label: string;
  readonly address: bigint;
  readonly source: ByteSource;
  /** Bytes that the blob takes: those of the source, then zeros. */
  readonly size: bigint;
}

/** A kernel, loaded. */
export interface LoadedKernel {
  /** Linux gets an initrd and a device tree; anything else starts as it is. */
  readonly kind: "linux" | "elf" | "other";
  /** Whether it is a plain image, whose header may ask for memory behind the file. */
  readonly image: boolean;
  readonly blobs: readonly Blob[];
  readonly entry: bigint;
  /** First byte used, and first byte behind; for Linux as the image's header has it. */
  readonly low: bigint;
  readonly high: bigint;
  /** What is compared with the size of RAM. */
  readonly size: bigint;
}

/** What decides how a kernel is loaded, besides its bytes. */
export interface KernelContext {
  readonly release: QemuRelease;
  readonly aarch64: boolean;
  /** Whether QEMU puts its own start code at the base of RAM, which a kernel must not overlap. */
  readonly stub: boolean;
  /** Place of the name in the line, counted from 0. */
  readonly index: number;
}

const MAX_UNPACKED = 256 << 20;
/** Where an image goes that says nothing. */
const OLD_OFFSET = 0x8_0000n;
const AARCH32_OFFSET = 0x1_0000n;
const STUB_MAX = 4n * KIB;
const NOLOAD_OFFSET = 0x0200_0000;
/** Files whose magic lies within so many bytes have none. */
const SMALLEST_WITH_MAGIC = 61;

function headOf(source: ByteSource, length: number): Uint8Array {
  const head = new Uint8Array(Math.min(length, source.size));
  source.read(0, head);
  return head;
}

/** A part of a source. */
function partOf(source: ByteSource, from: number, size: number): ByteSource {
  if (from === 0 && size === source.size) return source;
  return {
    identity: `${source.identity}[${from}+${size}]`,
    size,
    read(offset, target) {
      if (offset + target.length > size) throw new RangeError("the part is shorter");
      source.read(from + offset, target);
    },
  };
}

/** Unpacks a gzip member; undefined if the bytes are none, or damaged. */
function gunzip(
  source: ByteSource,
  from: number,
  size: number,
  limit: number,
): ByteSource | undefined {
  const part = partOf(source, from, size);
  const head = headOf(part, 2);
  if (head[0] !== 0x1f || head[1] !== 0x8b) return undefined;
  const start = gzipPayloadOffset(part);
  if (start === undefined) return undefined;
  const packed = new Uint8Array(size - start);
  part.read(start, packed);
  const bytes = inflate(packed, limit);
  return bytes && bytesSource(bytes, `${part.identity}:gunzip`);
}

function elfKernel(source: ByteSource, image: ElfImage, index: number): LoadedKernel {
  if (image.swapWords) {
    throw notModelled("big-endian ELF kernels are not modelled", index, "use a raw image");
  }
  return {
    kind: "elf",
    image: false,
    blobs: image.segments.map(({ address, from, fileSize, memorySize }, i) => ({
      label: `kernel segment ${i}`,
      address,
      source: partOf(source, from, fileSize),
      size: memorySize,
    })),
    entry: image.entry,
    low: image.low,
    high: image.high,
    size: image.totalSize,
  };
}

function loadUimage(source: ByteSource): LoadedKernel | undefined {
  const header = parseUimageHeader(headOf(source, UIMAGE_HEADER_SIZE));
  if (header === undefined) return undefined;
  const image = uimageKernel(header, source.size, Number(RAM_BASE) + NOLOAD_OFFSET);
  if (image === undefined) return undefined;
  const data = image.gzip
    ? gunzip(source, UIMAGE_HEADER_SIZE, image.size, UIMAGE_MAX_UNPACKED)
    : partOf(source, UIMAGE_HEADER_SIZE, image.size);
  if (data === undefined) return undefined;
  const low = BigInt(image.load);
  const size = BigInt(data.size);
  return {
    kind: image.isLinux ? "linux" : "other",
    image: false,
    blobs: [{ label: "kernel", address: low, source: data, size }],
    entry: BigInt(image.entry),
    low,
    high: low + size,
    size,
  };
}

/** An EFI zboot image unpacked, anything else as it is. */
function unpackZboot(source: ByteSource, { release, index }: KernelContext): ByteSource {
  if (!release.has("efiZboot")) return source;
  const header = parseZbootHeader(headOf(source, ZBOOT_HEADER_SIZE), source.size);
  if (header === undefined) return source;
  const { compression, intact, payloadOffset, payloadSize } = header;
  if (compression === "zstd" && release.has("zstdZboot")) {
    throw notModelled("EFI zboot images packed with zstd are not modelled", index, "unpack it");
  }
  if (compression !== "gzip") {
    throw refuseArgument(
      `unable to handle EFI zboot image with "${compression}" compression`,
      index,
    );
  }
  if (!intact) throw refuseArgument("unable to handle corrupt EFI zboot image", index);
  const bytes = gunzip(source, payloadOffset, payloadSize, MAX_UNPACKED);
  if (bytes === undefined) throw refuseArgument("failed to decompress EFI zboot image", index);
  return bytes;
}

function loadImage(file: ByteSource, context: KernelContext): LoadedKernel {
  const source = gunzip(file, 0, file.size, MAX_UNPACKED) ?? unpackZboot(file, context);
  const fileSize = BigInt(source.size);
  const head = new Uint8Array(ARM64_HEADER_SIZE);
  head.set(headOf(source, ARM64_HEADER_SIZE));
  const header = source.size < SMALLEST_WITH_MAGIC ? undefined : parseArm64Header(head);
  const sized = header !== undefined && header.imageSize !== 0n;
  let offset = sized ? header.textOffset : OLD_OFFSET;
  if (sized && context.stub && offset < STUB_MAX) offset += 2n * MIB;
  const size = sized ? header.imageSize : fileSize;
  const low = BigInt.asUintN(64, RAM_BASE + offset);
  return {
    kind: "linux",
    image: true,
    blobs: [{ label: "kernel", address: low, source, size: fileSize }],
    entry: low,
    low,
    high: low + size,
    size,
  };
}

function loadAarch32Image(source: ByteSource): LoadedKernel {
  const low = RAM_BASE + AARCH32_OFFSET;
  const size = BigInt(source.size);
  const blobs = [{ label: "kernel", address: low, source, size }];
  return { kind: "linux", image: false, blobs, entry: low, low, high: low + size, size };
}

/**
 * Loads a kernel.
 *
 * @throws CcaRimError HOST_ARGUMENT for files that QEMU does not load; HOST_NOT_MODELLED
 */
export function loadKernel(source: ByteSource, context: KernelContext): LoadedKernel {
  const { aarch64, index } = context;
  if (!aarch64 && headOf(source, 4).join() === "127,69,76,70") {
    throw notModelled("ELF kernels of 32-bit CPUs are not modelled", index, "use -cpu max");
  }
  const elf = aarch64 ? readElf(source) : ({ kind: "not-elf" } as const);
  if (elf.kind === "refused") {
    throw refuseArgument(`the ELF kernel is not loaded: ${elf.reason}`, index);
  }
  if (elf.kind === "elf") return elfKernel(source, elf.image, index);
  return loadUimage(source) ?? (aarch64 ? loadImage(source, context) : loadAarch32Image(source));
}

/** What is loaded of an initrd: a uImage ramdisk loses its header. */
export function loadInitrd(source: ByteSource): ByteSource {
  const header = parseUimageHeader(headOf(source, UIMAGE_HEADER_SIZE));
  const size = header && uimageRamdisk(header, source.size);
  return size === undefined ? source : partOf(source, UIMAGE_HEADER_SIZE, size);
}
