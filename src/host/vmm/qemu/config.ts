/**
 * What a QEMU line asks for, before anything is derived from it.
 *
 * @module
 */
import type { KeyValue } from "./key-values.ts";
import type { MachineFacts } from "./machine-types.ts";
import type { CacheLevel, CacheName } from "./smp-cache.ts";

/** Machine switches that are on or off. */
export interface MachineSwitches {
  secure: boolean;
  virtualization: boolean;
  highmem: boolean;
  /** Undefined: as the machine type has it. */
  compactHighmem: boolean | undefined;
  highmemRedists: boolean;
  /** Undefined: as the machine type has it. */
  highmemEcam: boolean | undefined;
  highmemMmio: boolean;
  bypassIommu: boolean;
  acpi: boolean;
  ras: boolean;
  mte: boolean;
  hmat: boolean;
  nvdimm: boolean;
  kernelIrqchip: boolean;
}

/** What `-machine` (and options that are short for it) set, with defaults where nothing is said. */
export interface MachineSettings extends MachineSwitches {
  /** Undefined: QEMU chooses. */
  gicVersion: "2" | "3" | "4" | "host" | "max" | undefined;
  /** Who delivers MSIs; `legacy-off` is its=off, which leaves a GICv2 its frame. */
  msi: "auto" | "its" | "gicv2m" | "off" | "legacy-off";
  iommu: "none" | "smmuv3";
  /** Undefined: on, or for a Realm off. */
  randomness: boolean | undefined;
  /** A signed number; 0: QEMU's own, 0x8000. */
  phandleStart: number;
  highmemMmioSize: bigint;
  virtioTransports: number;
  /** Whether a drive is plugged into the first flash. */
  flashDrive: boolean;
  memoryBackend: string | undefined;
  /** ID of the object that makes the guest confidential. */
  confidential: string | undefined;
  kernel: NamedFile | undefined;
  initrd: NamedFile | undefined;
  append: string | undefined;
  dtb: NamedFile | undefined;
  firmware: NamedFile | undefined;
  /** smp-cache: the topology level that shares each cache. */
  caches: ReadonlyMap<CacheName, CacheLevel>;
}

/** A file that the line names. */
export interface NamedFile {
  readonly name: string;
  /** Place in the line, counted from 0. */
  readonly index: number;
}

/** Numbers of CPUs and how they are grouped. */
export interface CpuTopology {
  readonly cpus: number;
  readonly maxCpus: number;
  readonly sockets: number;
  readonly clusters: number;
  readonly cores: number;
  readonly threads: number;
  /** Whether the line says how many clusters there are. */
  readonly clustersGiven: boolean;
}

/** Guest memory: what is there at boot, and the room for more. */
export interface MemorySizes {
  readonly size: bigint;
  readonly maxSize: bigint;
  readonly slots: bigint;
  /** Whether the line says how much. */
  readonly given: boolean;
}

/** An option whose argument is a list of properties. */
export interface PropertyList {
  readonly properties: readonly KeyValue[];
  /** Place in the line, counted from 0. */
  readonly index: number;
}

/** An `-object`. */
export interface LineObject extends PropertyList {
  readonly type: string;
  readonly id: string;
}

/** A `-device`. */
export interface LineDevice extends PropertyList {
  readonly driver: string;
}

/** The CPU model with what is switched on and off. */
export interface CpuRequest {
  readonly model: string;
  readonly features: readonly KeyValue[];
  readonly index: number | undefined;
}

/** What executes guest code, as far as the model knows it. */
export type Accelerator = "tcg" | "kvm";

/** Everything that a line asks for. */
export interface QemuConfig {
  readonly machine: MachineFacts;
  readonly settings: MachineSettings;
  /** What the line names; undefined if it leaves that to the binary. */
  readonly accelerator: Accelerator | undefined;
  readonly cpu: CpuRequest;
  readonly topology: CpuTopology;
  readonly memory: MemorySizes;
  readonly numa: readonly PropertyList[];
  readonly objects: readonly LineObject[];
  readonly devices: readonly LineDevice[];
  /** NICs that the board makes by itself. */
  readonly nics: number;
  /** Which serial ports have something behind them. */
  readonly serials: readonly boolean[];
}

/** How the machine is set up before its options are read. */
export function defaultSettings(): MachineSettings {
  return {
    secure: false,
    virtualization: false,
    highmem: true,
    compactHighmem: undefined,
    highmemRedists: true,
    highmemEcam: undefined,
    highmemMmio: true,
    bypassIommu: false,
    acpi: true,
    ras: false,
    mte: false,
    hmat: false,
    nvdimm: false,
    kernelIrqchip: true,
    gicVersion: undefined,
    msi: "auto",
    iommu: "none",
    randomness: undefined,
    phandleStart: 0x8000,
    highmemMmioSize: 512n << 30n,
    virtioTransports: 32,
    flashDrive: false,
    memoryBackend: undefined,
    confidential: undefined,
    kernel: undefined,
    initrd: undefined,
    append: undefined,
    dtb: undefined,
    firmware: undefined,
    caches: new Map(),
  };
}
