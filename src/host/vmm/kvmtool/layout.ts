/**
 * Where kvmtool puts kernel or firmware, initrd, device tree and measurement log in guest memory.
 * Addresses are guest addresses; alignment acts on them, not on offsets into RAM.
 *
 * @module
 */
import { ARM64_HEADER_SIZE, parseArm64Header } from "../../../formats/image/arm64.ts";
import type { ByteSource } from "../../../hash/source.ts";
import type { FileLookup } from "../../files.ts";
import type { KvmtoolConfig } from "./config.ts";
import { optionPointer, refuseArgument, refuseLaunch } from "./refusal.ts";
import type { KvmtoolFacts } from "./versions.ts";

/** Bytes that are reserved for the tree, all of them populated. */
export const DTB_SIZE = 0x10000;
/** Bytes of the measurement log. */
export const LOG_SIZE = 0x10000;

const DTB_ALIGN = 0x20_0000n;
const DTB_ROOM = BigInt(DTB_SIZE) + DTB_ALIGN;
const INITRD_ALIGN = 4n;
const PAGE = 4096n;
/** Kernels reach no further for what is handed to them. */
const LOW_MEMORY = 256n << 20n;
/** Offset of a kernel whose header does not give one. */
const DEFAULT_TEXT_OFFSET = 0x80000n;
/** Offset of a 32-bit kernel. */
const AARCH32_TEXT_OFFSET = 0x8000n;

/** A file in guest memory. */
interface LoadedFile {
  readonly label: "kernel" | "firmware" | "initrd";
  readonly start: bigint;
  readonly source: ByteSource;
}

/** The guest's memory before it runs. */
export interface MemoryLayout {
  readonly ram: { readonly start: bigint; readonly size: bigint };
  /** Kernel or firmware; its start is where vCPU 0 begins. */
  readonly image: LoadedFile;
  /** `image_size` of the header as it is, 0 included; undefined without a header. */
  readonly headerSize: bigint | undefined;
  /** Bytes of memory that the image takes: what the header claims, else the file's length. */
  readonly imageMemory: bigint;
  readonly initrd: LoadedFile | undefined;
  /** Address of the device tree. */
  readonly dtb: bigint;
  /** Address of the measurement log, if there is one. */
  readonly log: bigint | undefined;
}

/** What decides a layout. */
export interface LayoutInput {
  readonly config: KvmtoolConfig;
  readonly facts: KvmtoolFacts;
  readonly files: FileLookup;
  readonly ramSize: bigint;
  /** Whether the memory that a kernel claims behind its file is not kept free (the calculator). */
  readonly ignoreClaimedMemory: boolean;
}

/** Rounds down to a power of two. */
export function alignDown(value: bigint, alignment: bigint): bigint {
  return value & ~(alignment - 1n);
}

/** Rounds up to a power of two; wraps around at 2^64 as in C. */
export function alignUp(value: bigint, alignment: bigint): bigint {
  return BigInt.asUintN(64, value + alignment - 1n) & ~(alignment - 1n);
}

/** `option`: what names the file, for errors. */
function open(input: LayoutInput, option: LoadedFile["label"], name: string): ByteSource {
  return input.files.resolve(name, optionPointer(input.config, option)).source;
}

/** The first 64 bytes as they lie in memory: zeros behind a shorter file. */
function headerOf(source: ByteSource): ReturnType<typeof parseArm64Header> {
  const head = new Uint8Array(ARM64_HEADER_SIZE);
  const known = Math.min(ARM64_HEADER_SIZE, source.size);
  if (known > 0) source.read(0, head.subarray(0, known));
  return parseArm64Header(head);
}

function logAddress(input: LayoutInput): bigint | undefined {
  const { config, ramSize } = input;
  if (!config.measurementLog) return undefined;
  if (!config.realm) {
    const reason = "measurement log is only useful with a Realm at the moment";
    throw refuseArgument(reason, config.at.get("measurement-log"));
  }
  const low = ramSize < LOW_MEMORY ? ramSize : LOW_MEMORY;
  return config.ramAddress + low - BigInt(LOG_SIZE);
}

function placeInitrd(input: LayoutInput, name: string, dtb: bigint, kernelEnd: bigint): LoadedFile {
  const source = open(input, "initrd", name);
  if (source.size === 0) throw refuseArgument("initrd read", input.config.at.get("initrd"));
  const below = dtb - BigInt(source.size) - INITRD_ALIGN;
  const start = below < input.config.ramAddress ? 0n : alignUp(below, INITRD_ALIGN);
  if (start < kernelEnd) {
    throw refuseLaunch("initrd overlaps with kernel image.", "more RAM (-m) makes room");
  }
  return { label: "initrd", start, source };
}

/** Where memory that the kernel needs ends, as far as kvmtool keeps it free. */
function kernelEndOf(
  input: LayoutInput,
  start: bigint,
  fileSize: bigint,
  imageMemory: bigint,
): bigint {
  if (input.facts.kernelExtent === "file" || input.ignoreClaimedMemory) return start + fileSize;
  const { ramAddress, realm } = input.config;
  const end = BigInt.asUintN(64, start - ramAddress + imageMemory);
  // A negative claim ends below RAM, as C's pointers have it.
  return BigInt.asUintN(64, ramAddress + (realm ? alignUp(end, PAGE) : end));
}

function layOutKernel(input: LayoutInput, name: string): MemoryLayout {
  const { config, ramSize } = input;
  const log = logAddress(input);
  const lowSize = ramSize < LOW_MEMORY ? ramSize : LOW_MEMORY;
  const limit = (log ?? config.ramAddress + lowSize) - 1n;
  const source = open(input, "kernel", name);
  const kernelIndex = config.at.get("kernel");
  if (!config.aarch32 && source.size < ARM64_HEADER_SIZE) {
    throw refuseArgument("Failed to read kernel image header", kernelIndex);
  }
  const header = headerOf(source);
  const start = config.ramAddress + textOffsetOf(config, header);
  const fileSize = BigInt(source.size);
  if (source.size === 0) throw refuseArgument("kernel read", kernelIndex);
  if (start > limit || fileSize > limit - start) {
    throw refuseLaunch(
      "kernel image too big to contain in guest memory.",
      "more RAM (-m) makes room, up to 256 MiB of it",
    );
  }
  const claimed = header?.imageSize ?? 0n;
  const imageMemory = claimed === 0n ? fileSize : claimed;
  const kernelEnd = kernelEndOf(input, start, fileSize, imageMemory);
  const below = limit - DTB_ROOM;
  const dtb = below < config.ramAddress ? 0n : alignUp(below, DTB_ALIGN);
  if (dtb < kernelEnd) {
    throw refuseLaunch("fdt overlaps with kernel image.", "more RAM (-m) makes room");
  }
  return {
    ram: { start: config.ramAddress, size: ramSize },
    image: { label: "kernel", start, source },
    headerSize: header?.imageSize,
    imageMemory,
    initrd:
      config.initrd === undefined ? undefined : placeInitrd(input, config.initrd, dtb, kernelEnd),
    dtb,
    log,
  };
}

function textOffsetOf(config: KvmtoolConfig, header: ReturnType<typeof parseArm64Header>): bigint {
  if (config.aarch32) return AARCH32_TEXT_OFFSET;
  if (header === undefined || header.imageSize === 0n) return DEFAULT_TEXT_OFFSET;
  return header.textOffset;
}

const NO_ROOM = "not enough space to load fdt";

/** Firmware: the initrd is ignored, and the tree is not kept in low memory. */
function layOutFirmware(input: LayoutInput, name: string): MemoryLayout {
  const { config, facts, ramSize } = input;
  const ramEnd = config.ramAddress + ramSize;
  const log = logAddress(input);
  const limit = log ?? ramEnd;
  const start = config.firmwareAddress === 0n ? config.ramAddress : config.firmwareAddress;
  if (start < config.ramAddress || start >= ramEnd) {
    const address = start.toString(16).padStart(16, "0");
    const reason = `Bad firmware destination: 0x${address}`;
    throw refuseArgument(reason, config.at.get("firmware-address"), "an address in RAM");
  }
  const source = open(input, "firmware", name);
  const fileSize = BigInt(source.size);
  if (source.size === 0 || start > limit || fileSize > limit - start) {
    throw refuseLaunch("failed to load firmware", "it must not be empty and must fit into RAM");
  }
  const header = headerOf(source);
  const claimed = header?.imageSize ?? 0n;
  const imageMemory = claimed === 0n ? fileSize : claimed;
  const extent = facts.kernelExtent === "file" ? fileSize : imageMemory;
  const end = BigInt.asUintN(64, start + extent);
  return {
    ram: { start: config.ramAddress, size: ramSize },
    image: { label: "firmware", start, source },
    headerSize: header?.imageSize,
    imageMemory,
    initrd: undefined,
    dtb: facts.firmwareTree === "end-of-ram" ? treeAtEnd(end, limit) : treeBehind(end, ramEnd),
    log,
  };
}

function treeAtEnd(firmwareEnd: bigint, limit: bigint): bigint {
  const below = limit - DTB_ROOM;
  if (below < firmwareEnd) throw refuseLaunch(NO_ROOM, "more RAM (-m) makes room");
  return alignUp(below, DTB_ALIGN);
}

function treeBehind(firmwareEnd: bigint, ramEnd: bigint): bigint {
  const dtb = alignUp(firmwareEnd, DTB_ALIGN);
  // kvmtool itself only checks before it aligns, and then writes past the end of RAM.
  if (dtb + BigInt(DTB_SIZE) > ramEnd) throw refuseLaunch(NO_ROOM, "more RAM (-m) makes room");
  return dtb;
}

/**
 * Lays out a guest's memory.
 *
 * @throws CcaRimError HOST_ARGUMENT or HOST_REFUSED where kvmtool ends with an error, FILE_* for
 *   files that are not there.
 */
export function layOutMemory(input: LayoutInput): MemoryLayout {
  const { kernel, firmware } = input.config;
  if (firmware !== undefined) return layOutFirmware(input, firmware);
  return layOutKernel(input, kernel ?? "");
}
