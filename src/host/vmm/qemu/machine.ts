/**
 * Works a machine out from its line: what QEMU decides between reading its options and making the
 * device tree.
 *
 * @see QEMU hw/arm/virt.c (machvirt_init), hw/arm/boot.c (arm_load_kernel)
 * @module
 */
import type { FileLookup } from "../../files.ts";
import type { PlatformReader } from "../platform-reader.ts";
import { type BootPlan, planBoot } from "./boot.ts";
import type { Accelerator, QemuConfig } from "./config.ts";
import { type CpuPlan, planCpu } from "./cpu.ts";
import { planDevices } from "./devices.ts";
import { planGic } from "./gic.ts";
import type { MachinePlan, PsciConduit } from "./machine-plan.ts";
import { layOutMap, type MemoryMap } from "./memory-map.ts";
import { layOutNuma } from "./numa.ts";
import { bitLength, MIB } from "./numbers.ts";
import { hostHasPmu } from "./realm-setup.ts";
import { notModelled, refuseArgument, refuseLaunch } from "./refusal.ts";
import { seedsOf } from "./seeds.ts";
import { leavesAsIs, type SeriesFacts } from "./series.ts";
import { checkEmulatedSve } from "./sve.ts";
import type { QemuRelease } from "./versions.ts";

/** What a machine is worked out from. */
export interface MachineInput {
  readonly config: QemuConfig;
  readonly release: QemuRelease;
  readonly series: SeriesFacts | undefined;
  /** Whether the guest is a Realm, and whether it gets a measurement log. */
  readonly realm: boolean;
  readonly log: boolean;
  readonly accelerator: Accelerator;
  readonly files: FileLookup;
  readonly platform: PlatformReader;
}

const LOG_OFFSET = MIB;
const ANY_LIBFDT = "1.6.1";

/** Whether firmware is there, which decides how the machine boots. */
function hasFirmware({ config, realm, series }: MachineInput): boolean {
  const { firmware, flashDrive } = config.settings;
  if (realm && series?.flash === false) return firmware !== undefined;
  if (firmware !== undefined && flashDrive) {
    throw refuseArgument(
      "The contents of the first flash device may be specified with -bios or with -drive if=pflash... but you cannot use both options at once",
      firmware.index,
    );
  }
  return firmware !== undefined || flashDrive;
}

/** What the accelerator cannot do. */
function checkAccelerator({ config, accelerator, release }: MachineInput, cpu: CpuPlan): void {
  const { secure, virtualization, mte } = config.settings;
  if (accelerator === "kvm") {
    if (secure) {
      const what = "Security extensions (TrustZone) to the guest CPU";
      throw refuseLaunch(`mach-virt: KVM does not support providing ${what}`);
    }
    if (virtualization && release.has("kvmEl2")) {
      throw notModelled("virtualization=on under KVM is not modelled", undefined, "leave it out");
    }
    if (virtualization) {
      const what = "Virtualization extensions to the guest CPU";
      throw refuseLaunch(`mach-virt: KVM does not support providing ${what}`);
    }
    return;
  }
  if (cpu.aarch64) checkEmulatedSve(config.cpu);
  if (mte && cpu.model?.mte !== true) {
    throw refuseLaunch("MTE requested, but not supported by the guest CPU");
  }
}

/** Physical address bits that the map is fitted to. */
function paBitsOf({ platform, realm, accelerator }: MachineInput, cpu: CpuPlan): number {
  if (accelerator !== "kvm") return cpu.paBits ?? 0;
  const reason = "under KVM the guest's memory map and PMU are those of the host";
  const pmu = cpu.pmu ? (["pmuCounters"] as const) : [];
  const { maxIpaBits } = platform.require(["maxIpaBits", ...pmu], reason);
  return maxIpaBits - (realm ? 1 : 0);
}

/** Errors of the host are told to the guest by a device that ACPI with firmware brings along. */
function checkRas(input: MachineInput, cpu: CpuPlan, firmware: boolean): void {
  const { ras, acpi } = input.config.settings;
  const hasDevice = input.config.machine.eventDevice && cpu.aarch64 && firmware;
  if (ras && acpi && !hasDevice && input.release.has("acpiBeforeDump")) {
    throw refuseLaunch(
      "virt_acpi_setup: Assertion `vms->acpi_dev' failed.",
      "ras=on needs firmware",
    );
  }
}

function checkPaBits({ config, accelerator }: MachineInput, cpu: CpuPlan, map: MemoryMap): void {
  const wanted = bitLength(map.highestGpa);
  if (accelerator === "kvm" || !cpu.aarch64 || !config.settings.highmem) return;
  if ((cpu.paBits ?? 0) < wanted) {
    const bits = `PA bits (${cpu.paBits}) than requested by the memory map (${wanted})`;
    throw refuseLaunch(`VCPU supports less ${bits}`);
  }
}

function hostGicOf({ platform, config, accelerator }: MachineInput): 2 | 3 {
  if (accelerator !== "kvm") return 3;
  const { gicVersion } = config.settings;
  const decided = gicVersion === "2" || gicVersion === "3";
  const stated = decided ? platform.platform.irqchip : platform.assume("irqchip");
  return stated?.startsWith("gicv2") === true ? 2 : 3;
}

function boardPsciOf({ config, realm }: MachineInput, firmware: boolean): PsciConduit {
  const { secure, virtualization } = config.settings;
  if (secure && firmware) return "disabled";
  return virtualization || realm ? "smc" : "hvc";
}

/** PSCI is off where the guest starts at the level that would answer it, or above. */
function psciOf(
  board: PsciConduit,
  { config, release }: MachineInput,
  boot: BootPlan,
): PsciConduit {
  if (!release.has("psciByLevel")) return board;
  const { secure, virtualization } = config.settings;
  const below = virtualization ? 2 : 1;
  const level = secure && !boot.isLinux ? 3 : below;
  const off = (board === "hvc" && level >= 2) || (board === "smc" && level === 3);
  return off ? "disabled" : board;
}

function psciVersionOf({ accelerator, platform, release }: MachineInput): number {
  if (!release.has("psci10")) return 0.2;
  return accelerator === "kvm" ? Number.parseFloat(platform.assume("psci", "1.0")) : 1;
}

/** What QEMU calls the host's CPU. */
function hostCompatible(release: QemuRelease): string {
  return release.has("kvmArmv8") ? "arm,armv8" : "arm,arm-v8";
}

function bootOf(input: MachineInput, cpu: CpuPlan, firmware: boolean): BootPlan {
  const { config, release, files, realm, series } = input;
  if (realm && series?.flash === true && firmware) {
    const hint = "boot a kernel with -kernel";
    throw notModelled("firmware of a Realm is not modelled in this series", undefined, hint);
  }
  const stub = !(realm && series !== undefined && leavesAsIs(series, release.name));
  const boot = planBoot({ config, release, files, aarch64: cpu.aarch64, stub }, firmware);
  if (realm && boot.dtbAddress === 0n) {
    const index = config.settings.kernel?.index;
    const hint = "use a Linux Image";
    throw notModelled("a Realm whose kernel covers the base of RAM is not modelled", index, hint);
  }
  return boot;
}

/**
 * Works a machine out.
 *
 * @throws CcaRimError HOST_ARGUMENT, HOST_REFUSED where QEMU ends; HOST_PLATFORM for what the
 *   platform must state; HOST_NOT_MODELLED; FILE_*
 */
export function planMachine(input: MachineInput): MachinePlan {
  const { config, release, series, realm, accelerator, platform } = input;
  const cpu = planCpu(config.cpu, { accelerator, release, realm: series !== undefined });
  checkAccelerator(input, cpu);
  const numa = layOutNuma(config, release);
  const map = layOutMap({ config, release, paBits: paBitsOf(input, cpu) });
  const hostGic = hostGicOf(input);
  const numaNodes = numa.memory.length;
  const gic = planGic({ config, release, accelerator, hostGic, map, numaNodes });
  checkPaBits(input, cpu, map);
  const firmwareLoaded = hasFirmware(input);
  checkRas(input, cpu, firmwareLoaded);
  const { machine, settings } = config;
  const hasEventDevice = machine.eventDevice && cpu.aarch64 && firmwareLoaded && settings.acpi;
  const boot = bootOf(input, cpu, firmwareLoaded);
  const boardPsci = boardPsciOf(input, firmwareLoaded);
  const kvm = accelerator === "kvm";
  return {
    config,
    release,
    accelerator,
    realm,
    flash: !realm || series?.flash === true,
    cpu: { ...cpu, pmu: cpu.pmu && config.machine.hasPmu && (!kvm || hostHasPmu(platform)) },
    cpuCompatible: cpu.compatible ?? platform.assume("cpuCompatible", hostCompatible(release)),
    numa,
    map,
    gic,
    devices: planDevices({ config, release, gic, realm, firmwareLoaded, hasEventDevice }),
    firmwareLoaded,
    boardPsci,
    psci: psciOf(boardPsci, input, boot),
    psciVersion: psciVersionOf(input),
    boot,
    seeds: seedsOf({ settings: config.settings, release, series, realm }, platform),
    log: input.log ? boot.dtbAddress + LOG_OFFSET : undefined,
    // A given tree keeps its own header.
    libfdt: config.settings.dtb === undefined ? platform.assume("libfdt") : ANY_LIBFDT,
  };
}
