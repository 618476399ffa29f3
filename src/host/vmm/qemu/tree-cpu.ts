/**
 * The nodes of the processors: /timer, /cpus, /pmu.
 *
 * @see QEMU hw/arm/virt.c (fdt_add_timer_nodes, fdt_add_cpu_nodes, fdt_add_pmu_nodes)
 * @module
 */
import { CacheWriter } from "./cpu-caches.ts";
import type { MachinePlan } from "./machine-plan.ts";
import { placeOf } from "./topology.ts";
import type { TreeBuilder } from "./tree-builder.ts";

/** Kinds and flags of interrupts in the GIC's binding. */
export const IRQ = { spi: 0, ppi: 1, edge: 1, level: 4 } as const;

const PPI = {
  secureTimer: 13,
  timer: 14,
  virtualTimer: 11,
  el2Timer: 10,
  el2VirtualTimer: 12,
  pmu: 7,
} as const;

/** A GICv2 names the CPUs that a private interrupt goes to. */
function privateFlags({ gic, config }: MachinePlan, trigger: number): number {
  if (gic.version !== 2) return trigger;
  return trigger | (((1 << config.topology.cpus) - 1) << 8);
}

/** /timer. */
export function addTimer(tree: TreeBuilder, plan: MachinePlan): void {
  const { config, release, cpu } = plan;
  const { machine, settings } = config;
  const flags = privateFlags(plan, machine.edgeTimers ? IRQ.edge : IRQ.level);
  const el2Virtual =
    release.has("el2VirtualTimer") && machine.el2VirtualTimer && settings.virtualization && cpu.vhe;
  const timers = [
    PPI.secureTimer,
    PPI.timer,
    PPI.virtualTimer,
    PPI.el2Timer,
    ...(el2Virtual ? [PPI.el2VirtualTimer] : []),
  ];
  const v8 = cpu.aarch64 ? ["arm,armv8-timer"] : [];
  tree.node("/timer");
  tree.text("/timer", "compatible", ...v8, "arm,armv7-timer");
  tree.flag("/timer", "always-on");
  tree.cells("/timer", "interrupts", ...timers.flatMap((ppi) => [IRQ.ppi, ppi, flags]));
}

/** MPIDR affinity of a CPU. */
export function affinityOf(cpu: number, clusterSize: number): number {
  return (Math.floor(cpu / clusterSize) << 8) | (cpu % clusterSize);
}

/** /cpus with all that is below. */
export function addCpus(tree: TreeBuilder, plan: MachinePlan): void {
  const { config, release } = plan;
  const { topology, machine, settings } = config;
  const caches = release.has("cpuCaches")
    ? new CacheWriter({
        tree,
        model: plan.cpu.model,
        levels: settings.caches,
        acpi: settings.acpi,
        clustersGiven: topology.clustersGiven,
      })
    : undefined;
  const described = release.has("cpuTopology") && machine.cpuTopology;
  const phandles: number[] = [];
  tree.node("/cpus");
  tree.cells("/cpus", "#address-cells", 1);
  tree.cells("/cpus", "#size-cells", 0);
  for (let cpu = topology.cpus - 1; cpu >= 0; cpu--) {
    const path = `/cpus/cpu@${cpu}`;
    addCpu(tree, plan, cpu);
    if (described || caches !== undefined) {
      phandles[cpu] = tree.phandle();
      tree.cells(path, "phandle", phandles[cpu] ?? 0);
    }
    if (described) caches?.levelOne(path);
    caches?.outer(path, placeOf(cpu, topology));
  }
  if (described) addCpuMap(tree, plan, phandles);
}

function addCpu(tree: TreeBuilder, plan: MachinePlan, cpu: number): void {
  const { config, numa, gic } = plan;
  const path = `/cpus/cpu@${cpu}`;
  tree.node(path);
  tree.text(path, "device_type", "cpu");
  tree.text(path, "compatible", plan.cpuCompatible);
  if (plan.boardPsci !== "disabled" && config.topology.cpus > 1) {
    tree.text(path, "enable-method", "psci");
  }
  tree.cells(path, "reg", affinityOf(cpu, gic.affinityCluster));
  const node = numa.nodeOfCpu[cpu];
  if (node !== undefined) tree.cells(path, "numa-node-id", node);
}

function addCpuMap(tree: TreeBuilder, plan: MachinePlan, phandles: readonly number[]): void {
  const { topology } = plan.config;
  tree.node("/cpus/cpu-map");
  for (let cpu = topology.cpus - 1; cpu >= 0; cpu--) {
    const { socket, cluster, core, thread } = placeOf(cpu, topology);
    const above = `/cpus/cpu-map/socket${socket}/cluster${cluster}/core${core}`;
    const path = topology.threads > 1 ? `${above}/thread${thread}` : above;
    tree.path(path);
    tree.cells(path, "cpu", phandles[cpu] ?? 0);
  }
}

/** /pmu. */
export function addPmu(tree: TreeBuilder, plan: MachinePlan): void {
  if (!plan.cpu.pmu) return;
  tree.node("/pmu");
  // Before ARMv8 there is a node, but nothing in it.
  if (!plan.cpu.aarch64) return;
  tree.text("/pmu", "compatible", "arm,armv8-pmuv3");
  tree.cells("/pmu", "interrupts", IRQ.ppi, PPI.pmu, privateFlags(plan, IRQ.level));
}
