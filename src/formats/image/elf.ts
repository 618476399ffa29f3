/**
 * ELF executables as QEMU's arm board loader reads them: which bytes go where, and the entry point.
 * The rules are QEMU's (hw/arm/boot.c arm_load_elf, include/hw/elf_ops.h, the same from 5.2 to
 * 11.1), not a general ELF reader's: e_phentsize, sections and versions are not looked at.
 *
 * @module
 */
import { viewOf } from "../../bytes.ts";
import type { ByteSource } from "../../hash/source.ts";
import { type U64, u64 } from "../../units.ts";

/** e_machine of aarch64, the only one that an aarch64 CPU's loader takes. */
const EM_AARCH64 = 183;
const PT_LOAD = 1;
const PF_X = 1;
/** e_flags of a 32-bit big-endian file whose instructions are little-endian. */
const EF_ARM_BE8 = 0x0080_0000;
const IDENT_SIZE = 16;
/** More PT_LOAD segments than any executable has; QEMU has no limit. */
const MAX_SEGMENTS = 256;

/** One PT_LOAD segment that takes memory. */
export interface ElfSegment {
  /** Physical address (p_paddr). */
  readonly address: U64;
  /** Offset in the file, in bytes. */
  readonly from: number;
  /** Bytes that come from the file. */
  readonly fileSize: number;
  /**
   * Bytes that the segment takes: those of the file, then zeros. QEMU drops the zeros of a segment
   * if they would run into another one.
   */
  readonly memorySize: U64;
}

/** What QEMU loads from an ELF file. */
export interface ElfImage {
  readonly bits: 32 | 64;
  readonly endianness: "little" | "big";
  /** Whether every 32-bit word of the segments is reversed on loading (32-bit big-endian code). */
  readonly swapWords: boolean;
  /** Physical address of the first instruction. */
  readonly entry: U64;
  /** In file order; segments of no size are left out. */
  readonly segments: readonly ElfSegment[];
  /** First byte used, and first byte behind, over all segments. */
  readonly low: U64;
  readonly high: U64;
  /** Sum of the sizes in memory: what QEMU compares with the size of RAM. */
  readonly totalSize: U64;
}

/**
 * `not-elf`: QEMU goes on and tries other formats. `refused`: QEMU exits, and `reason` says why
 * (QEMU itself says nothing).
 */
export type ElfResult =
  | { readonly kind: "elf"; readonly image: ElfImage }
  | { readonly kind: "not-elf" }
  | { readonly kind: "refused"; readonly reason: string };

/** Where fields lie, by class; offsets and sizes in bytes. */
interface ElfLayout {
  readonly bits: 32 | 64;
  readonly headerSize: number;
  readonly entry: number;
  readonly phoff: number;
  readonly flags: number;
  readonly phnum: number;
  readonly phdrSize: number;
  readonly p: {
    readonly flags: number;
    readonly offset: number;
    readonly vaddr: number;
    readonly paddr: number;
    readonly filesz: number;
    readonly memsz: number;
  };
}

/** @see System V ABI, Object Files, ELF Header and Program Header */
const ELF32: ElfLayout = {
  bits: 32,
  headerSize: 52,
  entry: 24,
  phoff: 28,
  flags: 36,
  phnum: 44,
  phdrSize: 32,
  p: { flags: 24, offset: 4, vaddr: 8, paddr: 12, filesz: 16, memsz: 20 },
};
const ELF64: ElfLayout = {
  bits: 64,
  headerSize: 64,
  entry: 24,
  phoff: 32,
  flags: 48,
  phnum: 56,
  phdrSize: 56,
  p: { flags: 4, offset: 8, vaddr: 16, paddr: 24, filesz: 32, memsz: 40 },
};

/** Reads fields of one class and byte order. */
class Fields {
  readonly layout: ElfLayout;
  readonly little: boolean;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, layout: ElfLayout, little: boolean) {
    this.#view = viewOf(bytes);
    this.layout = layout;
    this.little = little;
  }

  u16(at: number): number {
    return this.#view.getUint16(at, this.little);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, this.little);
  }

  /** An address or size, as wide as the class. */
  word(at: number): bigint {
    return this.layout.bits === 64
      ? this.#view.getBigUint64(at, this.little)
      : BigInt(this.u32(at));
  }
}

/** A PT_LOAD program header. */
interface ProgramHeader {
  readonly flags: number;
  readonly offset: bigint;
  readonly vaddr: bigint;
  readonly paddr: bigint;
  readonly filesz: bigint;
  readonly memsz: bigint;
}

/** Decodes a file as QEMU does for an aarch64 CPU. Any bytes are survived. */
export function readElf(source: ByteSource): ElfResult {
  const ident = readUpTo(source, 0, IDENT_SIZE);
  const magic = [0x7f, 0x45, 0x4c, 0x46];
  if (ident.length < IDENT_SIZE || magic.some((byte, index) => ident[index] !== byte)) {
    return { kind: "not-elf" };
  }
  const layout = ident[4] === 2 ? ELF64 : ELF32;
  const head = readUpTo(source, 0, layout.headerSize);
  if (head.length < layout.headerSize) return { kind: "not-elf" };
  const order = ident[5];
  if (order !== 1 && order !== 2) return refused("the byte order is neither little nor big");
  const fields = new Fields(head, layout, order === 1);
  const machine = fields.u16(18);
  if (machine !== EM_AARCH64) return refused(`the file is for machine ${machine}, not AArch64`);
  const headers = readProgramHeaders(source, fields);
  return typeof headers === "string" ? refused(headers) : layOut(source, fields, headers);
}

/** The PT_LOAD headers, or why there are none. */
function readProgramHeaders(source: ByteSource, head: Fields): ProgramHeader[] | string {
  const { layout } = head;
  const at = head.word(layout.phoff);
  const size = head.u16(layout.phnum) * layout.phdrSize;
  if (at + BigInt(size) > BigInt(source.size)) return "the program headers are cut off";
  const table = new Fields(readUpTo(source, Number(at), size), layout, head.little);
  const found: ProgramHeader[] = [];
  for (let base = 0; base < size; base += layout.phdrSize) {
    if (table.u32(base) !== PT_LOAD) continue;
    if (found.length === MAX_SEGMENTS) return `more than ${MAX_SEGMENTS} segments`;
    found.push({
      flags: table.u32(base + layout.p.flags),
      offset: table.word(base + layout.p.offset),
      vaddr: table.word(base + layout.p.vaddr),
      paddr: table.word(base + layout.p.paddr),
      filesz: table.word(base + layout.p.filesz),
      memsz: table.word(base + layout.p.memsz),
    });
  }
  return found;
}

function layOut(source: ByteSource, head: Fields, headers: readonly ProgramHeader[]): ElfResult {
  const { bits } = head.layout;
  let entry = head.word(head.layout.entry);
  let low = BigInt.asUintN(64, -1n);
  let high = 0n;
  let totalSize = 0n;
  const segments: ElfSegment[] = [];
  for (const header of headers) {
    const { offset, filesz, paddr } = header;
    if (filesz > 0n && offset + filesz > BigInt(source.size))
      return refused("a segment is cut off");
    const memorySize = isCrowded(header, headers, bits) ? filesz : header.memsz;
    totalSize += memorySize;
    entry = physicalEntry(head.word(head.layout.entry), header, bits) ?? entry;
    if (paddr < low) low = paddr;
    if (paddr + memorySize > high) high = paddr + memorySize;
    if (memorySize === 0n) continue;
    const from = filesz > 0n ? Number(offset) : 0;
    segments.push({
      address: u64(paddr),
      from,
      fileSize: Number(filesz),
      memorySize: u64(memorySize),
    });
  }
  if (high >= 1n << 64n || totalSize >= 1n << 63n)
    return refused("the segments are too big to load");
  if (totalSize === 0n) return refused("there is nothing to load");
  const swapWords = bits === 32 && !head.little && (head.u32(head.layout.flags) & EF_ARM_BE8) === 0;
  const endianness = head.little ? "little" : "big";
  const range = { low: u64(low), high: u64(high), totalSize: u64(totalSize) };
  const image: ElfImage = { bits, endianness, swapWords, entry: u64(entry), segments, ...range };
  return { kind: "elf", image };
}

/** Whether the zeros behind a segment's bytes would run into another segment. */
function isCrowded(
  header: ProgramHeader,
  headers: readonly ProgramHeader[],
  bits: 32 | 64,
): boolean {
  if (header.memsz <= header.filesz) return false;
  const zeroStart = BigInt.asUintN(bits, header.paddr + header.filesz);
  const zeroEnd = BigInt.asUintN(bits, header.paddr + header.memsz);
  return headers.some((other) => {
    const end = BigInt.asUintN(bits, other.paddr + other.memsz);
    return other !== header && other.paddr < zeroEnd && zeroStart < end;
  });
}

/** The entry point is a virtual address: inside an executable segment it moves along with it. */
function physicalEntry(entry: bigint, header: ProgramHeader, bits: 32 | 64): bigint | undefined {
  const { flags, vaddr, paddr, filesz } = header;
  const inside = entry >= vaddr && entry < BigInt.asUintN(bits, vaddr + filesz);
  if (vaddr === paddr || !inside || (flags & PF_X) === 0) return undefined;
  return BigInt.asUintN(bits, entry - vaddr + paddr);
}

function readUpTo(source: ByteSource, offset: number, size: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, Math.min(size, source.size - offset)));
  source.read(offset, bytes);
  return bytes;
}

function refused(reason: string): ElfResult {
  return { kind: "refused", reason };
}
