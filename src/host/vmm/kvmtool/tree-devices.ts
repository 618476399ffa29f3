/**
 * The parts of kvmtool's tree that belong to devices: flash, serial ports, clock, virtio, PCI.
 *
 * @module
 */
import type { FdtNodeBuilder } from "../../../formats/fdt/build.ts";
import type { DevicePlan } from "./devices.ts";

const SPI = 0;
const EDGE_RISING = 1;
const LEVEL_HIGH = 4;

const UART_BASE = 0x100_0000;
const UART_STRIDE = 0x1000;
const RTC_BASE = 0x101_0000;
const FLASH_BASE = 0x200_0000;
const FLASH_MAX = 0x100_0000;
const VIRTIO_MMIO_SIZE = 0x200;

/**
 * How much of a flash file is shown: the largest power of two that it holds, at most 16 MiB.
 *
 * @param fileSize in bytes; kvmtool keeps it in 32 bits.
 */
export function flashSizeOf(fileSize: number): number {
  const size = fileSize % 0x1_0000_0000;
  const rounded = size === 0 ? 1 : 2 ** (31 - Math.clz32(size));
  return Math.min(rounded, FLASH_MAX);
}

function writeFlash(root: FdtNodeBuilder, size: number): void {
  root.node("flash", (flash) => {
    flash.u32("bank-width", 4);
    flash.u32("#address-cells", 1);
    flash.u32("#size-cells", 1);
    flash.string("compatible", "cfi-flash");
    flash.string("label", "System-firmware");
    flash.u64("reg", FLASH_BASE, size);
  });
}

/** Devices on the memory bus. `flashSize` in bytes, undefined without a flash device. */
export function writeMemoryBus(
  root: FdtNodeBuilder,
  devices: DevicePlan,
  flashSize: number | undefined,
): void {
  if (flashSize !== undefined) writeFlash(root, flashSize);
  devices.serial.forEach((spi, port) => {
    const address = UART_BASE + port * UART_STRIDE;
    root.node(`U6_16550A@${address.toString(16)}`, (uart) => {
      uart.string("compatible", "ns16550a");
      uart.u64("reg", address, 8);
      uart.u32("interrupts", SPI, spi, LEVEL_HIGH);
      uart.u32("clock-frequency", 1843200);
    });
  });
  root.node("rtc", (rtc) => {
    rtc.string("compatible", "motorola,mc146818");
    rtc.u64("reg", RTC_BASE, 2);
  });
  for (const { address, spi } of devices.mmio) {
    root.node(`virtio@${address.toString(16)}`, (virtio) => {
      virtio.string("compatible", "virtio,mmio");
      virtio.u64("reg", address, VIRTIO_MMIO_SIZE);
      virtio.empty("dma-coherent");
      virtio.u32("interrupts", SPI, spi, EDGE_RISING);
    });
  }
}

const PCI_CONFIG = { base: 0x4000_0000, size: 0x1000_0000 } as const;
const PCI_MEMORY = { base: 0x5000_0000, size: 0x3000_0000 } as const;
const PCI_IO_SIZE = 0x1_0000;
/** Address space codes of a PCI address's first cell. */
const PCI_SPACE_IO = 0x0100_0000;
const PCI_SPACE_MEMORY = 0x0200_0000;
/** Bus address (3 cells), guest address and size (2 cells each) of I/O ports and of memory. */
const PCI_RANGES: readonly number[] = [
  [PCI_SPACE_IO, 0, 0, 0, 0, 0, PCI_IO_SIZE],
  [PCI_SPACE_MEMORY, 0, PCI_MEMORY.base, 0, PCI_MEMORY.base, 0, PCI_MEMORY.size],
].flat();
const PCI_DEVICE_SHIFT = 11;
const PCI_DEVICE_MASK = 0x1f;
/** kvmtool's table of interrupt lines has room for this many. */
const MAX_INTERRUPTS = 256;

const PHANDLE = { gic: 1, msi: 2 } as const;

function interruptMap({ pci }: DevicePlan): number[] {
  return pci.slice(0, MAX_INTERRUPTS).flatMap(({ device, spi }) => {
    const address = (device & PCI_DEVICE_MASK) << PCI_DEVICE_SHIFT;
    return [address, 0, 0, 1, PHANDLE.gic, 0, 0, SPI, spi, LEVEL_HIGH];
  });
}

/** Node `pci`; it is there even without PCI devices. `dmaPool`: handle of the restricted pool. */
export function writePciHost(
  root: FdtNodeBuilder,
  devices: DevicePlan,
  { msi, dmaPool }: { readonly msi: boolean; readonly dmaPool: number | undefined },
): void {
  root.node("pci", (pci) => {
    pci.string("device_type", "pci");
    pci.u32("#address-cells", 3);
    pci.u32("#size-cells", 2);
    pci.u32("#interrupt-cells", 1);
    pci.string("compatible", "pci-host-ecam-generic");
    pci.empty("dma-coherent");
    pci.u32("bus-range", 0, 0);
    pci.u64("reg", PCI_CONFIG.base, PCI_CONFIG.size);
    pci.u32("ranges", ...PCI_RANGES);
    if (msi) pci.u32("msi-parent", PHANDLE.msi);
    if (dmaPool !== undefined) pci.u32("memory-region", dmaPool);
    pci.u32("interrupt-map", ...interruptMap(devices));
    if (devices.pci.length > 0) {
      pci.u32("interrupt-map-mask", PCI_DEVICE_MASK << PCI_DEVICE_SHIFT, 0, 0, 7);
    }
  });
}
