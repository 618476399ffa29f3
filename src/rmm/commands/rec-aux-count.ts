/**
 * RMI_REC_AUX_COUNT: how many auxiliary Granules a REC needs.
 *
 * @see RMM 1.0-rel0 B4.3.11
 * @module
 */
import { type Failure, granuleErrors, RealmContext, type RmiCommand } from "../command.ts";

type C = RealmContext<"RMI_REC_AUX_COUNT">;

const failures: readonly Failure<C>[] = granuleErrors<C>(
  ["rd_align", "rd_bound", "rd_state"],
  "RD",
  (c) => c.input.rd,
);

export const recAuxCount: RmiCommand<"RMI_REC_AUX_COUNT", C> = {
  name: "RMI_REC_AUX_COUNT",
  section: "B4.3.11",
  context: RealmContext,
  failures,
  apply: ({ rmm }) => ({ outputs: { aux_count: rmm.spec.recAuxCount } }),
};
