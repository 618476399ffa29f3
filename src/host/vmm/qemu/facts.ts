/**
 * Facts about releases of QEMU, each dated by the releases whose source has it. The model is
 * written once and asks whether a fact holds; a new release adds dates and edits none.
 *
 * Read in the release commits of 5.2 to 10.2 and in the development tree of February 2026 (hw/arm,
 * hw/core, softmmu or system, target/arm); 11.1 by running it.
 *
 * @module
 */

/** A release as a number: major times 100 plus minor, so that releases compare. */
export type Release = number;

/** Since which release a fact holds, and from which on no more. */
interface Dates {
  readonly since?: Release;
  readonly until?: Release;
  /** Stable releases of earlier branches that have it, too: from which micro version on. */
  readonly stable?: Readonly<Record<Release, number>>;
}

/** The name of a dated fact. */
export type QemuFact =
  | "machineKeyval"
  | "objectKeyval"
  | "deviceJson"
  | "smpKeyval"
  | "smpFromMaxcpus"
  | "smpClusters"
  | "smpBooks"
  | "smpModules"
  | "smpCache"
  | "smpZeroRefused"
  | "serialNoneCounts"
  | "affinityUnlessGic2"
  | "affinityBeforeGic"
  | "numaBySocket"
  | "mapFitsPaBits"
  | "compactHighmem"
  | "redistsNeedRegion"
  | "highmemMmioSize"
  | "cxlRegion"
  | "gicV4"
  | "gicByCpus"
  | "msiOption"
  | "tcgIts"
  | "psciByLevel"
  | "psci10"
  | "psciReplaced"
  | "seedSwitch"
  | "rngSeed"
  | "rootModel"
  | "rootDmaCoherent"
  | "aliases"
  | "secondUart"
  | "secureRamFirst"
  | "el2VirtualTimer"
  | "cpuTopology"
  | "cpuCaches"
  | "secureGpio"
  | "gpioKeysCells"
  | "flashOwnName"
  | "msiCells"
  | "msiMap"
  | "smmuClocks"
  | "virtioIommuPciName"
  | "itsAlways"
  | "bypassOmitsMap"
  | "platformBusName"
  | "smmuDevice"
  | "virtioTransports"
  | "initrdCells"
  | "pmemNodes"
  | "skipEmptyNodes"
  | "efiZboot"
  | "zstdZboot"
  | "oneIommu"
  | "iommuWithoutAcpi"
  | "tcgTwoRegions"
  | "portsNeedMsi"
  | "emptyFileRefused"
  | "kvmArmv8"
  | "acpiBeforeDump"
  | "gicV5"
  | "kvmEl2"
  | "kvmTypeZero"
  | "backendSizeLater"
  | "maxHas52PaBits";

const FACTS: Readonly<Record<QemuFact, Dates>> = {
  /** -machine is parsed by keyval: every option needs a value, keys may be dotted paths. */
  machineKeyval: { since: 601 },
  objectKeyval: { since: 600 },
  deviceJson: { since: 602 },
  /** -smp is parsed by keyval, and only known members are taken. */
  smpKeyval: { since: 601 },
  /** -smp: what is missing is computed from maxcpus, cores first (machine types since 6.2). */
  smpFromMaxcpus: { since: 602 },
  smpClusters: { since: 700 },
  smpBooks: { since: 802 },
  smpModules: { since: 901 },
  smpCache: { since: 902 },
  /** A topology member of 0 is an error, not a deprecated way to leave it out. */
  smpZeroRefused: { since: 900 },
  /** `-serial none` takes a place among the serial ports. */
  serialNoneCounts: { since: 900 },
  /** The MPIDR of a CPU is that of GICv3 unless gic-version=2 was asked for. */
  affinityUnlessGic2: { since: 701 },
  /** The MPIDR of a CPU is settled before the GIC is, not only with NUMA nodes. */
  affinityBeforeGic: { since: 700 },
  /** A CPU's default NUMA node goes by its socket, not by its number. */
  numaBySocket: { since: 701 },
  /** The memory map is fitted to the CPU's physical addresses. */
  mapFitsPaBits: { since: 700 },
  /** Disabled high memory regions need not take space (machine types since 7.2). */
  compactHighmem: { since: 800 },
  /** Redistributors in high memory count only if that region is there. */
  redistsNeedRegion: { since: 800 },
  highmemMmioSize: { since: 1000 },
  /** High memory has a place for CXL, and its top is rounded up to 256 MiB. */
  cxlRegion: { since: 1001 },
  gicV4: { since: 701 },
  /** Without gic-version more than 8 CPUs get a GICv3 from TCG, too. */
  gicByCpus: { since: 800 },
  /** `msi=`; `its=` becomes a way to set it. */
  msiOption: { since: 1100 },
  tcgIts: { since: 602 },
  /** PSCI is off where the guest starts at or above the level that would answer it. */
  psciByLevel: { since: 700 },
  /** TCG implements PSCI 1.0. */
  psci10: { since: 700 },
  /** A given tree's /psci is replaced, not kept. */
  psciReplaced: { since: 700 },
  /** dtb-kaslr-seed. */
  seedSwitch: { since: 700 },
  rngSeed: { since: 701 },
  rootModel: { since: 702 },
  rootDmaCoherent: { since: 901 },
  aliases: { since: 901 },
  /** A second -serial gives the normal world a second UART. */
  secondUart: { since: 901 },
  /** The secure RAM's node is created before the secure UART's. */
  secureRamFirst: { until: 901 },
  el2VirtualTimer: { since: 900 },
  cpuTopology: { since: 602 },
  cpuCaches: { since: 1100 },
  secureGpio: { since: 600 },
  gpioKeysCells: { until: 701 },
  /** The flash of the normal world is named after its own address. */
  flashOwnName: { since: 701 },
  msiCells: { since: 702 },
  msiMap: { since: 702 },
  smmuClocks: { until: 702 },
  virtioIommuPciName: { since: 702 },
  /** its= is there for machine types without ITS, too. */
  itsAlways: { since: 600 },
  /** default-bus-bypass-iommu leaves iommu-map out. */
  bypassOmitsMap: { since: 1001, stable: { 702: 19, 1000: 3 } },
  platformBusName: { since: 702 },
  smmuDevice: { since: 1002 },
  virtioTransports: { since: 1100 },
  /** Initial RAM disks have addresses of the root's #address-cells. */
  initrdCells: { since: 800 },
  pmemNodes: { since: 1002 },
  skipEmptyNodes: { since: 602 },
  efiZboot: { since: 800 },
  zstdZboot: { since: 1100 },
  oneIommu: { since: 700 },
  /** virtio-iommu-pci wants a machine that tells about it by device tree. */
  iommuWithoutAcpi: { until: 700 },
  /** TCG's GICv3 has redistributors in two places. */
  tcgTwoRegions: { since: 602 },
  portsNeedMsi: { until: 1100 },
  emptyFileRefused: { since: 1002 },
  /** ACPI tables are made before a device tree can be dumped. */
  acpiBeforeDump: { since: 1000 },
  /** Under KVM, CPU nodes are compatible with arm,armv8, not arm,arm-v8. */
  kvmArmv8: { since: 1001, stable: { 702: 19, 1000: 3 } },
  /** gic-version=x-5. */
  gicV5: { since: 1101 },
  /** virtualization=on is there under KVM, too. */
  kvmEl2: { since: 1001 },
  /** KVM_CREATE_VM of an ordinary machine is given no width up to 40 bits. */
  kvmTypeZero: { until: 600 },
  /** A memory backend without -m leaves the size of RAM open when the board looks at it. */
  backendSizeLater: { since: 600, until: 701 },
  /** FEAT_LPA of the max model. */
  maxHas52PaBits: { since: 700 },
};

/** Whether a fact holds for a release. @param micro The last number of its version. */
export function holds(fact: QemuFact, release: Release, micro: number): boolean {
  const { since = 0, until = Number.POSITIVE_INFINITY, stable = {} } = FACTS[fact];
  if (micro >= (stable[release] ?? Number.POSITIVE_INFINITY)) return true;
  return since <= release && release < until;
}
