/**
 * What QEMU configures of a Realm before it is made: configuration items, and what its vCPUs are
 * set up with.
 *
 * @see QEMU target/arm/kvm-rme.c (rme_configure), target/arm/kvm.c (kvm_arch_init_vcpu)
 * @module
 */
import type { ConfigValue, VcpuSetup, VmmRequest } from "../../requests.ts";
import type { PlatformReader } from "../platform-reader.ts";
import type { CpuRequest } from "./config.ts";
import { cpuSwitch } from "./cpu.ts";
import { parseUnsigned } from "./numbers.ts";
import { propertyOf } from "./pci-slots.ts";
import { refuseArgument, refuseLaunch } from "./refusal.ts";
import type { RealmWish } from "./rme-guest.ts";
import type { SeriesFacts } from "./series.ts";
import { chooseSve, type SveChoice } from "./sve.ts";

/** What decides the setup of a Realm. */
export interface SetupContext {
  readonly series: SeriesFacts;
  readonly wish: RealmWish;
  readonly cpu: CpuRequest;
  readonly platform: PlatformReader;
}

const MOST_UNITS = 16;
const MOST_COUNTERS = 31;

/** Whether KVM offers a PMU, as far as the platform tells. */
export function hostHasPmu({ platform }: PlatformReader): boolean {
  return platform.pmuCounters !== 0 || platform.hpmn0 === true;
}

function hasPmu({ cpu, platform }: SetupContext): boolean {
  return cpuSwitch(cpu, "pmu") !== false && hostHasPmu(platform);
}

/** SVE of the vCPUs. @throws CcaRimError HOST_ARGUMENT, HOST_PLATFORM */
export function sveOf({ cpu, platform }: Pick<SetupContext, "cpu" | "platform">): SveChoice {
  const choice = chooseSve(cpu, () => {
    const reason = "the line chooses among the vector lengths of the host";
    return platform.require(["sveVectorBits"], reason).sveVectorBits;
  });
  const none = choice.maxBits === "max" && platform.platform.sveVectorBits === 0;
  return none ? { maxBits: undefined, guessed: false } : choice;
}

function numberOf(cpu: CpuRequest, key: string, least: number, most: number): number | undefined {
  const text = propertyOf(cpu.features, key);
  if (text === undefined) return undefined;
  const value = parseUnsigned(text);
  if (value !== undefined && value >= BigInt(least) && value <= BigInt(most)) return Number(value);
  throw refuseArgument(`invalid ${key} '${text}'`, cpu.index, `${least} to ${most}`);
}

/** What every vCPU is set up with. */
function vcpuSetup(context: SetupContext): VcpuSetup {
  const { cpu, platform } = context;
  const { platform: host } = platform;
  const { maxBits } = sveOf(context);
  const breakpoints = numberOf(cpu, "num-breakpoints", 2, host.breakpoints ?? MOST_UNITS);
  const watchpoints = numberOf(cpu, "num-watchpoints", 2, host.watchpoints ?? MOST_UNITS);
  const counters = numberOf(cpu, "num-pmu-counters", 0, host.pmuCounters ?? MOST_COUNTERS);
  return {
    ...(maxBits === undefined ? {} : { sveVectorBits: maxBits }),
    ...(hasPmu(context) ? { pmuCounters: counters ?? "max" } : {}),
    ...(breakpoints === undefined ? {} : { breakpoints }),
    ...(watchpoints === undefined ? {} : { watchpoints }),
  };
}

/** The item for SVE: the longest vector as KVM encodes it. */
function sveItem(context: SetupContext): number | undefined {
  const { series, wish, platform } = context;
  if (!series.unitsFromCpu) {
    const { sveVectorBits = 0 } = wish;
    return sveVectorBits === 0 ? undefined : sveVectorBits / 128;
  }
  const { maxBits } = sveOf(context);
  if (maxBits === undefined) return undefined;
  const reason = "this series configures the longest vector of the host";
  const longest =
    maxBits === "max" ? platform.require(["sveVectorBits"], reason).sveVectorBits : maxBits;
  return longest / 128 - 1;
}

function pmuItem(context: SetupContext): number | undefined {
  const { series, wish, platform } = context;
  const given = wish.pmuCounters === 0 ? undefined : wish.pmuCounters;
  if (!series.unitsFromCpu) return given;
  if (!hasPmu(context)) return undefined;
  const reason = "this series configures the counters of the host";
  const { pmuCounters } = platform.require(["pmuCounters"], reason);
  if ((given ?? 0) > pmuCounters) throw refuseLaunch("RME: invalid number of PMU counters");
  return given ?? pmuCounters;
}

function debugItem({ wish: { breakpoints, watchpoints } }: SetupContext): ConfigValue | undefined {
  if (breakpoints === 0 && watchpoints === 0) return undefined;
  return { num_brps: breakpoints, num_wrps: watchpoints };
}

/**
 * Everything up to the Realm's creation: how vCPUs are set up, and configuration items. Series in
 * which KVM makes the Realm by itself have no more than the vCPUs.
 */
export function* setUpRealm(context: SetupContext): Generator<VmmRequest> {
  const { series, wish } = context;
  if (series.vcpuSetup) yield { request: "vcpu_setup", setup: vcpuSetup(context) };
  if (series.sequence === "kvm") return;
  const identity: readonly (readonly [string, ConfigValue | undefined])[] = [
    ["rpv", wish.rpv],
    ["hash_algo", wish.hashAlgo],
  ];
  const units: readonly (readonly [string, ConfigValue | undefined])[] = series.unitProperties
    ? [
        ["sve", sveItem(context)],
        ["dbg", debugItem(context)],
        ["pmu", pmuItem(context)],
      ]
    : [];
  for (const [name, value] of [
    ...(series.hashFirst ? identity.toReversed() : identity),
    ...units,
  ]) {
    if (value !== undefined) yield { request: "config", name, value };
  }
  yield { request: "create_realm" };
}
