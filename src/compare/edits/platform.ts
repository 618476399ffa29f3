/**
 * Other machines, and other fields of RmiRealmParams.
 *
 * @module
 */
import type { LaunchPlan } from "../../manifest/plan.ts";
import { u64 } from "../../units.ts";
import { type Edit, numbers, platformChoices, RARITY, realmChoices } from "./edit.ts";
import { CPU_COUNTS, RAM_SIZES } from "./sizes.ts";

const SVE_BITS: readonly number[] = [0, ...numbers(1, 16).map((vectors) => 128 * vectors)];
const IPA_BITS: readonly number[] = numbers(32, 52);
/** Versions of libfdt at which its header changed. */
const LIBFDT: readonly string[] = ["1.6.1", "1.6.0", "1.4.6"];
const CPUS: readonly string[] = [
  "arm,arm-v8",
  "arm,armv8",
  "arm,cortex-a57",
  "arm,cortex-a53",
  "arm,cortex-a72",
  "arm,neoverse-n1",
];

/** What the RMM offers, where the host takes it from the platform. */
function offered(plan: LaunchPlan): readonly Edit[] {
  if (plan.host.hypervisor === "direct") return [];
  const { forgotten, guessed } = RARITY;
  return [
    ...platformChoices(plan, "breakpoints", forgotten, [6, 2, 16, 4, 8, ...numbers(0, 16)]),
    ...platformChoices(plan, "watchpoints", forgotten, [4, 2, 16, 6, 8, ...numbers(0, 16)]),
    ...platformChoices(plan, "pmuCounters", guessed, [6, 8, ...numbers(0, 31)]),
    ...platformChoices(plan, "sveVectorBits", guessed, SVE_BITS),
    ...platformChoices(plan, "maxIpaBits", guessed, [40, 48, 52, 44, 42, 36]),
  ];
}

/** What a VMM finds on its host. */
function found(plan: LaunchPlan): readonly Edit[] {
  if (plan.host.vmm === "none") return [];
  const { guessed, unusual } = RARITY;
  return [
    ...platformChoices(plan, "cpus", guessed, CPU_COUNTS),
    ...platformChoices(plan, "ramSize", guessed, RAM_SIZES.map(u64)),
    ...platformChoices(plan, "irqchip", guessed, ["gicv3", "gicv3-its"]),
    ...platformChoices(plan, "libfdt", unusual, LIBFDT),
    ...platformChoices(plan, "cpuCompatible", unusual, CPUS),
    ...platformChoices(plan, "psci", unusual, ["0.1", "0.2", "1.0", "1.1"]),
    ...platformChoices(plan, "maxCpus", unusual, [8, 16, 64, 123, 512]),
    ...platformChoices(plan, "hostPageSize", guessed, [65536, 16384, 4096]),
    ...platformChoices(plan, "hostLpa2", unusual, [true, false]),
  ];
}

/** Fields of the Realm as a manifest may give them. */
function realm(plan: LaunchPlan): readonly Edit[] {
  const { forgotten, guessed, unusual } = RARITY;
  const own = plan.host.vmm === "none";
  return [
    ...realmChoices(plan, "hashAlgo", forgotten, ["sha-256", "sha-512", "sha-384"]),
    ...realmChoices(plan, "s2sz", own ? forgotten : unusual, IPA_BITS),
    ...realmChoices(plan, "flags.lpa2", unusual, [true, false]),
    ...(own ? ownRealm(plan) : []),
    ...(own ? [] : realmChoices(plan, "pmuNumCtrs", guessed + 1, numbers(0, 31))),
  ];
}

function ownRealm(plan: LaunchPlan): readonly Edit[] {
  const { forgotten, guessed } = RARITY;
  return [
    ...realmChoices(plan, "numBps", forgotten, [5, 1, 15, 2, ...numbers(0, 16)]),
    ...realmChoices(plan, "numWps", forgotten, [3, 1, 15, 2, ...numbers(0, 16)]),
    ...realmChoices(plan, "flags.pmu", guessed, [true, false]),
    ...realmChoices(plan, "pmuNumCtrs", guessed, [6, 8, ...numbers(0, 31)]),
    ...realmChoices(plan, "flags.sve", guessed, [true, false]),
    ...realmChoices(plan, "sveVl", guessed, numbers(0, 15)),
  ];
}

/** Changes of platform and Realm. */
export function platformEdits(plan: LaunchPlan): readonly Edit[] {
  return [...offered(plan), ...found(plan), ...realm(plan)];
}
