/**
 * `-numa`: memory nodes, which CPU belongs to which, and distances.
 *
 * @see QEMU hw/core/numa.c, hw/core/machine.c (machine_set_cpu_numa_node)
 * @module
 */
import type { LineObject, PropertyList, QemuConfig } from "./config.ts";
import { parseSize, parseUnsigned } from "./numbers.ts";
import { refuseArgument, refuseLaunch } from "./refusal.ts";
import { placeOf } from "./topology.ts";
import type { QemuRelease } from "./versions.ts";

/** The nodes of a machine. */
export interface NumaLayout {
  /** Bytes of memory of each node. */
  readonly memory: readonly bigint[];
  /** Whether each node has a memory backend of its own. */
  readonly ownBackends: boolean;
  /** The node of each CPU, up to maxcpus; empty without nodes. */
  readonly nodeOfCpu: readonly number[];
  /** Distances from node to node; undefined if the line gives none. */
  readonly distances: readonly (readonly number[])[] | undefined;
}

const NO_NODES: NumaLayout = {
  memory: [],
  ownBackends: false,
  nodeOfCpu: [],
  distances: undefined,
};
const MAX_NODES = 128;
const LOCAL_DISTANCE = 10;

interface Node {
  readonly memory: bigint;
  readonly byMem: boolean;
  readonly byMemdev: boolean;
}

/** The number that a property must be. */
function numberOf(use: PropertyList, key: string, limit: number): number | undefined {
  const text = lastOf(use, key);
  if (text === undefined) return undefined;
  const value = parseUnsigned(text);
  if (value === undefined || value > BigInt(limit)) {
    throw refuseArgument(`Parameter '${key}' expects a number up to ${limit}`, use.index);
  }
  return Number(value);
}

function lastOf(use: PropertyList, key: string): string | undefined {
  return use.properties.findLast((pair) => pair.key === key)?.value;
}

/** The size of a memory backend. */
export function backendSize(object: LineObject): bigint {
  const text = lastOf(object, "size");
  const size = text === undefined ? 0n : parseSize(text);
  if (size === undefined || size === 0n) {
    throw refuseArgument("property 'size' of a memory backend must be a size", object.index);
  }
  return size;
}

/** The memory backend with an ID. */
export function findBackend(objects: readonly LineObject[], id: string): LineObject | undefined {
  return objects.find((object) => object.id === id && object.type.startsWith("memory-backend-"));
}

class NumaReader {
  readonly #config: QemuConfig;
  readonly #release: QemuRelease;
  readonly #nodes: Node[] = [];
  readonly #nodeOfCpu: (number | undefined)[];
  readonly #distances: number[][] = [];
  #haveDistances = false;

  constructor(config: QemuConfig, release: QemuRelease) {
    this.#config = config;
    this.#release = release;
    this.#nodeOfCpu = Array.from({ length: config.topology.maxCpus });
  }

  read(use: PropertyList): void {
    const kind = lastOf(use, "type");
    if (kind === "node") this.#node(use);
    else if (kind === "dist") this.#distance(use);
    else if (kind === "cpu") this.#cpu(use);
    else if (kind?.startsWith("hmat-") !== true) {
      throw refuseArgument(`Parameter 'type' does not accept value '${kind}'`, use.index);
    }
  }

  #node(use: PropertyList): void {
    const id = numberOf(use, "nodeid", 0xffff) ?? this.#nodes.filter(Boolean).length;
    if (id >= MAX_NODES) throw refuseArgument(`Max number of NUMA nodes reached: ${id}`, use.index);
    if (this.#nodes[id] !== undefined)
      throw refuseArgument(`Duplicate NUMA nodeid: ${id}`, use.index);
    if (lastOf(use, "initiator") !== undefined && !this.#config.settings.hmat) {
      throw refuseArgument("HMAT is disabled, enable it with -machine hmat=on", use.index);
    }
    for (const cpu of this.#cpuRanges(use)) this.#assign(cpu, id, use.index);
    this.#nodes[id] = { ...this.#memoryOf(use) };
  }

  #cpuRanges(use: PropertyList): number[] {
    const cpus: number[] = [];
    for (const { key, value } of use.properties) {
      if (key !== "cpus") continue;
      const match = /^(\d+)(?:-(\d+))?$/.exec(value);
      const first = Number(match?.[1] ?? "NaN");
      const last = Number(match?.[2] ?? first);
      if (match === null || last < first || last > 0xffff) {
        throw refuseArgument(`Parameter 'cpus' expects a range of CPUs, not "${value}"`, use.index);
      }
      for (let cpu = first; cpu <= last; cpu++) cpus.push(cpu);
    }
    return cpus;
  }

  #assign(cpu: number, node: number, index: number): void {
    const { maxCpus } = this.#config.topology;
    if (cpu >= maxCpus) {
      const reason = `CPU index (${cpu}) should be smaller than maxcpus (${maxCpus})`;
      throw refuseArgument(reason, index);
    }
    const before = this.#nodeOfCpu[cpu];
    if (before !== undefined && before !== node) {
      throw refuseArgument(`CPU is already assigned to node-id: ${before}`, index);
    }
    this.#nodeOfCpu[cpu] = node;
  }

  #memoryOf(use: PropertyList): Node {
    const mem = lastOf(use, "mem");
    const memdev = lastOf(use, "memdev");
    const byMem = mem !== undefined || this.#nodes.some((node) => node?.byMem === true);
    const byMemdev = memdev !== undefined || this.#nodes.some((node) => node?.byMemdev === true);
    if (byMem && byMemdev) {
      throw refuseArgument("numa configuration should use either mem= or memdev=", use.index);
    }
    if (mem !== undefined) return { memory: this.#plainSize(mem, use.index), byMem, byMemdev };
    if (memdev === undefined) return { memory: 0n, byMem: false, byMemdev: false };
    const backend = findBackend(this.#config.objects, memdev);
    if (backend === undefined) throw refuseArgument(`memdev=${memdev} is ambiguous`, use.index);
    return { memory: backendSize(backend), byMem, byMemdev };
  }

  #plainSize(text: string, index: number): bigint {
    if (!this.#config.machine.numaMem) {
      const reason = "Parameter -numa node,mem is not supported by this machine type";
      throw refuseArgument(reason, index, "use -numa node,memdev instead");
    }
    const size = parseSize(text, "m");
    if (size === undefined) throw refuseArgument(`could not parse memory size '${text}'`, index);
    return size;
  }

  #distance(use: PropertyList): void {
    const src = numberOf(use, "src", 0xffff);
    const dst = numberOf(use, "dst", 0xffff);
    const val = numberOf(use, "val", 0xff);
    if (src === undefined || dst === undefined || val === undefined) {
      throw refuseArgument("-numa dist needs src, dst and val", use.index);
    }
    if (this.#nodes[src] === undefined || this.#nodes[dst] === undefined) {
      throw refuseArgument("Source/Destination NUMA node is missing", use.index);
    }
    if (val < LOCAL_DISTANCE || (src === dst && val !== LOCAL_DISTANCE)) {
      throw refuseArgument(`NUMA distance (${val}) is invalid`, use.index);
    }
    this.#distances[src] ??= [];
    (this.#distances[src] as number[])[dst] = val;
    this.#haveDistances = true;
  }

  /** `-numa cpu,node-id=..,socket-id=..`: all CPUs whose place has what is given. */
  #cpu(use: PropertyList): void {
    const node = numberOf(use, "node-id", 0xffff);
    if (node === undefined) throw refuseArgument("Missing mandatory node-id property", use.index);
    if (this.#nodes[node] === undefined) {
      throw refuseArgument(
        `Invalid node-id=${node}, NUMA node must be defined with -numa node`,
        use.index,
      );
    }
    const placed = this.#release.has("numaBySocket");
    const wanted = ["socket", "cluster", "core", "thread"].flatMap((level) => {
      const value = numberOf(use, `${level}-id`, 0xffff);
      return value === undefined ? [] : [[level, value] as const];
    });
    if (!placed && wanted.some(([level]) => level !== "thread")) {
      throw refuseArgument("only thread-id is supported", use.index);
    }
    let matched = false;
    for (let cpu = 0; cpu < this.#config.topology.maxCpus; cpu++) {
      const place: Readonly<Record<string, number>> = placed
        ? placeOf(cpu, this.#config.topology)
        : { thread: cpu };
      if (!wanted.every(([level, value]) => place[level] === value)) continue;
      this.#assign(cpu, node, use.index);
      matched = true;
    }
    if (!matched) throw refuseArgument("no match found", use.index);
  }

  /** A machine whose memory can grow gets a node without being asked. */
  #implicitNode(): void {
    const { machine, memory } = this.#config;
    const grows =
      (memory.slots > 0n && machine.numaWithMemorySlots) ||
      (memory.maxSize > memory.size && machine.numaWithMemoryDevices);
    if (this.#nodes.length === 0 && grows) {
      this.#nodes[0] = { memory: memory.size, byMem: false, byMemdev: false };
    }
  }

  finish(): NumaLayout {
    this.#implicitNode();
    const count = this.#nodes.length;
    if (count === 0) return NO_NODES;
    const missing = Array.from({ length: count }, (_, id) => id).find(
      (id) => this.#nodes[id] === undefined,
    );
    if (missing !== undefined) throw refuseLaunch(`numa: Node ID missing: ${missing}`);
    const memory = this.#nodes.map((node) => node.memory);
    this.#checkTotal(memory);
    return {
      memory,
      ownBackends: this.#nodes.some((node) => node.byMemdev),
      nodeOfCpu: this.#completeCpus(count),
      distances: this.#completeDistances(count),
    };
  }

  #checkTotal(memory: readonly bigint[]): void {
    const total = memory.reduce((sum, bytes) => sum + bytes, 0n);
    const { size } = this.#config.memory;
    if (total !== size) {
      throw refuseLaunch(
        `total memory for NUMA nodes (0x${total.toString(16)}) should equal RAM size (0x${size.toString(16)})`,
      );
    }
    if (this.#config.settings.memoryBackend !== undefined && this.#nodes.some((n) => n.byMemdev)) {
      throw refuseLaunch("'-machine memory-backend' and '-numa memdev' are mutually exclusive");
    }
  }

  #completeCpus(nodes: number): number[] {
    const none = this.#nodeOfCpu.every((node) => node === undefined);
    const bySocket = this.#release.has("numaBySocket");
    return this.#nodeOfCpu.map((node, cpu) => {
      if (node !== undefined) return node;
      if (!none) return 0;
      return (bySocket ? placeOf(cpu, this.#config.topology).socket : cpu) % nodes;
    });
  }

  #completeDistances(nodes: number): readonly (readonly number[])[] | undefined {
    if (!this.#haveDistances) return undefined;
    const ids = Array.from({ length: nodes }, (_, id) => id);
    const given = (src: number, dst: number): number => this.#distances[src]?.[dst] ?? 0;
    const pairs = ids.flatMap((src) =>
      ids.filter((dst) => dst !== src).map((dst) => [src, dst] as const),
    );
    for (const [src, dst] of pairs) {
      if (given(src, dst) === 0 && given(dst, src) === 0) {
        throw refuseLaunch(`The distance between node ${src} and ${dst} is missing`);
      }
    }
    const asymmetrical = pairs.some(
      ([src, dst]) =>
        given(src, dst) !== 0 && given(dst, src) !== 0 && given(src, dst) !== given(dst, src),
    );
    if (asymmetrical && pairs.some(([src, dst]) => given(src, dst) === 0)) {
      throw refuseLaunch("asymmetrical NUMA distances must be given for both directions");
    }
    return ids.map((src) =>
      ids.map((dst) => given(src, dst) || (src === dst ? LOCAL_DISTANCE : given(dst, src))),
    );
  }
}

/**
 * Works out the nodes.
 *
 * @throws CcaRimError HOST_ARGUMENT, HOST_REFUSED for what QEMU refuses.
 */
export function layOutNuma(config: QemuConfig, release: QemuRelease): NumaLayout {
  const reader = new NumaReader(config, release);
  for (const use of config.numa) reader.read(use);
  return reader.finish();
}
