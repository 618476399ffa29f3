/**
 * RMI_DATA_DESTROY: destroys a Data Granule.
 *
 * @see RMM 1.0-rel0 B4.3.3
 * @module
 */
import { ipa, isGranuleAligned, pa } from "../../units.ts";
import {
  type Failure,
  granuleErrors,
  inputError,
  RealmContext,
  type RmiCommand,
  rttError,
} from "../command.ts";
import { isProtected } from "../realm.ts";
import type { RmiOutputs } from "../rmi.ts";
import {
  entryOf,
  hipasOf,
  RTT_PAGE_LEVEL,
  RTTE,
  type RttWalk,
  skipNonLiveEntries,
  walkRtt,
} from "../rtt.ts";
import { walkLevel } from "./rtt-context.ts";

/** Context of RMI_DATA_DESTROY. */
export class DataDestroyContext extends RealmContext<"RMI_DATA_DESTROY"> {
  #walk?: RttWalk;

  get walk(): RttWalk {
    this.#walk ??= walkRtt(this.realm.stage2, Number(this.input.ipa), RTT_PAGE_LEVEL);
    return this.#walk;
  }

  /** Evaluated when it is read: after the entry changed, on success. */
  get walkTop(): RmiOutputs {
    return { top: ipa(skipNonLiveEntries(this.walk, Number(this.input.ipa))) };
  }
}

type C = DataDestroyContext;

const failures: readonly Failure<C>[] = [
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  inputError("ipa_align", (c) => !isGranuleAligned(c.input.ipa)),
  inputError("ipa_bound", (c) => !isProtected(c.input.ipa, c.realm)),
  rttError(
    "rtt_walk",
    (c) => c.walk.level < RTT_PAGE_LEVEL,
    walkLevel,
    (c) => c.walkTop,
  ),
  rttError(
    "rtte_state",
    (c) => hipasOf(entryOf(c.walk)) !== "ASSIGNED",
    walkLevel,
    (c) => c.walkTop,
  ),
];

export const dataDestroy: RmiCommand<"RMI_DATA_DESTROY", C> = {
  name: "RMI_DATA_DESTROY",
  section: "B4.3.3",
  context: DataDestroyContext,
  failures,
  apply(c) {
    const { table, index } = c.walk;
    const data = table.address(index);
    const wasEmpty = table.state(index) === RTTE.ASSIGNED_EMPTY;
    table.set(index, wasEmpty ? RTTE.UNASSIGNED_EMPTY : RTTE.UNASSIGNED_DESTROYED);
    c.rmm.granules.set(data, "DELEGATED");
    return { outputs: { data: pa(data), ...c.walkTop } };
  },
};
