/**
 * `-smp`: how many CPUs there are and how they are grouped. What a line leaves out is computed,
 * by rules that changed with 6.1 and 6.2.
 *
 * @see QEMU hw/core/machine-smp.c (machine_parse_smp_config), hw/core/machine.c (smp_parse)
 * @module
 */
import type { CpuTopology } from "./config.ts";
import type { MachineFacts } from "./machine-types.ts";
import { parseUnsigned } from "./numbers.ts";
import { refuseArgument } from "./refusal.ts";
import type { QemuRelease } from "./versions.ts";

/** `-smp` as it was given, by member. */
export interface SmpOptions {
  readonly values: ReadonlyMap<string, string>;
  readonly index: number | undefined;
}

interface Context {
  readonly release: QemuRelease;
  readonly machine: MachineFacts;
  readonly smp: SmpOptions;
}

type Members = Readonly<Record<string, number>>;

const ALWAYS = ["cpus", "sockets", "dies", "cores", "threads", "maxcpus"];

function knownMembers(release: QemuRelease): readonly string[] {
  return [
    ...ALWAYS,
    ...(release.has("smpClusters") ? ["clusters"] : []),
    ...(release.has("smpBooks") ? ["books", "drawers"] : []),
    ...(release.has("smpModules") ? ["modules"] : []),
  ];
}

function readMembers({ release, smp }: Context): Members {
  const members: Record<string, number> = {};
  const known = knownMembers(release);
  for (const [key, text] of smp.values) {
    if (!known.includes(key)) {
      throw refuseArgument(`Parameter 'smp.${key}' is unexpected`, smp.index);
    }
    const value = parseUnsigned(text);
    if (value === undefined || value > 0xffff_ffffn) {
      throw refuseArgument(`Parameter 'smp.${key}' expects a number, not "${text}"`, smp.index);
    }
    members[key] = Number(value);
  }
  return members;
}

/** The rules of 5.2 to 6.1: sockets before cores before threads, computed from cpus. */
function fromCpus(members: Members, { release, smp }: Context): CpuTopology {
  let { cpus = 0, sockets = 0, cores = 0, threads = 0 } = members;
  const { maxcpus, dies = 0 } = members;
  if (release.has("smpKeyval") && dies > 1) throw unsupported("dies", smp.index);
  if (cpus === 0 || sockets === 0) {
    cores ||= 1;
    threads ||= 1;
    if (cpus === 0) {
      sockets ||= 1;
      cpus = cores * threads * sockets;
    } else {
      sockets = Math.floor((maxcpus ?? cpus) / (cores * threads));
    }
  } else if (cores === 0) {
    threads ||= 1;
    cores = Math.floor(cpus / (sockets * threads)) || 1;
  } else if (threads === 0) {
    threads = Math.floor(cpus / (cores * sockets)) || 1;
  } else if (sockets * cores * threads < cpus) {
    throw refuseArgument("cpu topology: sockets * cores * threads < smp_cpus", smp.index);
  }
  return {
    cpus,
    maxCpus: maxcpus ?? cpus,
    sockets,
    clusters: 1,
    cores,
    threads,
    clustersGiven: false,
  };
}

function unsupported(member: string, index: number | undefined): Error {
  return refuseArgument(`${member} > 1 not supported by this machine's CPU topology`, index);
}

function checkMembers(members: Members, { release, smp }: Context): void {
  for (const [member, value] of Object.entries(members)) {
    if (value === 0 && release.has("smpZeroRefused")) {
      const reason = "CPU topology parameters must be greater than zero";
      throw refuseArgument(`Invalid CPU topology: ${reason}`, smp.index);
    }
    if (["dies", "books", "drawers", "modules"].includes(member) && value > 1) {
      throw unsupported(member, smp.index);
    }
  }
}

/** The rules since 6.2: computed from maxcpus, cores first unless the machine type is older. */
function fromMaxcpus(members: Members, context: Context): CpuTopology {
  checkMembers(members, context);
  const { cpus = 0, maxcpus = 0, clusters: given = 0 } = members;
  let { sockets = 0, cores = 0, threads = 0 } = members;
  const clusters = given || 1;
  const all = maxcpus || cpus;
  const share = (...others: readonly number[]): number =>
    Math.floor(all / others.reduce((product, other) => product * other, clusters));
  if (all === 0) {
    sockets ||= 1;
    cores ||= 1;
    threads ||= 1;
  } else if (context.machine.cpuTopology ? cores === 0 : cores === 0 && sockets !== 0) {
    sockets ||= 1;
    threads ||= 1;
    cores = share(sockets, threads);
  } else if (sockets === 0) {
    cores ||= 1;
    threads ||= 1;
    sockets = share(cores, threads);
  }
  threads ||= share(sockets, cores);
  const total = sockets * clusters * cores * threads;
  const maxCpus = all || total;
  const clustersGiven = given > 0;
  return { cpus: cpus || maxCpus, maxCpus, sockets, clusters, cores, threads, clustersGiven };
}

function checkTopology(topology: CpuTopology, { machine, smp }: Context): void {
  const { cpus, maxCpus, sockets, clusters, cores, threads } = topology;
  if (maxCpus < cpus) {
    throw refuseArgument("maxcpus must be equal to or greater than smp", smp.index);
  }
  if (sockets * clusters * cores * threads !== maxCpus) {
    const product = `sockets (${sockets}) * clusters (${clusters}) * cores (${cores}) * threads (${threads})`;
    throw refuseArgument(
      `Invalid CPU topology: product of the hierarchy must match maxcpus: ${product} != maxcpus (${maxCpus})`,
      smp.index,
    );
  }
  if (cpus < 1 || maxCpus > machine.maxCpus) {
    throw refuseArgument(
      `Invalid SMP CPUs ${maxCpus}. The max CPUs supported by machine '${machine.name}' is ${machine.maxCpus}`,
      smp.index,
    );
  }
}

/**
 * Completes `-smp`.
 *
 * @throws CcaRimError HOST_ARGUMENT for members that the release does not know, and topologies
 *   that do not add up.
 */
export function completeTopology(context: Context): CpuTopology {
  const members = readMembers(context);
  const complete = context.release.has("smpFromMaxcpus") ? fromMaxcpus : fromCpus;
  const topology = complete(members, context);
  checkTopology(topology, context);
  return topology;
}

/** Which socket, cluster, core and thread a CPU is. */
export function placeOf(
  cpu: number,
  { clusters, cores, threads }: CpuTopology,
): {
  readonly socket: number;
  readonly cluster: number;
  readonly core: number;
  readonly thread: number;
} {
  return {
    socket: Math.floor(cpu / (clusters * cores * threads)),
    cluster: Math.floor(cpu / (cores * threads)) % clusters,
    core: Math.floor(cpu / threads) % cores,
    thread: cpu % threads,
  };
}
