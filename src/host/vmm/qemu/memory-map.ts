/**
 * The board's memory map: fixed places below RAM, regions above it that float with the size of
 * RAM, and the width of the address space that this takes.
 *
 * @see QEMU hw/arm/virt.c (base_memmap, extended_memmap, virt_set_memmap, virt_kvm_type)
 * @module
 */
import type { QemuConfig } from "./config.ts";
import { alignUp, bitLength, GIB, MIB } from "./numbers.ts";
import { refuseLaunch } from "./refusal.ts";
import type { QemuRelease } from "./versions.ts";

/** A range of guest addresses, in bytes. */
export interface MapRange {
  readonly base: bigint;
  readonly size: bigint;
}

/** Places that no option moves. */
export const LOW_MAP = {
  flash: { base: 0n, size: 0x0800_0000n },
  gicDist: { base: 0x0800_0000n, size: 0x1_0000n },
  gicCpu: { base: 0x0801_0000n, size: 0x1_0000n },
  gicV2m: { base: 0x0802_0000n, size: 0x1000n },
  gicHyp: { base: 0x0803_0000n, size: 0x1_0000n },
  gicVcpu: { base: 0x0804_0000n, size: 0x1_0000n },
  gicIts: { base: 0x0808_0000n, size: 0x2_0000n },
  gicRedist: { base: 0x080a_0000n, size: 0xf6_0000n },
  uart0: { base: 0x0900_0000n, size: 0x1000n },
  rtc: { base: 0x0901_0000n, size: 0x1000n },
  fwCfg: { base: 0x0902_0000n, size: 0x18n },
  gpio: { base: 0x0903_0000n, size: 0x1000n },
  uart1: { base: 0x0904_0000n, size: 0x1000n },
  smmu: { base: 0x0905_0000n, size: 0x2_0000n },
  secureGpio: { base: 0x090b_0000n, size: 0x1000n },
  virtioMmio: { base: 0x0a00_0000n, size: 0x200n },
  platformBus: { base: 0x0c00_0000n, size: 0x0200_0000n },
  secureRam: { base: 0x0e00_0000n, size: 0x0100_0000n },
  pcieMmio: { base: 0x1000_0000n, size: 0x2eff_0000n },
  pciePio: { base: 0x3eff_0000n, size: 0x1_0000n },
  pcieEcam: { base: 0x3f00_0000n, size: 0x0100_0000n },
} as const;

/** Where RAM begins. */
export const RAM_BASE = 0x4000_0000n;

/** Where the high regions begin at the earliest, counted from address 0. */
const LEGACY_RAM_TOP = 256n * GIB;
const MAX_SLOTS = 256n;
/** KVM's narrowest address space. */
const MIN_IPA_BITS = 32;

/** A region above RAM. */
export interface HighRegion extends MapRange {
  /** Whether the guest has it. */
  readonly enabled: boolean;
}

/** The regions above RAM, and where everything ends. */
export interface MemoryMap {
  readonly redist2: HighRegion;
  readonly ecam: HighRegion;
  readonly mmio: HighRegion;
  /** The highest guest physical address that is used. */
  readonly highestGpa: bigint;
}

type Key = "redist2" | "cxl" | "ecam" | "mmio";

/** What the map is fitted to. */
interface MapContext {
  readonly config: QemuConfig;
  readonly release: QemuRelease;
  /** Physical address bits of the CPU, or of KVM. */
  readonly paBits: number;
}

/** The high regions in order, with what the line says about each. */
function wantedRegions({
  config,
  release,
}: MapContext): readonly (readonly [Key, bigint, boolean])[] {
  const { settings, machine } = config;
  return [
    ["redist2", 64n * MIB, settings.highmemRedists],
    ...(release.has("cxlRegion") ? [["cxl", MIB, false] as const] : []),
    ["ecam", 256n * MIB, settings.highmemEcam ?? machine.highEcam],
    ["mmio", settings.highmemMmioSize, settings.highmemMmio],
  ];
}

/** Where the room for memory to be added ends, which is where the high regions may begin. */
function memoryTop({ config: { memory } }: MapContext): bigint {
  if (memory.slots > MAX_SLOTS) {
    throw refuseLaunch(`unsupported number of memory slots: ${memory.slots}`);
  }
  const deviceBase = alignUp(RAM_BASE + memory.size, GIB);
  const room = BigInt.asUintN(64, memory.maxSize - memory.size + memory.slots * GIB);
  const top = BigInt.asUintN(64, deviceBase + alignUp(room, GIB));
  if (top < deviceBase) throw refuseLaunch("maxmem/slots too huge");
  return top;
}

/**
 * Lays the map out.
 *
 * @throws CcaRimError HOST_REFUSED if memory does not fit the address space.
 */
export function layOutMap(context: MapContext): MemoryMap {
  const { config, release } = context;
  const fitting = release.has("mapFitsPaBits");
  const bits = BigInt(config.settings.highmem ? context.paBits : MIN_IPA_BITS);
  const limit = 1n << bits;
  const top = memoryTop(context);
  if (fitting && top > limit) {
    const excess = `memory exceeds it by ${top - limit} bytes`;
    throw refuseLaunch(`Addressing limited to ${bits} bits, but ${excess}`);
  }
  const compact =
    release.has("compactHighmem") &&
    (config.settings.compactHighmem ?? config.machine.compactHighmem);
  let base = top > LEGACY_RAM_TOP ? top : LEGACY_RAM_TOP;
  let highestGpa = top - 1n;
  const placed = new Map<Key, HighRegion>();
  for (const [key, size, wanted] of wantedRegions(context)) {
    const start = alignUp(base, size);
    const fits = !fitting || start + size <= limit;
    const enabled = wanted && fits;
    placed.set(key, { base: start, size, enabled });
    if (compact && !enabled) continue;
    base = start + size;
    if (fits) highestGpa = base - 1n;
  }
  if (release.has("cxlRegion")) highestGpa = alignUp(highestGpa + 1n, 256n * MIB) - 1n;
  const none = { base: 0n, size: 0n, enabled: false };
  const region = (key: Key): HighRegion => placed.get(key) ?? none;
  return { redist2: region("redist2"), ecam: region("ecam"), mmio: region("mmio"), highestGpa };
}

/** What KVM is asked for. */
interface IpaRequest {
  readonly map: MemoryMap;
  /** 1 for a Realm, whose upper half is shared with the host. */
  readonly extraBits: number;
  /** What the host offers. */
  readonly maxBits: number;
}

/**
 * Width of the IPA space that QEMU asks KVM for.
 *
 * @throws CcaRimError HOST_REFUSED if that is too wide for the host.
 */
export function ipaBitsOf({ map, extraBits, maxBits }: IpaRequest): number {
  const wanted = Math.max(bitLength(map.highestGpa) + extraBits, MIN_IPA_BITS);
  if (wanted > maxBits) {
    throw refuseLaunch(
      `-m and ,maxmem option values require an IPA range (${wanted} bits) larger than the one supported by the host (${maxBits} bits)`,
    );
  }
  return wanted;
}
