/**
 * The node of the PCIe host bridge, and those of IOMMUs and the platform bus.
 *
 * @see QEMU hw/arm/virt.c (create_pcie, create_smmu, create_virtio_iommu_dt_bindings),
 *   hw/core/sysbus-fdt.c
 * @module
 */
import type { PlatformDevice } from "./devices.ts";
import type { MachinePlan } from "./machine-plan.ts";
import { LOW_MAP, type MapRange } from "./memory-map.ts";
import { MIB } from "./numbers.ts";
import { type TreeBuilder, wide } from "./tree-builder.ts";
import { IRQ } from "./tree-cpu.ts";
import type { GicPhandles } from "./tree-gic.ts";

const PCIE = `/pcie@${LOW_MAP.pcieMmio.base.toString(16)}`;
const PINS = 4;
const PCIE_SPI = 3;
const SMMU_SPI = 74;
const PLATFORM_SPI = 112;
const ALL_DEVICES = 0x10000;
/** Address spaces in the binding of PCI. */
const SPACE = { io: 0x0100_0000, memory: 0x0200_0000, memory64: 0x0300_0000 } as const;

/** The host bridge with the IOMMU that the machine has by itself. */
export function addPcie(
  tree: TreeBuilder,
  plan: MachinePlan,
  phandles: GicPhandles,
  clock: number,
): void {
  const { map, release, config, cpu } = plan;
  const highEcam =
    map.ecam.enabled && highRegionsAllowed(plan) && (!plan.firmwareLoaded || cpu.aarch64);
  const ecam = highEcam ? map.ecam : LOW_MAP.pcieEcam;
  tree.node(PCIE);
  tree.text(PCIE, "compatible", "pci-host-ecam-generic");
  tree.text(PCIE, "device_type", "pci");
  tree.cells(PCIE, "#address-cells", 3);
  tree.cells(PCIE, "#size-cells", 2);
  tree.cells(PCIE, "linux,pci-domain", 0);
  tree.cells(PCIE, "bus-range", 0, Number(ecam.size / MIB) - 1);
  tree.flag(PCIE, "dma-coherent");
  if (phandles.msi !== undefined) {
    if (release.has("msiMap")) tree.cells(PCIE, "msi-map", 0, phandles.msi, 0, ALL_DEVICES);
    else tree.cells(PCIE, "msi-parent", phandles.msi);
  }
  tree.wide(PCIE, "reg", ecam.base, ecam.size);
  addRanges(tree, plan);
  tree.cells(PCIE, "#interrupt-cells", 1);
  addInterruptMap(tree, phandles.gic);
  if (config.settings.iommu !== "smmuv3") return;
  const smmu = tree.phandle();
  addSmmu(tree, plan, { base: LOW_MAP.smmu.base, irq: SMMU_SPI, phandle: smmu, clock });
  if (mapsIommu(plan)) tree.cells(PCIE, "iommu-map", 0, smmu, 0, ALL_DEVICES);
}

/** Before the map was fitted to the CPU, highmem=off left the high regions out here. */
function highRegionsAllowed({ release, config }: MachinePlan): boolean {
  return release.has("mapFitsPaBits") || config.settings.highmem;
}

function mapsIommu({ release, config }: MachinePlan): boolean {
  return !(release.has("bypassOmitsMap") && config.settings.bypassIommu);
}

function addRanges(tree: TreeBuilder, plan: MachinePlan): void {
  const { map } = plan;
  const { pciePio: io, pcieMmio: memory } = LOW_MAP;
  const window = (space: number, from: bigint, { base, size }: MapRange): readonly number[] => [
    space,
    ...wide(from),
    ...wide(base),
    ...wide(size),
  ];
  const ranges = [window(SPACE.io, 0n, io), window(SPACE.memory, memory.base, memory)];
  if (map.mmio.enabled && highRegionsAllowed(plan)) {
    ranges.push(window(SPACE.memory64, map.mmio.base, map.mmio));
  }
  tree.cells(PCIE, "ranges", ...ranges.flat());
}

function addInterruptMap(tree: TreeBuilder, gic: number): void {
  const cells: number[] = [];
  for (let slot = 0; slot < PINS; slot++) {
    for (let pin = 0; pin < PINS; pin++) {
      const irq = PCIE_SPI + ((pin + slot) % PINS);
      cells.push(slot << 11, 0, 0, pin + 1, gic, 0, 0, IRQ.spi, irq, IRQ.level);
    }
  }
  tree.cells(PCIE, "interrupt-map", ...cells);
  tree.cells(PCIE, "interrupt-map-mask", 0x1800, 0, 0, 7);
}

interface SmmuPlace {
  readonly base: bigint;
  readonly irq: number;
  readonly phandle: number;
  readonly clock: number;
}

function addSmmu(
  tree: TreeBuilder,
  { release }: MachinePlan,
  { base, irq, phandle, clock }: SmmuPlace,
): void {
  const path = `/smmuv3@${base.toString(16)}`;
  tree.node(path);
  tree.text(path, "compatible", "arm,smmu-v3");
  tree.wide(path, "reg", base, LOW_MAP.smmu.size);
  const interrupts = [0, 1, 2, 3].flatMap((i) => [IRQ.spi, irq + i, IRQ.edge]);
  tree.cells(path, "interrupts", ...interrupts);
  tree.text(path, "interrupt-names", "eventq", "priq", "cmdq-sync", "gerror");
  if (release.has("smmuClocks")) {
    tree.cells(path, "clocks", clock);
    tree.text(path, "clock-names", "apb_pclk");
  }
  tree.flag(path, "dma-coherent");
  tree.cells(path, "#iommu-cells", 1);
  tree.cells(path, "phandle", phandle);
}

/** IOMMUs that the line plugs in, in its order. */
export function addPluggedIommus(tree: TreeBuilder, plan: MachinePlan, clock: number): void {
  for (const iommu of plan.devices.iommus) {
    if (iommu.kind === "virtio-iommu") addVirtioIommu(tree, plan, iommu.devfn);
    else addPluggedSmmu(tree, plan, iommu, clock);
  }
}

function addPluggedSmmu(
  tree: TreeBuilder,
  plan: MachinePlan,
  { offset, irq, primaryBus }: PlatformDevice,
  clock: number,
): void {
  const byAcpi = plan.firmwareLoaded && plan.config.settings.acpi;
  if (!byAcpi && primaryBus !== "pcie.0") return;
  const phandle = tree.phandle();
  const base = LOW_MAP.platformBus.base + BigInt(offset);
  addSmmu(tree, plan, { base, irq: PLATFORM_SPI + irq, phandle, clock });
  tree.cells(PCIE, "iommu-map", 0, phandle, 0, ALL_DEVICES);
}

function addVirtioIommu(tree: TreeBuilder, plan: MachinePlan, devfn: number): void {
  const pciName = plan.release.has("virtioIommuPciName");
  const address = pciName ? `${(devfn >> 3).toString(16)},${devfn & 7}` : `${devfn}`;
  const path = `${PCIE}/virtio_iommu@${address}`;
  const phandle = tree.phandle();
  tree.node(path);
  tree.text(path, "compatible", "virtio,pci-iommu", ...(pciName ? ["pci1af4,1057"] : []));
  tree.cells(path, "reg", devfn << 8, 0, 0, 0, 0);
  tree.cells(path, "#iommu-cells", 1);
  tree.cells(path, "phandle", phandle);
  if (!mapsIommu(plan)) return;
  const after = devfn + 1;
  tree.cells(PCIE, "iommu-map", 0, phandle, 0, devfn, after, phandle, after, 0xffff - devfn);
}

/** The bus of devices that have no place of their own. */
export function addPlatformBus(tree: TreeBuilder, plan: MachinePlan, gic: number): void {
  const { base, size } = LOW_MAP.platformBus;
  const name = plan.release.has("platformBusName") ? "platform-bus" : "platform";
  const path = `/${name}@${base.toString(16)}`;
  tree.node(path);
  tree.text(path, "compatible", "qemu,platform", "simple-bus");
  tree.cells(path, "#size-cells", 1);
  tree.cells(path, "#address-cells", 1);
  tree.cells(path, "ranges", 0, ...wide(base), Number(size));
  tree.cells(path, "interrupt-parent", gic);
  for (const device of plan.devices.platform) addPlatformDevice(tree, path, device);
}

function addPlatformDevice(tree: TreeBuilder, bus: string, device: PlatformDevice): void {
  if (device.driver !== "tpm-tis-device") return;
  const path = `${bus}/tpm_tis@${device.offset.toString(16)}`;
  tree.node(path);
  tree.text(path, "compatible", "tcg,tpm-tis-mmio");
  tree.cells(path, "reg", device.offset, 0x5000);
}
