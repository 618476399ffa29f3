/**
 * RMI_REC_DESTROY: destroys a REC. Neither the RIM nor the next REC index goes back.
 *
 * @see RMM 1.0-rel0 B4.3.13
 * @module
 */
import { CommandContext, type Failure, granuleErrors, type RmiCommand } from "../command.ts";
import type { Rec } from "../realm.ts";

/** Context of RMI_REC_DESTROY. */
export class RecDestroyContext extends CommandContext<"RMI_REC_DESTROY"> {
  /** Rec(rec_ptr). Only valid once the conditions on the granule do not hold. */
  get rec(): Rec {
    return this.rmm.recs.get(Number(this.input.rec)) as Rec;
  }
}

type C = RecDestroyContext;

const failures: readonly Failure<C>[] = [
  ...granuleErrors<C>(["rec_align", "rec_bound", "rec_gran_state"], "REC", (c) => c.input.rec),
  // No REC runs while its Realm is being built: the model has no RMI_REC_ENTER.
  { id: "rec_state", status: "RMI_ERROR_REC", when: () => false },
];

export const recDestroy: RmiCommand<"RMI_REC_DESTROY", C> = {
  name: "RMI_REC_DESTROY",
  section: "B4.3.13",
  context: RecDestroyContext,
  failures,
  apply(c) {
    const { rmm, rec } = c;
    const pa = Number(c.input.rec);
    for (const granule of rec.aux) rmm.granules.set(granule, "DELEGATED");
    rmm.granules.set(pa, "DELEGATED");
    rmm.recs.delete(pa);
    const realm = rmm.realms.get(rec.owner);
    if (realm !== undefined) realm.numRecs -= 1;
    return {};
  },
};
