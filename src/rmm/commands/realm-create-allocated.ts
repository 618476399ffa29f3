/**
 * RMI_REALM_CREATE in RMM 2.0: the RMM picks VMIDs and MECIDs itself, and can run out of them.
 *
 * @see TF-RMM 9a7f8ef4 runtime/rmi/realm.c:607
 * @module
 */
import { extract } from "../../formats/bitfields.ts";
import { edited, type Failure, type RmiCommand } from "../command.ts";
import { REALM_FLAGS_LATER } from "../params.ts";
import type { RealmParamsRule } from "../realm-params.ts";
import { realmCreate, realmCreatePage } from "./realm-create.ts";
import { PlanesRealmCreateContext, rttAlias } from "./realm-create-planes.ts";

/** RmiMecPolicy (lib/smc/include/smc-rmi.h:784). */
const MEC_POLICY_PRIVATE = 1;

/** Rule: the two MEC policies there are. */
export const mecPolicyRule: RealmParamsRule = {
  id: "flags.mec_policy",
  condition: "params_supp",
  broken: (p) => extract(p.flags, REALM_FLAGS_LATER.mecPolicy) > MEC_POLICY_PRIVATE,
};

/** The lowest `count` numbers from `first` on, below `end`, that are not in use. */
function lowestFree(
  count: number,
  first: number,
  end: number,
  used: ReadonlySet<number>,
): readonly number[] {
  const free: number[] = [];
  for (let id = first; id < end && free.length < count; id++) {
    if (!used.has(id)) free.push(id);
  }
  return free;
}

/** Context of RMI_REALM_CREATE, RMM 2.0. */
export class AllocatingRealmCreateContext extends PlanesRealmCreateContext {
  #vmids?: readonly number[];

  /** One per Plane; fewer if there are not enough. */
  override get vmids(): readonly number[] {
    const count = 1 + (this.params.num_aux_planes ?? 0);
    this.#vmids ??= lowestFree(count, 0, this.rmm.vmidCount, this.rmm.vmids);
    return this.#vmids;
  }

  /** Only of a Realm that has one to itself. */
  override get mecid(): number | undefined {
    if (!this.needsMecid) return undefined;
    const { features, mecids } = this.rmm;
    return lowestFree(1, 1, 1 + features.mecCount, mecids)[0];
  }

  /** Whether the Realm wants a MECID to itself, and the CPU has any. */
  get needsMecid(): boolean {
    const policy = extract(this.params.flags, REALM_FLAGS_LATER.mecPolicy);
    return policy === MEC_POLICY_PRIVATE && this.rmm.features.mecCount > 0;
  }
}

type C = AllocatingRealmCreateContext;

const globalError = (id: string, when: (context: C) => boolean): Failure<C> => ({
  id,
  status: "RMI_ERROR_GLOBAL",
  when,
});

const because = "realm.c:345-440 validates all parameters before it looks at granules";

export const realmCreateAllocated: RmiCommand<"RMI_REALM_CREATE", C> = {
  ...realmCreate,
  context: AllocatingRealmCreateContext,
  failures: edited<Failure<C>>(realmCreatePage, [
    { move: "rtt_num_level", before: "alias", because },
    { move: "rtt_align", before: "alias", because },
    { remove: "vmid_valid", because: "the host does not pick VMIDs" },
    {
      add: globalError(
        "tfrmm_vmid_free",
        (c) => c.vmids.length < 1 + (c.params.num_aux_planes ?? 0),
      ),
      before: "alias",
      because: "realm.c:646 allocates a VMID for each Plane",
    },
    {
      add: globalError("tfrmm_mecid_free", (c) => c.needsMecid && c.mecid === undefined),
      before: "alias",
      because: "realm.c:656 allocates a MECID",
    },
    { add: rttAlias, because: "realm.c:518 takes the tables of all trees, one after another" },
  ]),
  apply: (c) => realmCreate.apply(c, []),
};
