/**
 * What a VMM configures before the Realm exists: items of CONFIG_REALM, set-up of the vCPUs.
 *
 * @module
 */
import { fromHex } from "../../bytes.ts";
import type { RmmFeatures } from "../../rmm/features.ts";
import { RPV_SIZE } from "../../rmm/params.ts";
import { SVE_VECTOR_UNIT } from "../../rmm/platform-features.ts";
import type { RealmFields } from "../realm-fields.ts";
import type { ConfigValue, VcpuSetup } from "../requests.ts";
import type { ConfigItem } from "./facts.ts";
import { type KvmRefusal, refuse, refuseOrder } from "./refusal.ts";
import type { KvmVm } from "./vm.ts";

/** What an item sets, or why it is refused. */
type Configured = RealmFields | KvmRefusal;

function hashAlgo(value: ConfigValue, features: RmmFeatures): Configured {
  if (value === "sha-256" && features.hashSha256) return { hashAlgo: value };
  if (value === "sha-512" && features.hashSha512) return { hashAlgo: value };
  return refuse("EINVAL", `the RMM does not offer the hash algorithm ${JSON.stringify(value)}`);
}

function personalization(value: ConfigValue): Configured {
  const bytes = typeof value === "string" ? fromHex(value) : undefined;
  if (bytes === undefined || bytes.length > RPV_SIZE) {
    return refuse("EINVAL", "a personalization value has at most 64 bytes, in hexadecimal");
  }
  const rpv = new Uint8Array(RPV_SIZE);
  rpv.set(bytes);
  return { rpv };
}

function sve(value: ConfigValue, features: RmmFeatures): Configured {
  const sveVl = Number(value);
  if (!features.sveEn) return refuse("EINVAL", "the RMM offers no SVE");
  return sveVl > features.sveVl
    ? refuse("EINVAL", `sve_vl ${sveVl} exceeds the RMM's ${features.sveVl}`)
    : { sveVl, flags: { sve: true } };
}

function debug(value: ConfigValue, features: RmmFeatures): Configured {
  const units = value as { readonly num_brps?: number; readonly num_wrps?: number };
  const { num_brps: numBps = 0, num_wrps: numWps = 0 } = units;
  if (numBps <= features.numBps && numWps <= features.numWps) return { numBps, numWps };
  const offered = `${features.numBps} breakpoints and ${features.numWps} watchpoints`;
  return refuse("EINVAL", `the RMM offers ${offered}, not ${numBps} and ${numWps}`);
}

function pmu(value: ConfigValue, features: RmmFeatures): Configured {
  const pmuNumCtrs = Number(value);
  if (!features.pmuEn) return refuse("EINVAL", "the RMM offers no PMU");
  return pmuNumCtrs > features.pmuNumCtrs
    ? refuse("EINVAL", `the RMM offers ${features.pmuNumCtrs} PMU counters, not ${pmuNumCtrs}`)
    : { pmuNumCtrs, flags: { pmu: true } };
}

const ITEMS: Readonly<
  Record<ConfigItem, (value: ConfigValue, features: RmmFeatures) => Configured>
> = { hash_algo: hashAlgo, rpv: personalization, sve, dbg: debug, pmu };

/**
 * What is configured after one more item.
 *
 * @param before What was configured until then.
 */
export function configuredWith(
  before: RealmFields,
  item: ConfigItem,
  value: ConfigValue,
  features: RmmFeatures,
): Configured {
  const change = ITEMS[item](value, features);
  if ("errno" in change) return change;
  return { ...before, ...change, flags: { ...before.flags, ...change.flags } };
}

/** CONFIG_REALM of one item. */
export function configure(vm: KvmVm, name: string, value: ConfigValue): KvmRefusal | undefined {
  if (vm.state !== "NONE") return refuseOrder(vm.facts.configTooLate, "the Realm exists already");
  const item = vm.facts.configItems.find((known) => known === name);
  if (item === undefined) {
    const known = vm.facts.configItems.join(", ");
    return refuseOrder(
      "EINVAL",
      known === "" ? "it has no such request" : `it knows ${known} only`,
    );
  }
  const configured = configuredWith(vm.configured, item, value, vm.env.features.features);
  if ("errno" in configured) return configured;
  vm.configured = configured;
  return undefined;
}

/** KVM_REG_ARM64_SVE_VLS beyond what a Realm may have. */
function checkSve(vm: KvmVm, { sveVectorBits: bits }: VcpuSetup): KvmRefusal | undefined {
  if (bits === undefined || !vm.knows("sveVectorBits")) return undefined;
  const { features } = vm.env.features;
  if (!features.sveEn) return refuse("EINVAL", "the RMM offers no SVE");
  const offered = (features.sveVl + 1) * SVE_VECTOR_UNIT;
  return bits === "max" || bits <= offered
    ? undefined
    : refuse("EINVAL", `SVE vectors of ${bits} bits exceed the RMM's ${offered}`);
}

/** PMCR_EL0.N beyond what a Realm may have. */
function checkPmu(vm: KvmVm, { pmuCounters: counters }: VcpuSetup): KvmRefusal | undefined {
  if (counters === undefined || counters === "max" || !vm.knows("pmuCounters")) return undefined;
  // RMM 2.0 has no such field in feature register 0, and KVM no limit.
  if (!vm.hasRegisterFor("pmuNumCtrs")) return undefined;
  const offered = vm.env.features.features.pmuNumCtrs;
  return counters <= offered
    ? undefined
    : refuse("EINVAL", `the RMM offers ${offered} PMU counters, not ${counters}`);
}

/** KVM_ARM_VCPU_INIT and KVM_SET_ONE_REG, the same for all vCPUs. */
export function setUpVcpus(vm: KvmVm, setup: VcpuSetup): KvmRefusal | undefined {
  const refusal = checkSve(vm, setup) ?? checkPmu(vm, setup);
  if (refusal === undefined) vm.setup = { ...vm.setup, ...setup };
  return refusal;
}
