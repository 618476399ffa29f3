/**
 * The interrupt controller: which GIC, who delivers MSIs, how many CPUs it serves.
 *
 * @see QEMU hw/arm/virt.c (finalize_gic_version, finalize_msi_controller, create_gic)
 * @module
 */
import type { Accelerator, QemuConfig } from "./config.ts";
import type { MemoryMap } from "./memory-map.ts";
import { refuseLaunch } from "./refusal.ts";
import type { QemuRelease } from "./versions.ts";

/** The interrupt controller of a machine. */
export interface GicPlan {
  readonly version: 2 | 3 | 4;
  /** Whether there are redistributors above RAM, too. */
  readonly twoRegions: boolean;
  readonly msi: "its" | "gicv2m" | "none";
  /** CPUs per affinity level 0. */
  readonly affinityCluster: number;
}

/** What decides the interrupt controller. */
export interface GicContext {
  readonly config: QemuConfig;
  readonly release: QemuRelease;
  readonly accelerator: Accelerator;
  /** What KVM emulates, as the platform has it. */
  readonly hostGic: 2 | 3;
  readonly map: MemoryMap;
  readonly numaNodes: number;
}

type GicVersion = GicPlan["version"];

const GICV2_CPUS = 8;
const GICV3_CLUSTER = 16;
/** Redistributors that fit below and above RAM. */
const CAPACITY: Readonly<Record<3 | 4, readonly [low: number, high: number]>> = {
  3: [123, 512],
  4: [61, 256],
};

function kvmVersion({ config, hostGic }: GicContext): GicVersion {
  const { gicVersion, kernelIrqchip } = config.settings;
  if (!kernelIrqchip) {
    const wanted = gicVersion ?? "2";
    if (wanted === "2") return 2;
    throw refuseLaunch(`gic-version=${wanted} is not supported with kernel-irqchip=off`);
  }
  const available = hostGic;
  switch (gicVersion) {
    case undefined:
      if (available === 2 && config.topology.maxCpus > GICV2_CPUS) {
        throw refuseLaunch("KVM only supports GICv2 emulation but more than 8 vcpus are requested");
      }
      return available;
    case "host":
    case "max":
      return available;
    default:
      if (Number(gicVersion) === available) return available;
      throw refuseLaunch(`KVM does not support GICv${gicVersion} emulation`);
  }
}

function tcgVersion({ config, release }: GicContext): GicVersion {
  const { gicVersion, virtualization } = config.settings;
  const has4 = release.has("gicV4") && virtualization;
  const many = config.topology.maxCpus > GICV2_CPUS;
  switch (gicVersion) {
    case undefined:
      return release.has("gicByCpus") && many ? 3 : 2;
    case "max":
      return has4 ? 4 : 3;
    case "host":
      throw refuseLaunch("gic-version=host requires KVM");
    case "4":
      if (has4) return 4;
      throw refuseLaunch("TCG does not support GICv4 emulation, is virtualization=on?");
    default:
      return gicVersion === "2" ? 2 : 3;
  }
}

function msiOf(context: GicContext, version: GicVersion): GicPlan["msi"] {
  const { config, release, accelerator } = context;
  const { msi } = config.settings;
  const itsExists =
    accelerator === "kvm"
      ? config.settings.kernelIrqchip
      : release.has("tcgIts") && config.machine.tcgIts;
  if (!release.has("msiOption")) {
    if (version === 2) return "gicv2m";
    const wanted = msi === "its" || (msi === "auto" && config.machine.hasIts);
    return wanted && itsExists ? "its" : "none";
  }
  const wanted = msi === "auto" ? (version === 2 ? "gicv2m" : "its") : msi;
  switch (wanted) {
    case "legacy-off":
      return version === 2 ? "gicv2m" : "none";
    case "gicv2m":
      return "gicv2m";
    case "off":
      return "none";
    default:
      if (version === 2) throw refuseLaunch("GICv2 + ITS is an invalid configuration.");
      return itsExists ? "its" : "none";
  }
}

/**
 * CPUs per affinity level 0. The board asks before it has settled on a GIC: at first what the line
 * says counts, later everything but an explicit GICv2 is taken for a GICv3.
 */
function affinityClusterOf(context: GicContext, version: GicVersion): number {
  const { config, release, accelerator, numaNodes } = context;
  const { gicVersion } = config.settings;
  // KVM numbers its vCPUs by itself.
  if (accelerator === "kvm") return GICV3_CLUSTER;
  if (!config.machine.affinityByGic) return GICV2_CPUS;
  if (release.has("affinityUnlessGic2")) return gicVersion === "2" ? GICV2_CPUS : GICV3_CLUSTER;
  const early = release.has("affinityBeforeGic") || numaNodes > 0;
  const is3 = early ? gicVersion === "3" : version === 3;
  return is3 ? GICV3_CLUSTER : GICV2_CPUS;
}

function checkCpus({ config, release, map }: GicContext, version: GicVersion): void {
  const { maxCpus } = config.topology;
  const [low, high] = version === 2 ? [GICV2_CPUS, 0] : CAPACITY[version];
  const counted = map.redist2.enabled || !release.has("redistsNeedRegion");
  const most = low + (counted ? high : 0);
  if (maxCpus > most) {
    throw refuseLaunch(
      `Number of SMP CPUs requested (${maxCpus}) exceeds max CPUs supported by machine 'mach-virt' (${most})`,
    );
  }
}

/**
 * Works out the interrupt controller.
 *
 * @throws CcaRimError HOST_REFUSED for a GIC that is not to be had, or serves fewer CPUs.
 */
export function planGic(context: GicContext): GicPlan {
  const { config, release, map } = context;
  const version = context.accelerator === "kvm" ? kvmVersion(context) : tcgVersion(context);
  checkCpus(context, version);
  const beyond = version !== 2 && config.topology.cpus > CAPACITY[version][0];
  if (beyond && context.accelerator === "tcg" && !release.has("tcgTwoRegions")) {
    throw refuseLaunch("VGICv3 redist region number(2) not equal to 1", "at most 123 CPUs");
  }
  const twoRegions = beyond && (map.redist2.enabled || !release.has("mapFitsPaBits"));
  if (beyond && !twoRegions) {
    const [low] = CAPACITY[version];
    const { cpus } = config.topology;
    const reason = `Capacity of the redist regions(${low}) does not match the number of vcpus(${cpus})`;
    throw refuseLaunch(reason);
  }
  return {
    version,
    twoRegions,
    msi: msiOf(context, version),
    affinityCluster: affinityClusterOf(context, version),
  };
}
