/**
 * RMI_RTT_DESTROY: destroys an RTT that refers to no granule.
 *
 * @see RMM 1.0-rel0 B4.3.16
 * @module
 */
import { pa } from "../../units.ts";
import { type Failure, granuleErrors, type RmiCommand, rttError } from "../command.ts";
import { isProtected } from "../realm.ts";
import { entryOf, RTTE, type Rtt } from "../rtt.ts";
import { StructureContext, structureErrors, walkLevel } from "./rtt-context.ts";

/** Context of RMI_RTT_DESTROY. */
export class RttDestroyContext extends StructureContext<"RMI_RTT_DESTROY"> {
  /** Rtt(walk.rtte.addr). Only valid once rtte_state does not hold. */
  get rtt(): Rtt {
    return this.walk.table.tableAt(this.walk.index) as Rtt;
  }
}

type C = RttDestroyContext;

const failures: readonly Failure<C>[] = [
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  ...structureErrors<C>(["level_bound", "ipa_align", "ipa_bound"]),
  rttError(
    "rtt_walk",
    (c) => c.walk.level < c.input.level - 1,
    walkLevel,
    (c) => c.walkTop,
  ),
  rttError(
    "rtte_state",
    (c) => entryOf(c.walk) !== RTTE.TABLE,
    walkLevel,
    (c) => c.walkTop,
  ),
  rttError(
    "rtt_live",
    (c) => c.rtt.references > 0,
    (c) => c.input.level,
    (c) => ({ top: c.input.ipa }),
  ),
];

export const rttDestroy: RmiCommand<"RMI_RTT_DESTROY", C> = {
  name: "RMI_RTT_DESTROY",
  section: "B4.3.16",
  context: RttDestroyContext,
  failures,
  apply(c) {
    const { rmm, realm, walk, rtt } = c;
    walk.table.set(
      walk.index,
      isProtected(c.input.ipa, realm) ? RTTE.UNASSIGNED_DESTROYED : RTTE.UNASSIGNED_NS,
    );
    rmm.granules.set(rtt.pa, "DELEGATED");
    return { outputs: { rtt: pa(rtt.pa), ...c.walkTop } };
  },
};
