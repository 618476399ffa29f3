/**
 * Caches in the device tree, as QEMU 11 describes them: the L1 caches as properties of each CPU,
 * the outer ones as nodes below the first CPU that is met of those that share them.
 *
 * @see QEMU hw/arm/virt.c (fdt_add_cpu_nodes, add_cpu_cache_hierarchy)
 * @module
 */
import type { CacheShape, CpuModel } from "./cpu-models.ts";
import { refuseLaunch } from "./refusal.ts";
import type { CacheLevel, CacheName } from "./smp-cache.ts";
import type { TreeBuilder } from "./tree-builder.ts";

/** Where a CPU is. */
export interface CpuPlace {
  readonly socket: number;
  readonly cluster: number;
  readonly core: number;
}

/** What decides the caches of a machine. */
export interface CacheContext {
  readonly tree: TreeBuilder;
  /** Undefined for a CPU whose caches QEMU does not know. */
  readonly model: CpuModel | undefined;
  readonly levels: ReadonlyMap<CacheName, CacheLevel>;
  readonly acpi: boolean;
  /** Whether the line says how many clusters there are. */
  readonly clustersGiven: boolean;
}

const OUTERMOST = 3;
/** Names in the order in which QEMU looks for the innermost, with the level that each stands for. */
const BY_NAME: readonly (readonly [CacheName, number])[] = [
  ["l1d", 1],
  ["l1i", 1],
  ["l2", 2],
  ["l3", 3],
];

/** Writes the caches of CPUs, which must come in QEMU's order, the last CPU first. */
export class CacheWriter {
  readonly #context: CacheContext;
  #last: CpuPlace = { socket: -1, cluster: -1, core: -1 };
  /** Outermost level that is still to be described below a socket, cluster, core. */
  #topCluster = OUTERMOST;
  #topCore = OUTERMOST;
  #bottomSocket = OUTERMOST;
  #socketPhandle = 0;
  #clusterPhandle = 0;
  #corePhandle = 0;

  constructor(context: CacheContext) {
    this.#context = context;
    this.#checkComplete();
  }

  /** A line that places one cache must place all that the CPU has. */
  #checkComplete(): void {
    const { levels, model, acpi, clustersGiven } = this.#context;
    if (levels.size === 0 || model === undefined) return;
    const needed: CacheName[] = ["l1i", "l2", ...(model.l3 === undefined ? [] : ["l3" as const])];
    if (needed.some((name) => (levels.get(name) ?? "default") === "default")) {
      throw refuseLaunch("Missing cache description");
    }
    if (acpi && !clustersGiven && [...levels.values()].includes("cluster")) {
      throw refuseLaunch("Not clusters found for the cache", "give -smp clusters=");
    }
  }

  /** L1 caches of a CPU. */
  levelOne(path: string): void {
    const { model } = this.#context;
    if (model === undefined) return;
    this.#inner(path, "d-cache", model.l1d);
    this.#inner(path, "i-cache", model.l1i);
  }

  #inner(path: string, prefix: string, { block, size, sets }: CacheShape): void {
    const { tree } = this.#context;
    tree.cells(path, `${prefix}-block-size`, block);
    tree.cells(path, `${prefix}-size`, size);
    tree.cells(path, `${prefix}-sets`, sets);
  }

  /** Outer caches as far as they are new with this CPU, and its way to them. */
  outer(path: string, place: CpuPlace): void {
    const { socket, cluster, core } = this.#last;
    if (place.socket !== socket) this.#socket(path);
    if (place.cluster !== cluster) this.#cluster(path);
    if (place.core !== core) this.#core(path);
    this.#last = place;
    this.#context.tree.cells(path, "next-level-cache", this.#corePhandle);
  }

  /** The innermost cache that a level of the topology shares; undefined if it shares none. */
  #innermostAt(level: CacheLevel): number | undefined {
    return BY_NAME.find(([name]) => this.#context.levels.get(name) === level)?.[1];
  }

  #socket(path: string): void {
    this.#bottomSocket = OUTERMOST;
    this.#socketPhandle = 0;
    this.#clusterPhandle = 0;
    const bottom = this.#innermostAt("socket");
    if (bottom === undefined) return;
    this.#bottomSocket = bottom;
    this.#checkL1(bottom, "socket");
    const made = this.#nodes(path, OUTERMOST, bottom, 0);
    if (made === undefined) throw noCaches("Socket", OUTERMOST, bottom);
    this.#socketPhandle = made;
    this.#topCluster = bottom - 1;
  }

  #cluster(path: string): void {
    this.#clusterPhandle = this.#socketPhandle;
    this.#corePhandle = 0;
    const bottom = this.#innermostAt("cluster");
    if (bottom === undefined) {
      if (this.#topCluster === this.#bottomSocket - 1) this.#topCore = this.#bottomSocket - 1;
      return;
    }
    this.#checkL1(bottom, "cluster");
    const made = this.#nodes(path, this.#topCluster, bottom, this.#clusterPhandle);
    if (made === undefined) throw noCaches("Cluster", this.#topCluster, bottom);
    this.#clusterPhandle = made;
    this.#topCore = bottom - 1;
  }

  #core(path: string): void {
    this.#corePhandle = this.#clusterPhandle;
    const innermost = this.#innermostAt("core");
    if (innermost !== 1 || this.#topCore <= 1) return;
    const made = this.#nodes(path, this.#topCore, 2, this.#corePhandle);
    if (made === undefined) throw noCaches("Core", this.#topCore, 2);
    this.#corePhandle = made;
  }

  #checkL1(bottom: number, level: string): void {
    if (bottom === 1 && !this.#context.acpi) {
      throw refuseLaunch(
        `Cannot share L1 in a ${level}: DT limitation on sharing at cache level 1`,
      );
    }
  }

  /**
   * Nodes of the levels from `top` in to `bottom`, as far as the CPU has them.
   *
   * @returns the phandle of the innermost; undefined if there is none.
   */
  #nodes(cpu: string, top: number, bottom: number, outer: number): number | undefined {
    const { model } = this.#context;
    let phandle: number | undefined;
    for (let level = top; level >= bottom; level--) {
      const shape = level === 3 ? model?.l3 : level === 2 ? model?.l2 : model?.l1i;
      if (shape !== undefined) phandle = this.#node(cpu, level, shape, phandle ?? outer);
    }
    return phandle;
  }

  #node(cpu: string, level: number, shape: CacheShape, outer: number): number {
    const { tree } = this.#context;
    const path = `${cpu}/l${level}-cache`;
    tree.node(path);
    const phandle = tree.phandle();
    tree.cells(path, "phandle", phandle);
    // What is found at place 1 of QEMU's list is the L1 instruction cache.
    tree.cells(path, "cache-level", level);
    tree.cells(path, "cache-size", shape.size);
    tree.cells(path, "cache-block-size", shape.block);
    tree.cells(path, "cache-sets", shape.sets);
    tree.flag(path, "cache-unified");
    tree.text(path, "compatible", "cache");
    if (level !== OUTERMOST) tree.cells(path, "next-level-cache", outer);
    return phandle;
  }
}

function noCaches(where: string, top: number, bottom: number): Error {
  return refuseLaunch(`${where}: No caches at levels ${top}-${bottom}`);
}
