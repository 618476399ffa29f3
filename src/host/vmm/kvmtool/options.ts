/**
 * The options of `lkvm run`, in kvmtool's order, each with what it sets. An option without a
 * target is accepted and changes nothing that a Realm, its tree or its requests depend on.
 *
 * @module
 */
import type {
  KvmtoolConfig,
  KvmtoolFlags,
  KvmtoolInts,
  KvmtoolTexts,
  KvmtoolWides,
} from "./config.ts";
import {
  addDisk,
  addDiskWithTarget,
  addNic,
  addShare,
  argumentOf,
  checkAffinity,
  checkLogLevel,
  type OptionUse,
  setIrqchip,
  setMemory,
  setSveMaxVl,
  setTransport,
} from "./option-values.ts";
import type { KvmtoolFacts, OptionGroup } from "./versions.ts";

/** What an option sets, by the kind of its argument. */
type OptionEffect =
  | { readonly kind: "flag"; readonly sets?: keyof KvmtoolFlags }
  | { readonly kind: "text"; readonly sets?: keyof KvmtoolTexts }
  | { readonly kind: "int" | "uint"; readonly sets?: keyof KvmtoolInts }
  | { readonly kind: "u64"; readonly sets?: keyof KvmtoolWides }
  | {
      readonly kind: "call";
      /** `optional`: taken only if another word follows that is no option. */
      readonly argument: "required" | "none" | "optional";
      readonly call: (config: KvmtoolConfig, use: OptionUse) => void;
    };

/** One option. */
export type OptionSpec = OptionEffect & {
  readonly long: string;
  readonly short?: string;
  /** Only trees with this group of options have it. */
  readonly since?: OptionGroup;
  /** Only trees without this group of options have it. */
  readonly until?: OptionGroup;
};

function call(
  long: string,
  effect: (config: KvmtoolConfig, use: OptionUse) => void,
  argument: "required" | "none" | "optional" = "required",
): Extract<OptionEffect, { kind: "call" }> & { readonly long: string } {
  return { kind: "call", argument, call: effect, long };
}

/** An option with an argument that only matters to the host. */
function hostOnly(
  long: string,
): Extract<OptionEffect, { kind: "call" }> & { readonly long: string } {
  return call(long, (_config, use) => {
    argumentOf(use, long);
  });
}

function usePci(config: KvmtoolConfig): void {
  config.transport = "pci";
}

function addVfio(config: KvmtoolConfig, use: OptionUse): void {
  argumentOf(use, "vfio-pci");
  config.vfio += 1;
}

const BASIC: readonly OptionSpec[] = [
  { long: "name", kind: "text" },
  { long: "cpus", short: "c", kind: "int", sets: "cpus" },
  { ...call("mem", setMemory), short: "m" },
  { ...hostOnly("ipc-dir"), since: "ipc-dir" },
  { ...hostOnly("term-file"), since: "terminal-files" },
  { ...call("disk", addDiskWithTarget), short: "d", since: "scsi-target" },
  { ...call("disk", addDisk), short: "d", until: "scsi-target" },
  { long: "balloon", kind: "flag", sets: "balloon" },
  { long: "vnc", kind: "flag", sets: "vnc" },
  { long: "gtk", kind: "flag", sets: "gtk" },
  { long: "sdl", kind: "flag", sets: "sdl" },
  { long: "rng", kind: "flag", sets: "rng" },
  { long: "nodefaults", kind: "flag", sets: "nodefaults" },
  { long: "nocompat", kind: "flag", since: "compat-warnings" },
  call("9p", addShare),
  { long: "console", kind: "text", sets: "console" },
  { long: "vsock", kind: "u64", sets: "vsockCid" },
  { long: "dev", kind: "text" },
  hostOnly("tty"),
  { long: "sandbox", kind: "text" },
  { long: "hugetlbfs", kind: "text" },
  { ...call("virtio-legacy", usePci, "none"), since: "transport" },
  { long: "virtio-legacy", kind: "flag", until: "transport" },
  { ...call("virtio-transport", setTransport), since: "transport" },
  { ...call("loglevel", checkLogLevel), since: "loglevel" },
  { long: "restricted_mem", kind: "flag", sets: "restrictedMem", since: "guest-memfd" },
  { long: "pkvm", kind: "flag", sets: "pkvm", since: "guest-memfd" },
];

const KERNEL_AND_NETWORK: readonly OptionSpec[] = [
  { long: "kernel", short: "k", kind: "text", sets: "kernel" },
  { long: "initrd", short: "i", kind: "text", sets: "initrd" },
  { long: "params", short: "p", kind: "text", sets: "params" },
  { long: "firmware", short: "f", kind: "text", sets: "firmware" },
  { long: "flash", short: "F", kind: "text", sets: "flash" },
  { ...call("network", addNic, "optional"), short: "n" },
  { long: "no-dhcp", kind: "flag", sets: "noDhcp" },
  call("vfio-pci", addVfio),
];

const DEBUG: readonly OptionSpec[] = [
  { ...call("debug", () => undefined, "none"), since: "loglevel" },
  { long: "debug", kind: "flag", until: "loglevel" },
  { long: "debug-single-step", kind: "flag" },
  { long: "debug-ioport", kind: "flag" },
  { long: "debug-mmio", kind: "flag" },
  { long: "debug-iodelay", kind: "int" },
];

const ARM: readonly OptionSpec[] = [
  { long: "mpidrs", kind: "text", sets: "mpidrs", since: "calculator" },
  { long: "islet", kind: "flag", sets: "islet", since: "calculator" },
  { long: "aarch32", kind: "flag", sets: "aarch32" },
  { long: "pmu", kind: "flag", sets: "pmu" },
  { long: "disable-mte", kind: "flag" },
  call("vcpu-affinity", checkAffinity),
  { long: "kaslr-seed", kind: "u64", sets: "kaslrSeed" },
  { long: "no-pvtime", kind: "flag" },
  { ...call("sve-max-vl", setSveMaxVl), since: "sve-max-vl" },
  { long: "disable-sve", kind: "flag", sets: "disableSve" },
  { long: "realm", kind: "flag", sets: "realm" },
  { long: "measurement-algo", kind: "text", sets: "measurementAlgo" },
  { long: "measurement-log", kind: "flag", sets: "measurementLog", since: "measurement-log" },
  { long: "realm-pv", kind: "text", sets: "realmPv" },
  { long: "realm-pv-hex", kind: "text", sets: "realmPvHex", since: "realm-pv-hex" },
  { long: "sve-vl", kind: "u64", sets: "sveVl", since: "sve-vl" },
  { long: "pmu-counters", kind: "int", sets: "pmuCounters", since: "pmu-counters" },
  { long: "dump-dtb", kind: "text" },
  { long: "dtb", kind: "text", sets: "dtb", since: "dtb-file" },
  { long: "override-bad-firmware-cntfrq", kind: "uint", sets: "cntfrq" },
  { ...call("force-pci", usePci, "none"), since: "transport" },
  { long: "force-pci", kind: "flag", sets: "forcePci", until: "transport" },
  call("irqchip", setIrqchip),
  { long: "firmware-address", kind: "u64", sets: "firmwareAddress" },
  { long: "metadata", kind: "text", sets: "metadata", since: "metadata" },
];

/** Every option of every tree, in the order in which kvmtool compares names. */
const KVMTOOL_OPTIONS: readonly OptionSpec[] = [...BASIC, ...KERNEL_AND_NETWORK, ...DEBUG, ...ARM];

/** The options that a tree has. */
export function optionsOf(facts: KvmtoolFacts): readonly OptionSpec[] {
  return KVMTOOL_OPTIONS.filter(
    ({ since, until }) =>
      (since === undefined || facts.options.includes(since)) &&
      (until === undefined || !facts.options.includes(until)),
  );
}
