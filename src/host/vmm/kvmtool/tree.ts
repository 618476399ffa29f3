/**
 * The device tree that kvmtool generates: node for node and property for property in its order,
 * written with libfdt, opened into guest memory and packed there.
 *
 * @module
 */
import { buildFdt, type FdtNodeBuilder } from "../../../formats/fdt/build.ts";
import type { KvmtoolConfig } from "./config.ts";
import type { DevicePlan } from "./devices.ts";
import { DTB_SIZE, type MemoryLayout } from "./layout.ts";
import { type GicPlan, writeInterruptController, writePmu, writeTimer } from "./tree-cpu.ts";
import { writeMemoryBus, writePciHost } from "./tree-devices.ts";

/** Everything a tree is made of. */
export interface TreeInput {
  readonly config: KvmtoolConfig;
  readonly layout: MemoryLayout;
  readonly devices: DevicePlan;
  readonly gic: GicPlan;
  /** Affinity values of the vCPUs that are created, as in MPIDR_EL1. */
  readonly mpidrs: readonly bigint[];
  readonly bootargs: Uint8Array | undefined;
  /** Bytes of the flash device; undefined without one. */
  readonly flashSize: number | undefined;
  readonly cpuCompatible: string;
  /** Whether KVM has PSCI 0.2 or later. */
  readonly psci02: boolean;
  readonly libfdt: string;
}

/** Handles by which nodes refer to each other. */
const PHANDLE = { gic: 1, dma: 3 } as const;

const AFFINITY_MASK = 0xff_00ff_ffffn;
/** A node name is cut to what fits kvmtool's buffer of 15 bytes. */
const CPU_NAME_LENGTH = 14;

function writeChosen(root: FdtNodeBuilder, { config, layout, bootargs }: TreeInput): void {
  root.node("chosen", (chosen) => {
    if (bootargs !== undefined) chosen.string("bootargs", bootargs);
    chosen.u64("kaslr-seed", config.kaslrSeed);
    chosen.string("stdout-path", "serial0");
    const { initrd } = layout;
    if (initrd !== undefined) {
      chosen.u64("linux,initrd-start", initrd.start);
      chosen.u64("linux,initrd-end", initrd.start + BigInt(initrd.source.size));
    }
  });
}

function writeMemory(root: FdtNodeBuilder, { config, layout }: TreeInput): void {
  root.node("memory", (memory) => {
    memory.string("device_type", "memory");
    memory.u64("reg", layout.ram.start, layout.ram.size);
  });
  if (!config.pkvm) return;
  root.node("reserved-memory", (reserved) => {
    reserved.u32("#address-cells", 2);
    reserved.u32("#size-cells", 2);
    reserved.empty("ranges");
    reserved.node("restricted_dma_reserved", (pool) => {
      pool.string("compatible", "restricted-dma-pool");
      pool.u64("size", 8n << 20n);
      pool.u32("phandle", PHANDLE.dma);
    });
  });
}

function writeCpus(root: FdtNodeBuilder, { mpidrs, cpuCompatible }: TreeInput): void {
  root.node("cpus", (cpus) => {
    cpus.u32("#address-cells", 1);
    cpus.u32("#size-cells", 0);
    for (const mpidr of mpidrs) {
      const affinity = mpidr & AFFINITY_MASK;
      cpus.node(`cpu@${affinity.toString(16)}`.slice(0, CPU_NAME_LENGTH), (cpu) => {
        cpu.string("device_type", "cpu");
        cpu.string("compatible", cpuCompatible);
        if (mpidrs.length > 1) cpu.string("enable-method", "psci");
        cpu.u32("reg", Number(BigInt.asUintN(32, affinity)));
      });
    }
  });
}

/** Function numbers of cpu_suspend, cpu_off, cpu_on and migrate. @see Arm DEN 0022 5.1 */
const PSCI_02_AARCH64: readonly number[] = [0xc4000001, 0x84000002, 0xc4000003, 0xc4000005];
const PSCI_02_AARCH32: readonly number[] = [0x84000001, 0x84000002, 0x84000003, 0x84000005];
/** KVM's own numbers from before PSCI 0.2. */
const PSCI_01: readonly number[] = [0x95c1ba5e, 0x95c1ba5f, 0x95c1ba60, 0x95c1ba61];
const PSCI_FUNCTIONS = ["cpu_suspend", "cpu_off", "cpu_on", "migrate"] as const;

function writePsci(root: FdtNodeBuilder, { config, psci02 }: TreeInput): void {
  root.node("psci", (psci) => {
    psci.strings("compatible", psci02 ? ["arm,psci-0.2", "arm,psci"] : ["arm,psci"]);
    psci.string("method", config.realm ? "smc" : "hvc");
    const modern = config.aarch32 ? PSCI_02_AARCH32 : PSCI_02_AARCH64;
    const numbers = psci02 ? modern : PSCI_01;
    PSCI_FUNCTIONS.forEach((name, index) => {
      psci.u32(name, numbers[index] ?? 0);
    });
  });
}

/**
 * Writes the tree.
 *
 * @returns the 64 KiB at the tree's address: the tree, the last bytes of its string block once
 *   more (fdt_pack moves the block and clears nothing), zeros.
 * @throws CcaRimError if the tree does not fit, which ends kvmtool, too.
 */
export function writeTree(input: TreeInput): Uint8Array {
  const { config, devices, gic } = input;
  return buildFdt({ bufferSize: DTB_SIZE, libfdt: input.libfdt, packed: true }, (root) => {
    root.u32("interrupt-parent", PHANDLE.gic);
    root.string("compatible", "linux,dummy-virt");
    root.u32("#address-cells", 2);
    root.u32("#size-cells", 2);
    writeChosen(root, input);
    writeMemory(root, input);
    writeCpus(root, input);
    writeInterruptController(root, gic);
    writeTimer(root, gic, config.cntfrq);
    if (config.pmu) writePmu(root, gic);
    writeMemoryBus(root, devices, input.flashSize);
    writePciHost(root, devices, {
      msi: gic.msi !== undefined,
      dmaPool: config.pkvm ? PHANDLE.dma : undefined,
    });
    writePsci(root, input);
    root.node("aliases", (aliases) => {
      aliases.string("serial0", "/U6_16550A@1000000");
    });
  });
}
