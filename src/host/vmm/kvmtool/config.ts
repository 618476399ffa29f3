/**
 * What an `lkvm run` line asks for, before anything is derived from it: kvmtool's struct
 * kvm_config, as far as it decides device tree, addresses or requests.
 *
 * @module
 */
import type { KvmtoolFacts } from "./versions.ts";

/** Interrupt controllers by their argument. */
export const IRQCHIPS = ["gicv2", "gicv2m", "gicv3", "gicv3-its"] as const;
/** One of {@link IRQCHIPS}. */
export type Irqchip = (typeof IRQCHIPS)[number];

/** The transport of a virtio device; modern and legacy devices look the same in a tree. */
export type VirtioTransport = "mmio" | "pci";

/** A network device. */
export interface Nic {
  mode: "tap" | "user";
  /** `trans=`: overrides the transport of the line. */
  trans: VirtioTransport | undefined;
}

/** On and off switches. */
export interface KvmtoolFlags {
  aarch32: boolean;
  balloon: boolean;
  disableSve: boolean;
  forcePci: boolean;
  gtk: boolean;
  islet: boolean;
  measurementLog: boolean;
  noDhcp: boolean;
  nodefaults: boolean;
  pkvm: boolean;
  pmu: boolean;
  realm: boolean;
  restrictedMem: boolean;
  rng: boolean;
  sdl: boolean;
  vnc: boolean;
}

/** Texts; undefined is C's NULL. */
export interface KvmtoolTexts {
  console: string | undefined;
  dtb: string | undefined;
  firmware: string | undefined;
  flash: string | undefined;
  initrd: string | undefined;
  kernel: string | undefined;
  measurementAlgo: string | undefined;
  metadata: string | undefined;
  mpidrs: string | undefined;
  params: string | undefined;
  realmPv: string | undefined;
  realmPvHex: string | undefined;
}

/** C ints and unsigned ints. */
export interface KvmtoolInts {
  cntfrq: number;
  cpus: number;
  pmuCounters: number;
}

/** u64 values. */
export interface KvmtoolWides {
  firmwareAddress: bigint;
  kaslrSeed: bigint;
  sveVl: bigint;
  vsockCid: bigint;
}

/** Everything a line can ask for; filled in by options.ts, then only read. */
export interface KvmtoolConfig extends KvmtoolFlags, KvmtoolTexts, KvmtoolInts, KvmtoolWides {
  /** RAM size in bytes; 0 when the line leaves it to the host. */
  ramSize: bigint;
  /** Guest address of RAM. */
  ramAddress: bigint;
  /** Interrupt controller; undefined when kvmtool picks one. */
  irqchip: Irqchip | undefined;
  transport: VirtioTransport;
  /** Disks in order: virtio-blk, or vhost-scsi for `scsi:`. */
  disks: ("blk" | "scsi")[];
  /** Whether a directory is the root file system. */
  rootfs: boolean;
  /** 9p devices: shared directories and root file systems. */
  ninep: number;
  nics: Nic[];
  /** `mode=none` was seen: no network device unless one is asked for. */
  noNet: boolean;
  /** Devices passed through with --vfio-pci. */
  vfio: number;
  /** Longest SVE vector in units of 128 bits (--sve-max-vl); 0 when not limited. */
  sveMaxVq: number;
  /** Where options stand in the line, by long name; the last one if repeated. */
  at: Map<string, number>;
}

/** RAM starts here unless the line moves it, and cannot start lower. */
export const RAM_BASE = 0x8000_0000n;

const FLAGS_OFF: KvmtoolFlags = {
  aarch32: false,
  balloon: false,
  disableSve: false,
  forcePci: false,
  gtk: false,
  islet: false,
  measurementLog: false,
  noDhcp: false,
  nodefaults: false,
  pkvm: false,
  pmu: false,
  realm: false,
  restrictedMem: false,
  rng: false,
  sdl: false,
  vnc: false,
};

const TEXTS_NULL: KvmtoolTexts = {
  console: undefined,
  dtb: undefined,
  firmware: undefined,
  flash: undefined,
  initrd: undefined,
  kernel: undefined,
  measurementAlgo: undefined,
  metadata: undefined,
  mpidrs: undefined,
  params: undefined,
  realmPv: undefined,
  realmPvHex: undefined,
};

/** What kvmtool starts with before it reads its arguments. */
export function initialConfig(facts: KvmtoolFacts): KvmtoolConfig {
  return {
    ...FLAGS_OFF,
    ...TEXTS_NULL,
    cntfrq: 0,
    cpus: 0,
    pmuCounters: facts.pmuCountersZero ? -1 : 0,
    firmwareAddress: 0n,
    kaslrSeed: 0n,
    sveVl: 0n,
    vsockCid: 0n,
    ramSize: 0n,
    ramAddress: RAM_BASE,
    irqchip: undefined,
    transport: facts.transport,
    disks: [],
    rootfs: false,
    ninep: 0,
    nics: [],
    noNet: false,
    vfio: 0,
    sveMaxVq: 0,
    at: new Map(),
  };
}
