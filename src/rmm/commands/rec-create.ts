/**
 * RMI_REC_CREATE: creates a REC. Measured if the REC is runnable.
 *
 * @see RMM 1.0-rel0 B4.3.12
 * @module
 */
import { extract, maskOf } from "../../formats/bitfields.ts";
import { isGranuleAligned, type Pa } from "../../units.ts";
import {
  type Effect,
  edited,
  type Failure,
  granuleErrors,
  inputError,
  RealmContext,
  type RmiCommand,
  realmError,
} from "../command.ts";
import { REC_FLAG_RUNNABLE, REC_PARAMS_AUX, type RecParams } from "../params.ts";
import type { MpidrFields } from "../spec.ts";

/** Context of RMI_REC_CREATE. */
export class RecCreateContext extends RealmContext<"RMI_REC_CREATE"> {
  #params?: RecParams;

  get params(): RecParams {
    this.#params ??= this.rmm.spec.recParams.decode(this.input.params);
    return this.#params;
  }

  /** TF-RMM takes the lower 32 bits (runtime/rmi/rec.c:279). */
  get numAux(): number {
    return Number(BigInt.asUintN(32, this.params.num_aux ?? 0n));
  }

  /** Addresses of the auxiliary granules. Only valid once tfrmm_num_aux_max does not hold. */
  get aux(): readonly Pa[] {
    return (this.params.aux ?? []).slice(0, this.numAux).map((aux) => aux as Pa);
  }
}

type C = RecCreateContext;

/**
 * The REC index that an MPIDR stands for: Aff3:Aff2:Aff1:Aff0, of which Aff0 has 4 bits.
 *
 * @returns undefined if a bit outside the affinity fields is set.
 * @see RMM 1.0-rel0 A2.3.3, B3.38 RecIndex
 */
export function recIndex(mpidr: bigint, fields: MpidrFields): number | undefined {
  const { aff0, aff1, aff2, aff3 } = fields;
  if ((mpidr & ~maskOf([aff0, aff1, aff2, aff3])) !== 0n) return undefined;
  return (
    extract(mpidr, aff0) +
    extract(mpidr, aff1) * 2 ** 4 +
    extract(mpidr, aff2) * 2 ** 12 +
    extract(mpidr, aff3) * 2 ** 20
  );
}

/** Conditions that all versions have, in the order of the page. */
export const recCreatePage: readonly Failure<RecCreateContext>[] = [
  ...granuleErrors<C>(
    ["params_align", "params_bound", "params_pas"],
    "UNDELEGATED",
    (c) => c.input.params_ptr,
  ),
  ...granuleErrors<C>(["rec_align", "rec_bound", "rec_state"], "DELEGATED", (c) => c.input.rec),
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  realmError("realm_state", (c) => c.realm.state !== "REALM_NEW"),
  realmError("num_recs", (c) => c.realm.numRecs === 2 ** c.rmm.features.maxRecsOrder - 1),
  inputError("mpidr_index", (c) => recIndex(c.params.mpidr, c.rmm.spec.mpidr) !== c.realm.recIndex),
];

/** Conditions in the order of the page. */
const page: readonly Failure<C>[] = [
  ...recCreatePage,
  inputError("num_aux", (c) => c.numAux !== c.rmm.spec.recAuxCount),
  inputError("aux_align", (c) => c.aux.some((aux) => !isGranuleAligned(aux))),
  inputError("aux_alias", (c) => new Set([c.input.rec, ...c.aux]).size <= c.aux.length),
  inputError("aux_state", (c) => c.aux.some((aux) => c.rmm.granules.stateOf(aux) !== "DELEGATED")),
];

/** Makes the REC, with auxiliary granules that were checked. */
export function createRec(c: RecCreateContext, aux: readonly number[]): Effect {
  const { rmm, realm, params, input } = c;
  for (const granule of aux) rmm.granules.set(granule, "REC_AUX");
  rmm.granules.set(Number(input.rec), "REC");
  rmm.recs.set(Number(input.rec), { owner: Number(input.rd), aux });
  realm.recIndex += 1;
  realm.numRecs += 1;
  if ((params.flags & REC_FLAG_RUNNABLE) === 0n) return {};
  // B4.3.12.4: the descriptor covers a zero-filled RmiRecParams with the measured fields alone.
  const measured = rmm.spec.recParams.project(input.params, rmm.spec.recParamsMeasured);
  return { measured: [{ kind: "rec", params: measured }] };
}

const because = "TF-RMM takes the auxiliary granules first (runtime/rmi/rec.c:278-300)";

export const recCreate: RmiCommand<"RMI_REC_CREATE", C> = {
  name: "RMI_REC_CREATE",
  section: "B4.3.12",
  context: RecCreateContext,
  failures: edited(page, [
    {
      add: inputError("tfrmm_num_aux_max", (c) => c.numAux > REC_PARAMS_AUX),
      before: "rec_align",
      because: "rec.c:280: the list in RmiRecParams has 16 entries",
    },
    { move: "aux_align", before: "rec_align", because },
    { move: "aux_alias", before: "rec_align", because },
    { move: "aux_state", before: "rec_align", because },
    {
      move: "num_recs",
      before: "realm_state",
      because: "rec.c:318 looks at the RD's reference count before it maps the RD",
    },
  ]),
  apply: (c) => createRec(c, c.aux.map(Number)),
};
