/**
 * RMI_REALM_CREATE from RMM 1.1 on: a Realm can have several Planes, each with a VMID and perhaps
 * an RTT tree of its own. Nothing of it is measured.
 *
 * @see TF-RMM 2f49356c runtime/rmi/realm.c:257-465
 * @module
 */
import { extract } from "../../formats/bitfields.ts";
import type { Pa } from "../../units.ts";
import { type Failure, inputError } from "../command.ts";
import { REALM_FLAGS_LATER, REALM_FLAGS1, type RealmParams } from "../params.ts";
import type { RealmParamsRule } from "../realm-params.ts";
import { RealmCreateContext } from "./realm-create.ts";

/** Planes beside Plane 0. */
const auxPlanes = (params: RealmParams): number => params.num_aux_planes ?? 0;

/** Whether a bit of `flags1` is set. */
const hasFlag1 = (params: RealmParams, flag: keyof typeof REALM_FLAGS1): boolean =>
  extract(params.flags1 ?? 0n, REALM_FLAGS1[flag]) === 1;

/** Values of the feature RTT_PLANE: which trees a Realm with several Planes may have. */
const RTT_PLANE_AUX = 0;
const RTT_PLANE_SINGLE = 2;

/** A MECID that Realms share, unless RMI_MEC_SET_SHARED named another, which is not modelled. */
const SHARED_MECID = 0;

/** The lower 32 bits, which are all that TF-RMM takes (realm.c:446). */
const mecidOf = (params: RealmParams): number => Number(BigInt.asUintN(32, params.mecid ?? 0n));

/** Context of RMI_REALM_CREATE, RMM 1.1. */
export class PlanesRealmCreateContext extends RealmCreateContext {
  override get trees(): readonly Pa[] {
    const { params } = this;
    const { rtt_base, aux_rtt_base = [] } = params;
    if (!hasFlag1(params, "rttTreePp")) return [rtt_base as Pa];
    return [rtt_base, ...aux_rtt_base.slice(0, auxPlanes(params))].map((base) => base as Pa);
  }

  override get vmids(): readonly number[] {
    const { vmid = 0, aux_vmid = [] } = this.params;
    return [vmid, ...aux_vmid.slice(0, auxPlanes(this.params))];
  }

  override get mecid(): number | undefined {
    if (this.rmm.features.maxMecid === 0) return undefined;
    const mecid = mecidOf(this.params);
    return mecid === SHARED_MECID ? undefined : mecid;
  }
}

/** Whether the MECID is out of range or another Realm's alone (lib/mec/src/mec.c:202). */
export function isMecidTaken({ rmm, params, mecid }: PlanesRealmCreateContext): boolean {
  if (mecid === undefined) return false;
  return mecidOf(params) > rmm.features.maxMecid || rmm.mecids.has(mecid);
}

/** Starting-level tables that are in more than one place, of one tree or of several. */
export const rttAlias: Failure<PlanesRealmCreateContext> = inputError(
  "tfrmm_rtt_alias",
  ({ roots }) => new Set(roots).size < roots.length,
);

/** Rule: device assignment. */
export const daRule: RealmParamsRule = {
  id: "flags.da",
  condition: "params_supp",
  broken: (p, f) => extract(p.flags, REALM_FLAGS_LATER.da) === 1 && !f.daEn,
};

/** Rules for Planes, in the order of realm.c:351-400. */
export const planesRules: readonly RealmParamsRule[] = [
  {
    id: "num_aux_planes",
    condition: "params_supp",
    broken: (p, f) => auxPlanes(p) > f.maxNumAuxPlanes,
  },
  {
    id: "ats_plane",
    condition: "params_supp",
    broken: (p) => (p.ats_plane ?? 0n) > BigInt(auxPlanes(p)),
  },
  {
    id: "flags1.single_tree",
    condition: "params_supp",
    broken: (p, f) => auxPlanes(p) > 0 && f.rttPlane === RTT_PLANE_AUX && !hasFlag1(p, "rttTreePp"),
  },
  {
    id: "flags1.tree_per_plane",
    condition: "params_supp",
    broken: (p, f) =>
      auxPlanes(p) > 0 && f.rttPlane === RTT_PLANE_SINGLE && hasFlag1(p, "rttTreePp"),
  },
  {
    id: "flags1.s2ap",
    condition: "params_supp",
    broken: (p) => auxPlanes(p) > 0 && hasFlag1(p, "rttTreePp") === hasFlag1(p, "s2apIndirect"),
  },
  {
    id: "flags1.s2ap_indirect",
    condition: "params_supp",
    broken: (p, f) => hasFlag1(p, "s2apIndirect") && !f.rttS2apIndirect,
  },
];
