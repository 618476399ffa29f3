/**
 * Versioned machine types of the virt board: which ones a release has, and what an old type keeps
 * from the release it is named after.
 *
 * @module
 */
import type { Release } from "./facts.ts";
import { releaseName } from "./versions.ts";

/** The versioned types, oldest first. */
const TYPES: readonly Release[] = [
  206, 207, 208, 209, 210, 211, 212, 300, 301, 400, 401, 402, 500, 501, 502, 600, 601, 602, 700,
  701, 702, 800, 801, 802, 900, 901, 902, 1000, 1001, 1002, 1100, 1101,
];

/** From 10.1 on a release drops the types that are 6 years and more behind it. */
const DROPPING_SINCE: Release = 1001;
const YEARS_KEPT = 600;

/** The types that a release has, oldest first. */
export function machineTypesOf(release: Release): readonly Release[] {
  const oldest = release >= DROPPING_SINCE ? release - YEARS_KEPT + 1 : 0;
  return TYPES.filter((type) => oldest <= type && type <= release);
}

/**
 * The machine type that `-machine` names.
 *
 * @returns undefined if the release has no such virt type; "other" for another board.
 */
export function findMachineType(name: string, release: Release): Release | "other" | undefined {
  if (name === "virt") return release;
  const match = /^virt-(\d+)\.(\d+)$/.exec(name);
  if (match === null) return "other";
  const wanted = Number(match[1]) * 100 + Number(match[2]);
  return machineTypesOf(release).find((type) => type === wanted);
}

/** What a machine type is bound to, whatever the binary can do. */
export interface MachineFacts {
  readonly type: Release;
  readonly name: string;
  /** Most CPUs that the type allows. */
  readonly maxCpus: number;
  readonly hasIts: boolean;
  readonly hasPmu: boolean;
  /** CPUs of an affinity cluster follow the GIC (else 8). */
  readonly affinityByGic: boolean;
  readonly edgeTimers: boolean;
  readonly highEcam: boolean;
  /** ACPI's generic event device takes the place of the GPIO keys when firmware is loaded. */
  readonly eventDevice: boolean;
  readonly numaWithMemorySlots: boolean;
  readonly numaWithMemoryDevices: boolean;
  /** `-numa node,mem=` and splitting RAM over nodes that say nothing. */
  readonly numaMem: boolean;
  readonly secureGpio: boolean;
  /** /cpus/cpu-map, phandles of CPUs; sockets are no longer what missing numbers become. */
  readonly cpuTopology: boolean;
  readonly tcgIts: boolean;
  readonly compactHighmem: boolean;
  readonly el2VirtualTimer: boolean;
}

/** The facts of a type. */
export function machineFacts(type: Release): MachineFacts {
  const since = (release: Release): boolean => type >= release;
  return {
    type,
    name: `virt-${releaseName(type)}`,
    maxCpus: since(300) ? 512 : 255,
    hasIts: since(208),
    hasPmu: since(207),
    affinityByGic: since(207),
    edgeTimers: !since(209),
    highEcam: since(300),
    eventDevice: since(402),
    numaWithMemorySlots: since(402),
    numaWithMemoryDevices: since(501),
    numaMem: !since(501),
    secureGpio: since(600),
    cpuTopology: since(602),
    tcgIts: since(602),
    compactHighmem: since(702),
    el2VirtualTimer: since(900),
  };
}
