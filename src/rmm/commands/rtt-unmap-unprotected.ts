/**
 * RMI_RTT_UNMAP_UNPROTECTED: removes a mapping at an unprotected IPA. Not measured.
 *
 * @see RMM 1.0-rel0 B4.3.22
 * @module
 */
import { edited, type Failure, granuleErrors, type RmiCommand, rttError } from "../command.ts";
import { entryOf, RTTE } from "../rtt.ts";
import { EntryContext, walkLevel } from "./rtt-context.ts";
import { levelBound, unprotectedIpaErrors } from "./rtt-unprotected.ts";

type C = EntryContext<"RMI_RTT_UNMAP_UNPROTECTED">;

/** Conditions in the order of the page. */
const page: readonly Failure<C>[] = [
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  levelBound<C>("level_bound"),
  ...unprotectedIpaErrors<C>(["ipa_align", "ipa_bound"]),
  rttError(
    "rtt_walk",
    (c) => c.walk.level < c.input.level,
    walkLevel,
    (c) => c.walkTop,
  ),
  rttError(
    "rtte_state",
    (c) => entryOf(c.walk) !== RTTE.ASSIGNED_NS,
    walkLevel,
    (c) => c.walkTop,
  ),
];

export const rttUnmapUnprotected: RmiCommand<"RMI_RTT_UNMAP_UNPROTECTED", C> = {
  name: "RMI_RTT_UNMAP_UNPROTECTED",
  section: "B4.3.22",
  context: EntryContext,
  failures: edited(page, [
    {
      move: "level_bound",
      before: "rd_align",
      because: "runtime/rmi/rtt.c:762 checks the level before anything else",
    },
  ]),
  apply(c) {
    c.walk.table.set(c.walk.index, RTTE.UNASSIGNED_NS);
    return { outputs: c.walkTop };
  },
};
