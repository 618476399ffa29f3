/**
 * The parameters that KVM puts into RmiRealmParams.
 *
 * @module
 */
import { SVE_VECTOR_UNIT } from "../../rmm/platform-features.ts";
import type { RealmFields } from "../realm-fields.ts";
import type { KvmVm } from "./vm.ts";

/** Width of BRPs and WRPs in ID_AA64DFR0_EL1. */
const DEBUG_FIELD_MASK = 0xf;

type DebugUnit = "breakpoints" | "watchpoints";
type DebugFields = { readonly [U in DebugUnit]: number };

/** BRPs and WRPs of a Realm's ID_AA64DFR0_EL1 before the VMM writes it: what the RMM offers. */
function resetDebugFields({ facts, env }: KvmVm): DebugFields {
  const { numBps, numWps } = env.features.features;
  // Series that take the register's number for a count store one less, also for 0.
  const less = facts.debugFields === "count" ? 1 : 0;
  return {
    breakpoints: (numBps - less) & DEBUG_FIELD_MASK,
    watchpoints: (numWps - less) & DEBUG_FIELD_MASK,
  };
}

/**
 * BRPs and WRPs after the VMM wrote the register. A write is refused as a whole (too many, none,
 * or a field that cannot be written); VMMs warn and go on with what there was.
 */
function writtenDebugFields(vm: KvmVm, reset: DebugFields): DebugFields {
  const { breakpoints, watchpoints } = vm.setup ?? {};
  const written = {
    breakpoints: breakpoints === undefined ? reset.breakpoints : breakpoints - 1,
    watchpoints: watchpoints === undefined ? reset.watchpoints : watchpoints - 1,
  };
  const isRefused =
    written.breakpoints < 0 ||
    written.watchpoints < 0 ||
    written.breakpoints > reset.breakpoints ||
    written.watchpoints > reset.watchpoints ||
    (vm.facts.debugWritable === "watchpoints" && written.breakpoints !== reset.breakpoints);
  return isRefused ? reset : written;
}

function debugParams(vm: KvmVm, given: RealmFields): Pick<RealmFields, "numBps" | "numWps"> {
  const needed = [
    ...(given.numBps === undefined ? (["breakpoints"] as const) : []),
    ...(given.numWps === undefined ? (["watchpoints"] as const) : []),
  ];
  vm.require(needed);
  const { breakpoints, watchpoints } = writtenDebugFields(vm, resetDebugFields(vm));
  const more = vm.facts.debugFields === "count" ? 1 : 0;
  return { numBps: breakpoints + more, numWps: watchpoints + more };
}

function sveParams(vm: KvmVm): RealmFields {
  const bits = vm.setup?.sveVectorBits;
  if (bits === undefined) return {};
  if (bits === "max") vm.require(["sveVectorBits"]);
  const { sveVl } = vm.env.features.features;
  return { flags: { sve: true }, sveVl: bits === "max" ? sveVl : bits / SVE_VECTOR_UNIT - 1 };
}

function pmuParams(vm: KvmVm): RealmFields {
  const counters = vm.setup?.pmuCounters;
  if (counters === undefined) return {};
  if (counters !== "max") return { flags: { pmu: true }, pmuNumCtrs: counters };
  if (vm.hasRegisterFor("pmuNumCtrs")) vm.require(["pmuCounters"]);
  return { flags: { pmu: true }, pmuNumCtrs: vm.env.features.features.pmuNumCtrs };
}

/** What the vCPUs say, as they are set up at this moment. */
function paramsOfVcpus(vm: KvmVm, given: RealmFields): RealmFields {
  const sve = sveParams(vm);
  const pmu = pmuParams(vm);
  return {
    ...debugParams(vm, given),
    ...sve,
    ...pmu,
    flags: { ...sve.flags, ...pmu.flags },
  };
}

/**
 * The fields of RmiRealmParams for a VM in its present state; those that the launch description
 * gives win.
 *
 * @throws CcaRimError HOST_PLATFORM if the platform does not state what decides them.
 */
export function kvmRealmFields(vm: KvmVm): RealmFields {
  const given = vm.env.realm;
  const { configured, facts } = vm;
  const fromVcpus = facts.parameters === "vcpus" ? paramsOfVcpus(vm, given) : {};
  const lpa2 = facts.lpa2FollowsHost && vm.assume("hostLpa2", false);
  return {
    ...fromVcpus,
    ...configured,
    s2sz: vm.ipaBits,
    ...given,
    flags: { lpa2, ...fromVcpus.flags, ...configured.flags, ...given.flags },
  };
}
