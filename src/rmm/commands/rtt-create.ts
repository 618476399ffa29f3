/**
 * RMI_RTT_CREATE: creates an RTT below an entry, unfolding what the entry maps. Not measured, but
 * it decides the size of the entries that a later RMI_RTT_INIT_RIPAS measures.
 *
 * @see RMM 1.0-rel0 B4.3.15
 * @module
 */
import { type Failure, granuleErrors, inputError, type RmiCommand, rttError } from "../command.ts";
import { entryOf, isLive, RTTE, Rtt, rttLevelSize } from "../rtt.ts";
import { LPA2_PA } from "./data-create.ts";
import { StructureContext, structureErrors, walkLevel } from "./rtt-context.ts";

type C = StructureContext<"RMI_RTT_CREATE">;

/** Conditions in the order of the page. */
const page: readonly Failure<C>[] = [
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  ...structureErrors<C>(["level_bound", "ipa_align", "ipa_bound"]),
  ...granuleErrors<C>(["rtt_align", "rtt_bound", "rtt_state"], "DELEGATED", (c) => c.input.rtt),
  inputError("rtt_bound2", (c) => !c.realm.featLpa2 && c.input.rtt >= LPA2_PA),
  rttError("rtt_walk", (c) => c.walk.level < c.input.level - 1, walkLevel),
  rttError("rtte_state", (c) => entryOf(c.walk) === RTTE.TABLE, walkLevel),
];

export const rttCreate: RmiCommand<"RMI_RTT_CREATE", C> = {
  name: "RMI_RTT_CREATE",
  section: "B4.3.15",
  context: StructureContext,
  failures: page,
  apply(c) {
    const { rmm, input, walk } = c;
    const pa = Number(input.rtt);
    const table = new Rtt(pa, input.level);
    const unfolded = entryOf(walk);
    // rtte_c_addr: a block becomes a contiguous run of smaller entries with the same attributes.
    if (isLive(unfolded)) {
      table.fill(unfolded, walk.table.address(walk.index), rttLevelSize(input.level));
    } else {
      table.fill(unfolded);
    }
    walk.table.setTable(walk.index, table);
    rmm.granules.set(pa, "RTT");
    return {};
  },
};
