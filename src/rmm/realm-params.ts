/**
 * What the RMM accepts as Realm parameters: the rules behind the conditions params_valid,
 * params_supp and rtt_num_level of RMI_REALM_CREATE.
 *
 * @see RMM 1.0-rel0 B3.34 RealmParamsSupported, B3.55 RttConfigIsValid
 * @module
 */
import { extract } from "../formats/bitfields.ts";
import type { RmmFeatures } from "./features.ts";
import { REALM_FLAGS, type RealmParams } from "./params.ts";
import { RTT_PAGE_LEVEL } from "./rtt.ts";
import type { RmmSpec } from "./spec.ts";

/** The condition of RMI_REALM_CREATE that a rule belongs to. */
export type RealmParamsCondition = "params_valid" | "params_supp" | "rtt_num_level";

/** One rule. */
export interface RealmParamsRule {
  /** Name of the rule: the field it looks at, and what about it. */
  readonly id: string;
  readonly condition: RealmParamsCondition;
  /** Whether the parameters break the rule. Rules before it in the table hold. */
  readonly broken: (params: RealmParams, features: RmmFeatures, spec: RmmSpec) => boolean;
}

/** Smallest IPA width of a Realm in bits (TF-RMM RMI_FEATURE_MIN_IPA_SIZE). */
const MIN_IPA_WIDTH = 32;
/** Largest IPA width without LPA2. */
const MAX_IPA_WIDTH = 48;
/** PA width from which start level 0 is a valid configuration (AArch64.S2InvalidSL). */
const MIN_PA_WIDTH_LEVEL_0 = 44;
const STRIDE = 9;
const STRIDE_LEVEL_MINUS_1 = 4;
const PAGE_BITS = 12;
/** log2 of the largest number of concatenated starting-level tables. */
const CONCATENATION_BITS = 4;

const hasFlag = (params: RealmParams, flag: keyof typeof REALM_FLAGS): boolean =>
  extract(params.flags, REALM_FLAGS[flag]) === 1;

/**
 * Whether stage 2 can start at `level` for an IPA space of `ipaWidth` bits: the smallest and the
 * largest width that the level resolves, concatenated tables included.
 *
 * @see Arm ARM AArch64.S2InconsistentSL; TF-RMM runtime/rmi/realm.c:80
 */
export function isConsistentStartLevel(ipaWidth: number, level: number, lpa2: boolean): boolean {
  const min = (RTT_PAGE_LEVEL - level) * STRIDE + PAGE_BITS + 1;
  const stride = level === -1 && lpa2 ? STRIDE_LEVEL_MINUS_1 : STRIDE;
  const concatenation = level > 0 || (level === 0 && lpa2) ? CONCATENATION_BITS : 0;
  return ipaWidth >= min && ipaWidth <= min + stride - 1 + concatenation;
}

/** Number of starting-level tables for a consistent level and width. @see realm.c:152 */
export function startingTables(ipaWidth: number, level: number): number {
  const resolved = (RTT_PAGE_LEVEL - level) * STRIDE + PAGE_BITS + STRIDE;
  return resolved >= ipaWidth ? 1 : 2 ** (ipaWidth - resolved);
}

function isInvalidStartLevel(params: RealmParams, features: RmmFeatures): boolean {
  const lpa2 = hasFlag(params, "lpa2");
  const level = Number(params.rtt_level_start);
  if (level < (lpa2 ? -1 : 0) || level > RTT_PAGE_LEVEL) return true;
  if (level === 0 && features.s2sz < MIN_PA_WIDTH_LEVEL_0) return true;
  return !isConsistentStartLevel(params.s2sz, level, lpa2);
}

/** RMM 1.0-rel0, in the order of TF-RMM runtime/rmi/realm.c:234-324. */
export const realmParamsRulesV1_0: readonly RealmParamsRule[] = [
  {
    id: "flags.lpa2",
    condition: "params_supp",
    broken: (p, f) => hasFlag(p, "lpa2") && !f.lpa2,
  },
  {
    id: "s2sz",
    condition: "params_supp",
    broken: (p, f) => p.s2sz < MIN_IPA_WIDTH || p.s2sz > f.s2sz,
  },
  {
    id: "num_bps.reserved",
    condition: "params_supp",
    broken: (p) => p.num_bps === 0,
  },
  {
    id: "num_bps",
    condition: "params_supp",
    broken: (p, f) => p.num_bps > f.numBps,
  },
  {
    id: "num_wps.reserved",
    condition: "params_supp",
    broken: (p) => p.num_wps === 0,
  },
  {
    id: "num_wps",
    condition: "params_supp",
    broken: (p, f) => p.num_wps > f.numWps,
  },
  {
    id: "flags.sve",
    condition: "params_supp",
    broken: (p, f) => hasFlag(p, "sve") && !f.sveEn,
  },
  {
    id: "sve_vl",
    condition: "params_supp",
    broken: (p, f) => hasFlag(p, "sve") && p.sve_vl > f.sveVl,
  },
  {
    id: "pmu_num_ctrs",
    condition: "params_supp",
    broken: (p, f) => hasFlag(p, "pmu") && p.pmu_num_ctrs > f.pmuNumCtrs,
  },
  {
    id: "pmu_num_ctrs.hpmn0",
    condition: "params_supp",
    broken: (p, f) => hasFlag(p, "pmu") && p.pmu_num_ctrs === 0 && !f.hpmn0,
  },
  {
    id: "s2sz.lpa2",
    condition: "rtt_num_level",
    broken: (p) => p.s2sz > MAX_IPA_WIDTH && !hasFlag(p, "lpa2"),
  },
  {
    id: "rtt_level_start",
    condition: "rtt_num_level",
    broken: isInvalidStartLevel,
  },
  {
    id: "rtt_num_start",
    condition: "rtt_num_level",
    broken: (p) => startingTables(p.s2sz, Number(p.rtt_level_start)) !== p.rtt_num_start,
  },
  {
    id: "hash_algo",
    condition: "params_valid",
    broken: (p, _, spec) => spec.hashAlgos[p.hash_algo] === undefined,
  },
];

/** The first rule that the parameters break, if any. */
export function brokenRule(
  params: RealmParams,
  features: RmmFeatures,
  spec: RmmSpec,
): RealmParamsRule | undefined {
  return spec.realmParamsRules.find((rule) => rule.broken(params, features, spec));
}
