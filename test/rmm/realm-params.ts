/** One row per rule for Realm parameters: how a good Realm breaks it, and no rule before it. */
import type { RmmFeatures } from "../../src/rmm/features.ts";
import type { RealmParams } from "../../src/rmm/params.ts";
import { brokenRule } from "../../src/rmm/realm-params.ts";
import type { RmmSpec } from "../../src/rmm/spec.ts";
import { u64 } from "../../src/units.ts";
import { World } from "./world.ts";

export type RuleRow = readonly [
  id: string,
  params: Partial<RealmParams>,
  features?: Partial<RmmFeatures>,
];

const LPA2 = u64(1);
const SVE = u64(2);
const PMU = u64(4);
const DA = u64(8);
/** Bits 8:7: MEC policy 2, which is reserved. */
const MEC_RESERVED = u64(2 << 7);
const TREE_PER_PLANE = u64(1);
const INDIRECT = u64(2);

export const RULE_ROWS: readonly RuleRow[] = [
  ["flags.lpa2", { flags: LPA2 }],
  ["s2sz", { s2sz: 31 }],
  ["s2sz", { s2sz: 49 }],
  ["num_bps.reserved", { num_bps: 0 }],
  ["num_bps", { num_bps: 6 }],
  ["num_wps.reserved", { num_wps: 0 }],
  ["num_wps", { num_wps: 4 }],
  ["flags.sve", { flags: SVE }, { sveEn: false }],
  ["sve_vl", { flags: SVE, sve_vl: 4 }],
  ["pmu_num_ctrs", { flags: PMU, pmu_num_ctrs: 9 }],
  ["pmu_num_ctrs.hpmn0", { flags: PMU, pmu_num_ctrs: 0 }],
  ["flags.da", { flags: DA }, { daEn: false }],
  ["flags.mec_policy", { flags: MEC_RESERVED }],
  ["s2sz.lpa2", { s2sz: 49 }, { s2sz: 52, lpa2: true }],
  ["rtt_level_start", { rtt_level_start: 2n }],
  ["rtt_level_start", { rtt_level_start: -1n }],
  ["rtt_level_start", { rtt_level_start: 4n }],
  ["rtt_level_start", {}, { s2sz: 43 }],
  ["rtt_num_start", { rtt_num_start: 2 }],
  ["num_aux_planes", { num_aux_planes: 4 }],
  ["ats_plane", { ats_plane: u64(1) }],
  ["flags1.single_tree", { num_aux_planes: 1 }, { rttPlane: 0 }],
  ["flags1.tree_per_plane", { num_aux_planes: 1, flags1: TREE_PER_PLANE }, { rttPlane: 2 }],
  ["flags1.s2ap", { num_aux_planes: 1 }, { rttPlane: 1 }],
  ["flags1.s2ap_indirect", { flags1: INDIRECT }],
  ["hash_algo", { hash_algo: 3 }],
];

/** ID of the rule that a row's parameters break in a version; undefined if none. */
export function ruleOf(spec: RmmSpec, [, params, features]: RuleRow): string | undefined {
  const w = new World(spec, features);
  const decoded = spec.realmParams.decode(w.realmParams({ rtt_num_start: 1, ...params }));
  return brokenRule(decoded, w.rmm.features, spec)?.id;
}
