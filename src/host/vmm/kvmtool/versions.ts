/**
 * The kvmtool trees that are modelled, as dated facts. A tree is described by what it changed
 * against the one it grew from; the model's code asks for facts and never for a name.
 *
 * Where they were read:
 * - rfc1: sectrs-acai/acai-kvmtool-cca 784d1fa (2023-04; the same realm.c is in sslab-gatech/portal)
 * - 2023-08: islet-project/3rd-kvmtool 2d37905
 * - eac5: islet-project/3rd-kvmtool e54eaed (cca/rmm-v1.0-eac5, 2023-12) and 909ea9f (kvmtool/eac5),
 *   which differ in `--metadata` only
 * - v2: zaxguo/kvmtool b57d44e (cca/v2, 2024-04); v2-dtb: c2ab5af (cca/dtb, 2024-04)
 * - v3: tokyo4j/kvmtool 54241e3, v3-64k: 34f1b32, v3-log: e00cf62 (2024-11)
 * - eac5-log: islet-project/3rd-kvmtool 61403e7
 *
 * @module
 */

/** Command-line options that not every tree has, by what they are about. */
export type OptionGroup =
  | "calculator"
  | "compat-warnings"
  | "dtb-file"
  | "guest-memfd"
  | "ipc-dir"
  | "loglevel"
  | "measurement-log"
  | "metadata"
  | "pmu-counters"
  | "realm-pv-hex"
  | "scsi-target"
  | "sve-max-vl"
  | "sve-vl"
  | "terminal-files"
  | "transport";

/** A configuration item of KVM_CAP_ARM_RME_CONFIG_REALM. */
export type ConfigItem = "hash_algo" | "rpv" | "sve" | "pmu" | "dbg";

/** What is true of one tree. */
export interface KvmtoolFacts {
  readonly options: readonly OptionGroup[];
  /** Transport of virtio devices when the line does not choose. */
  readonly transport: "mmio" | "pci";
  /** Whether --force-pci and --virtio-legacy are two independent flags (else the last one wins). */
  readonly transportFlags: boolean;
  /** Configuration items, in the order they are set; absent ones are left to KVM. */
  readonly config: readonly ConfigItem[];
  /** Whether the Realm exists before images are loaded, or is created and filled at the end. */
  readonly creation: "before-loading" | "after-loading";
  /** Where RIPAS becomes RAM: with each loaded region, only behind the kernel, or everywhere. */
  readonly ripas: "each-region" | "kernel-tail" | "all-ram";
  /** What counts as the kernel's extent: its file, or the memory that its header claims. */
  readonly kernelExtent: "file" | "memory";
  /** Where the device tree goes when booting firmware. */
  readonly firmwareTree: "behind-firmware" | "end-of-ram";
  /** Populated ranges are rounded outwards to this many bytes. */
  readonly rounding: 4096 | 65536;
  /** SPI numbers: one counter for all devices, or a range for each kind. */
  readonly spi: "one-counter" | "fixed-ranges";
  /** Whether SVE is off unless a vector length is asked for, or on unless it is disabled. */
  readonly sve: "on-request" | "unless-disabled";
  /** Whether the vCPUs' features, not configuration items, decide SVE and PMU of the Realm. */
  readonly vcpuFeatures: boolean;
  /** Whether `--pmu-counters 0` asks for something (else 0 means "not given"). */
  readonly pmuCountersZero: boolean;
}

/** One modelled tree. */
export interface KvmtoolVersion {
  /** As manifests name it, without `kvmtool/`. */
  readonly id: string;
  readonly facts: KvmtoolFacts;
}

const RFC1: KvmtoolFacts = {
  options: ["compat-warnings", "scsi-target", "sve-vl"],
  transport: "mmio",
  transportFlags: true,
  config: ["hash_algo", "rpv", "sve"],
  creation: "before-loading",
  ripas: "each-region",
  kernelExtent: "file",
  firmwareTree: "behind-firmware",
  rounding: 4096,
  spi: "one-counter",
  sve: "on-request",
  vcpuFeatures: false,
  pmuCountersZero: false,
};

const AUGUST_2023: KvmtoolFacts = {
  ...RFC1,
  options: ["loglevel", "pmu-counters", "sve-vl", "transport"],
  transport: "pci",
  transportFlags: false,
  config: ["hash_algo", "rpv", "sve", "pmu", "dbg"],
  kernelExtent: "memory",
};

const EAC5: KvmtoolFacts = {
  ...AUGUST_2023,
  options: [...AUGUST_2023.options, "metadata"],
  ripas: "kernel-tail",
  firmwareTree: "end-of-ram",
};

const V2: KvmtoolFacts = {
  ...EAC5,
  options: [...AUGUST_2023.options, "guest-memfd"],
  config: ["hash_algo", "rpv"],
  creation: "after-loading",
  vcpuFeatures: true,
  pmuCountersZero: true,
};

const V2_DTB: KvmtoolFacts = {
  ...V2,
  options: [...V2.options, "dtb-file"],
  spi: "fixed-ranges",
};

// The tree that was run has v2's options; the posted one takes a device tree, too.
const V3: KvmtoolFacts = { ...V2, options: V2_DTB.options, ripas: "all-ram" };

// The tree that was run is v3 with SVE left on, so it still has --sve-vl; later ones do not.
const V3_SVE: KvmtoolFacts = {
  ...V3,
  options: [...V3.options, "sve-max-vl"],
  sve: "unless-disabled",
};

const LATER_OPTIONS: readonly OptionGroup[] = [
  ...V3_SVE.options.filter((group) => group !== "sve-vl"),
  "measurement-log",
];

const V3_LOG: KvmtoolFacts = {
  ...V3_SVE,
  options: LATER_OPTIONS,
  spi: "fixed-ranges",
  rounding: 65536,
};

const EAC5_LOG: KvmtoolFacts = {
  ...V3_LOG,
  options: [...LATER_OPTIONS, "ipc-dir", "metadata", "realm-pv-hex", "terminal-files"],
  rounding: 4096,
};

/** Every modelled tree, oldest first; a fork follows the trees it was taken from. */
export const KVMTOOL_VERSIONS: readonly KvmtoolVersion[] = [
  { id: "rfc1", facts: RFC1 },
  { id: "2023-08", facts: AUGUST_2023 },
  { id: "eac5", facts: EAC5 },
  { id: "v2", facts: V2 },
  { id: "v2-dtb", facts: V2_DTB },
  { id: "v3", facts: V3 },
  { id: "v3-64k", facts: { ...V3, rounding: 65536 } },
  { id: "v3-sve", facts: V3_SVE },
  { id: "v3-log", facts: V3_LOG },
  { id: "eac5-log", facts: EAC5_LOG },
];

/** The tree of that name (without `kvmtool/`), or undefined. */
export function findKvmtoolVersion(id: string): KvmtoolVersion | undefined {
  return KVMTOOL_VERSIONS.find((version) => version.id === id);
}
