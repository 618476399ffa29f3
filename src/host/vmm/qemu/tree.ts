/**
 * The device tree of the virt board: the order in which QEMU makes nodes and properties, which
 * decides the bytes as much as what they say.
 *
 * @see QEMU hw/arm/virt.c (machvirt_init, create_fdt, virt_machine_done)
 * @module
 */
import { FdtEditor } from "../../../formats/fdt/edit.ts";
import type { MachinePlan, Seeds } from "./machine-plan.ts";
import { finishTree, openTree } from "./tree-boot.ts";
import { TreeBuilder } from "./tree-builder.ts";
import { addCpus, addPmu, addTimer } from "./tree-cpu.ts";
import {
  addFlash,
  addFwCfg,
  addGpio,
  addRtc,
  addSecureRam,
  addUart,
  addVirtio,
} from "./tree-devices.ts";
import { addGic } from "./tree-gic.ts";
import { addPcie, addPlatformBus, addPluggedIommus } from "./tree-pcie.ts";

/** Length of the board's own tree in bytes, whatever is in it. */
export const BOARD_TREE_SIZE = 0x10_0000;

const NAME = "linux,dummy-virt";
const CLOCK_HZ = 24_000_000;

function addSeeds(tree: TreeBuilder, path: string, { kaslr, rng }: Seeds): void {
  tree.wide(path, "kaslr-seed", kaslr);
  if (rng !== undefined) tree.bytes(path, "rng-seed", rng);
}

function addRoot(tree: TreeBuilder, { release, seeds, config }: MachinePlan): void {
  tree.text("/", "compatible", NAME);
  tree.cells("/", "#address-cells", 2);
  tree.cells("/", "#size-cells", 2);
  if (release.has("rootModel")) tree.text("/", "model", NAME);
  if (release.has("rootDmaCoherent")) tree.flag("/", "dma-coherent");
  tree.node("/chosen");
  if (seeds !== undefined) addSeeds(tree, "/chosen", seeds.chosen);
  if (config.settings.secure) {
    tree.node("/secure-chosen");
    if (seeds?.secure !== undefined) addSeeds(tree, "/secure-chosen", seeds.secure);
  }
  if (release.has("aliases")) tree.node("/aliases");
}

/** @returns the clock's phandle. */
function addClock(tree: TreeBuilder): number {
  const phandle = tree.phandle();
  tree.node("/apb-pclk");
  tree.text("/apb-pclk", "compatible", "fixed-clock");
  tree.cells("/apb-pclk", "#clock-cells", 0);
  tree.cells("/apb-pclk", "clock-frequency", CLOCK_HZ);
  tree.text("/apb-pclk", "clock-output-names", "clk24mhz");
  tree.cells("/apb-pclk", "phandle", phandle);
  return phandle;
}

function addDistances(tree: TreeBuilder, { numa }: MachinePlan): void {
  if (numa.distances === undefined) return;
  const cells = numa.distances.flatMap((row, from) =>
    row.flatMap((distance, to) => [from, to, distance]),
  );
  tree.node("/distance-map");
  tree.text("/distance-map", "compatible", "numa-distance-map-v1");
  tree.cells("/distance-map", "distance-matrix", ...cells);
}

function addSerials(tree: TreeBuilder, plan: MachinePlan, clock: number): void {
  const { secure } = plan.config.settings;
  const ramFirst = plan.release.has("secureRamFirst");
  const second = !secure && plan.release.has("secondUart") && plan.config.serials[1] === true;
  if (second) addUart(tree, plan, "uart1", clock);
  addUart(tree, plan, "uart0", clock);
  if (!secure) return;
  if (ramFirst) addSecureRam(tree);
  addUart(tree, plan, "uart1", clock);
  if (!ramFirst) addSecureRam(tree);
}

function addPower(tree: TreeBuilder, plan: MachinePlan, clock: number): void {
  const { config, cpu, firmwareLoaded, release } = plan;
  const { settings, machine } = config;
  // ACPI's generic event device does the GPIO's work.
  const byAcpi = machine.eventDevice && cpu.aarch64 && firmwareLoaded && settings.acpi;
  if (!byAcpi) addGpio(tree, plan, "gpio", clock);
  if (settings.secure && release.has("secureGpio") && machine.secureGpio) {
    addGpio(tree, plan, "secureGpio", clock);
  }
}

/** The tree that the board makes, up to where the loader takes it over. */
function boardTree(plan: MachinePlan): TreeBuilder {
  const editor = FdtEditor.create(BOARD_TREE_SIZE, { libfdt: plan.libfdt });
  const tree = new TreeBuilder(editor, plan.config.settings.phandleStart);
  addRoot(tree, plan);
  const clock = addClock(tree);
  addDistances(tree, plan);
  addTimer(tree, plan);
  addCpus(tree, plan);
  if (plan.flash) addFlash(tree, plan);
  const phandles = addGic(tree, plan);
  addPmu(tree, plan);
  addSerials(tree, plan, clock);
  addRtc(tree, clock);
  addPcie(tree, plan, phandles, clock);
  addPower(tree, plan, clock);
  addVirtio(tree, plan);
  addFwCfg(tree);
  addPluggedIommus(tree, plan, clock);
  addPlatformBus(tree, plan, phandles.gic);
  return tree;
}

/**
 * The bytes that QEMU puts into guest memory as its device tree, to the end of their buffer.
 *
 * @param file the bytes of the tree that `-dtb` names, if it names one.
 * @throws CcaRimError HOST_REFUSED; FdtRefusal for a file that is no device tree.
 */
export function makeTree(plan: MachinePlan, file?: Uint8Array): Uint8Array {
  // A given tree takes the place of the board's, which is made in any case.
  const board = boardTree(plan);
  const tree = file === undefined ? board : openTree(file);
  finishTree(tree, plan);
  return tree.editor.buffer;
}
