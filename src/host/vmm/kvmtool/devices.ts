/**
 * The devices of a line with their bus places and interrupt numbers, in the order in which kvmtool
 * initialises them: constructors are pushed to the front of their list, so within a priority the
 * object that is linked last comes first.
 *
 * @module
 */
import { hasVirtioConsole } from "./bootargs.ts";
import type { KvmtoolConfig, VirtioTransport } from "./config.ts";
import { notModelled, refuseLaunch } from "./refusal.ts";
import type { KvmtoolFacts } from "./versions.ts";

/** First shared interrupt of a GIC; kvmtool keeps GIC numbers in a byte. */
const SPI_BASE = 32;
const VIRTIO_MMIO_BASE = 0x300_0000;
const VIRTIO_MMIO_SIZE = 0x200;
const SERIAL_COUNT = 4;
/**
 * Virtio devices on the PCI bus: 256 ports each, from 0x6200 on, then from 0 again up to where the
 * host bridge has its own (0xcf8).
 */
const MAX_VIRTIO_PCI = (0x1_0000 - 0x6200) / 0x100 + 0xc;
/** A GICv2m frame takes this many lines before any device gets one. */
const V2M_LINES = 64;

/** The fixed ranges of SPI numbers, with how many devices fit. */
const RANGES = {
  serial: { first: 0, size: SERIAL_COUNT },
  mmio: { first: 4, size: 60 },
  pci: { first: 64, size: 32 },
} as const;

type LineKind = keyof typeof RANGES;

/** A virtio device on the memory bus. */
interface MmioDevice {
  readonly address: number;
  /** SPI number as the tree has it (a u32 cell). */
  readonly spi: number;
}

/** A device on the PCI bus. */
interface PciDevice {
  readonly device: number;
  readonly spi: number;
}

/** All devices with a place or interrupt of their own. */
export interface DevicePlan {
  /** SPI numbers of the four serial ports. */
  readonly serial: readonly number[];
  readonly mmio: readonly MmioDevice[];
  readonly pci: readonly PciDevice[];
}

/** Hands out interrupt lines. */
class Lines {
  readonly #fixed: boolean;
  #common: number;
  readonly #used: Record<LineKind, number> = { serial: 0, mmio: 0, pci: 0 };

  constructor(fixed: boolean, first: number) {
    this.#fixed = fixed;
    this.#common = first;
  }

  take(kind: LineKind): number {
    if (!this.#fixed) return spiCell(this.#common++);
    const range = RANGES[kind];
    const used = this.#used[kind]++;
    if (used >= range.size)
      throw refuseLaunch(`more than ${range.size} devices on the ${kind} bus`);
    return spiCell(range.first + used);
  }
}

/** What is left of a line number in a byte that counts from the GIC's first interrupt. */
function spiCell(line: number): number {
  return (((SPI_BASE + line) & 0xff) - SPI_BASE) >>> 0;
}

/** Transports of the virtio devices, in order. */
function virtioDevices(config: KvmtoolConfig, facts: KvmtoolFacts): readonly VirtioTransport[] {
  const forced = facts.transportFlags && config.forcePci;
  const transport = forced ? "pci" : config.transport;
  const repeat = (count: number): VirtioTransport[] =>
    Array<VirtioTransport>(count).fill(transport);
  const nics: readonly VirtioTransport[] =
    config.nics.length > 0
      ? config.nics.map(({ trans }) => trans ?? transport)
      : repeat(config.noNet ? 0 : 1);
  return [
    ...repeat(config.ninep),
    ...repeat(config.vsockCid === 0n ? 0 : 1),
    ...repeat(config.balloon ? 1 : 0),
    ...repeat(config.rng ? 1 : 0),
    ...nics,
    ...repeat(hasVirtioConsole(config) ? 1 : 0),
    ...repeat(config.disks.length),
  ];
}

/** What decides a plan. */
export interface DevicePlanInput {
  readonly config: KvmtoolConfig;
  readonly facts: KvmtoolFacts;
  /** Whether a GICv2m frame takes lines for itself. */
  readonly v2mFrame: boolean;
}

/**
 * Gives every device its place.
 *
 * @throws CcaRimError HOST_NOT_MODELLED for devices passed through where their own kind decides
 *   about a line, HOST_REFUSED if a fixed range overflows.
 */
export function planDevices({ config, facts, v2mFrame }: DevicePlanInput): DevicePlan {
  const fixed = facts.spi === "fixed-ranges";
  if (config.vfio > 0 && !fixed) {
    throw notModelled(
      "--vfio-pci: which interrupts this kvmtool gives out depends on the device",
      config.at.get("vfio-pci"),
      "leave the device out, or give the tree with --dtb where there is one",
    );
  }
  const lines = new Lines(fixed, v2mFrame ? V2M_LINES : 0);
  const pci: PciDevice[] = [];
  const addPci = (): void => {
    pci.push({ device: pci.length, spi: lines.take("pci") });
  };
  for (let i = 0; i < config.vfio; i++) addPci();
  const serial = Array.from({ length: SERIAL_COUNT }, () => lines.take("serial"));
  const mmio: MmioDevice[] = [];
  const mostPci = pci.length + MAX_VIRTIO_PCI;
  for (const transport of virtioDevices(config, facts)) {
    if (transport === "pci") {
      if (pci.length === mostPci) {
        throw refuseLaunch("Error activating emulation for BAR 0", "use fewer PCI devices");
      }
      addPci();
    } else {
      const address = VIRTIO_MMIO_BASE + mmio.length * VIRTIO_MMIO_SIZE;
      mmio.push({ address, spi: lines.take("mmio") });
    }
  }
  return { serial, mmio, pci };
}
