/**
 * What the loader adds to a tree last: memory, boot arguments, the initrd's place, PSCI, the
 * measurement log. The tree is the board's own or the file that `-dtb` names.
 *
 * @see QEMU hw/arm/boot.c (arm_load_dtb, fdt_add_psci_node)
 * @module
 */

import { viewOf } from "../../../bytes.ts";
import { FdtEditor } from "../../../formats/fdt/edit.ts";
import type { MachinePlan } from "./machine-plan.ts";
import { RAM_BASE } from "./memory-map.ts";
import { GIB } from "./numbers.ts";
import { refuseLaunch } from "./refusal.ts";
import { TreeBuilder, wide } from "./tree-builder.ts";

/** Length of the measurement log in bytes. */
export const LOG_SIZE = 0x1_0000n;

/** Numbers of PSCI's functions. */
const PSCI_64 = { suspend: 0xc400_0001, off: 0x8400_0002, on: 0xc400_0003, migrate: 0xc400_0005 };
const PSCI_32 = { suspend: 0x8400_0001, off: 0x8400_0002, on: 0x8400_0003, migrate: 0x8400_0005 };

/** Widths of addresses and sizes at the root, in cells. */
interface RootCells {
  readonly address: number;
  readonly size: number;
}

/** Opens the file that `-dtb` names in a buffer with room to grow. */
export function openTree(file: Uint8Array): TreeBuilder {
  const buffer = (file.length + 10_000) * 2;
  return new TreeBuilder(FdtEditor.open(file, buffer), 0);
}

function rootCells(tree: TreeBuilder): RootCells {
  const cell = (name: string): number => {
    const value = tree.editor.getProp(0, name);
    if (value?.length !== 4) throw refuseLaunch(`Couldn't get //${name}`);
    return viewOf(value).getUint32(0);
  };
  return { address: cell("#address-cells"), size: cell("#size-cells") };
}

/** A number in as many cells as the root says. */
function sized(value: bigint, cells: number): readonly number[] {
  if (cells === 1 && value >> 32n !== 0n) throw refuseLaunch("couldn't add /memory node");
  return cells === 1 ? [Number(value)] : wide(value);
}

/** Takes the memory nodes of a given tree out. */
function dropMemory(tree: TreeBuilder): void {
  const isMemory = (name: string): boolean => name === "memory" || name.startsWith("memory@");
  for (;;) {
    const node = tree.editor.nodes().find(({ depth, name }) => depth === 1 && isMemory(name));
    if (node === undefined) return;
    tree.editor.nopNode(node.offset);
  }
}

function addMemory(tree: TreeBuilder, { config, numa, release }: MachinePlan): void {
  const cells = rootCells(tree);
  if (cells.address === 0 || cells.size === 0) {
    throw refuseLaunch("dtb file invalid (#address-cells or #size-cells 0)");
  }
  if (cells.size < 2 && config.memory.size >= 4n * GIB) {
    throw refuseLaunch("dtb file not compatible with RAM size > 4GB");
  }
  dropMemory(tree);
  const add = (base: bigint, size: bigint, node?: number): void => {
    const path = `/memory@${base.toString(16)}`;
    tree.node(path);
    tree.text(path, "device_type", "memory");
    tree.cells(path, "reg", ...sized(base, cells.address), ...sized(size, cells.size));
    if (node !== undefined) tree.cells(path, "numa-node-id", node);
  };
  if (numa.memory.length === 0) {
    add(RAM_BASE, config.memory.size);
    return;
  }
  let base = RAM_BASE;
  for (const [node, size] of numa.memory.entries()) {
    if (size === 0n && release.has("skipEmptyNodes")) continue;
    add(base, size, node);
    base += size;
  }
}

function addChosen(tree: TreeBuilder, { config, boot, release }: MachinePlan): void {
  if (!tree.has("/chosen")) tree.node("/chosen");
  const { append } = config.settings;
  if (append !== undefined && append !== "") tree.text("/chosen", "bootargs", append);
  const { initrd } = boot;
  if (initrd === undefined || initrd.size === 0n) return;
  const cells = release.has("initrdCells") ? rootCells(tree).address : 1;
  const end = initrd.address + initrd.size;
  const of = (value: bigint): readonly number[] =>
    release.has("initrdCells") ? sized(value, cells) : [Number(BigInt.asUintN(32, value))];
  tree.cells("/chosen", "linux,initrd-start", ...of(initrd.address));
  tree.cells("/chosen", "linux,initrd-end", ...of(end));
}

function addPsci(tree: TreeBuilder, { psci, psciVersion, cpu, release }: MachinePlan): void {
  if (psci === "disabled") return;
  if (tree.has("/psci")) {
    if (!release.has("psciReplaced")) return;
    tree.editor.nopNode(tree.editor.findNode("/psci"));
  }
  const functions = cpu.aarch64 ? PSCI_64 : PSCI_32;
  const newest = psciVersion >= 1 ? ["arm,psci-1.0"] : [];
  tree.node("/psci");
  tree.text("/psci", "compatible", ...newest, "arm,psci-0.2", "arm,psci");
  tree.text("/psci", "method", psci);
  tree.cells("/psci", "cpu_suspend", functions.suspend);
  tree.cells("/psci", "cpu_off", functions.off);
  tree.cells("/psci", "cpu_on", functions.on);
  tree.cells("/psci", "migrate", functions.migrate);
}

function addLog(tree: TreeBuilder, { log }: MachinePlan): void {
  if (log === undefined) return;
  tree.node("/reserved-memory");
  tree.cells("/reserved-memory", "#address-cells", 2);
  tree.cells("/reserved-memory", "#size-cells", 2);
  tree.flag("/reserved-memory", "ranges");
  const path = `/reserved-memory/event-log@${log.toString(16)}`;
  tree.node(path);
  tree.text(path, "compatible", "cc-event-log");
  tree.wide(path, "reg", log, LOG_SIZE);
}

/** Finishes a tree. @throws CcaRimError HOST_REFUSED for a given tree that cannot hold it. */
export function finishTree(tree: TreeBuilder, plan: MachinePlan): void {
  addMemory(tree, plan);
  addChosen(tree, plan);
  addPsci(tree, plan);
  addLog(tree, plan);
}
