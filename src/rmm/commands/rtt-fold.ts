/**
 * RMI_RTT_FOLD: destroys a homogeneous RTT, mapping the same with the entry above it.
 *
 * @see RMM 1.0-rel0 B4.3.17, A5.5.6
 * @module
 */
import { pa } from "../../units.ts";
import { edited, type Failure, granuleErrors, type RmiCommand, rttError } from "../command.ts";
import { entryOf, isLive, RTT_ENTRIES, RTTE, type Rtt, rttLevelSize } from "../rtt.ts";
import { StructureContext, structureErrors, walkLevel } from "./rtt-context.ts";

/** Context of RMI_RTT_FOLD. */
export class RttFoldContext extends StructureContext<"RMI_RTT_FOLD"> {
  /** Rtt(walk.rtte.addr). Only valid once rtte_state does not hold. */
  get rtt(): Rtt {
    return this.walk.table.tableAt(this.walk.index) as Rtt;
  }
}

type C = RttFoldContext;

/**
 * Whether all entries are alike; entries with an address also have to be contiguous from a
 * multiple of what the entry above describes.
 *
 * @see RMM 1.0-rel0 A5.5.6 RTT folding
 */
function isHomogeneous({ rtt, rmm }: C): boolean {
  const state = rtt.state(0);
  if (!rtt.isUniform || state === RTTE.TABLE) return false;
  const { foldsMixedAttributes } = rmm.spec.nsDescriptor;
  return !isLive(state) || (isBlockAligned(rtt) && rtt.isContiguous(!foldsMixedAttributes));
}

/** The low 12 bits of an NS descriptor are attributes; no address has any. */
const isBlockAligned = (rtt: Rtt): boolean =>
  Math.floor(rtt.address(0) / 4096) % (rttLevelSize(rtt.level - 1) / 4096) === 0;

/** Whether the table would fold into a block that is too large to be mapped. */
function isTooLarge(c: C): boolean {
  if (c.input.level > c.rmm.spec.minBlockLevel) return false;
  const full = c.rtt.references === RTT_ENTRIES;
  return full || (c.rtt.state(0) === RTTE.ASSIGNED_NS && isHomogeneous(c));
}

/** Conditions in the order of the page. */
const page: readonly Failure<C>[] = [
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  ...structureErrors<C>(["level_bound", "ipa_align", "ipa_bound"]),
  rttError("rtt_walk", (c) => c.walk.level < c.input.level - 1, walkLevel),
  rttError("rtte_state", (c) => entryOf(c.walk) !== RTTE.TABLE, walkLevel),
  rttError(
    "rtt_homo",
    (c) => !isHomogeneous(c),
    (c) => c.input.level,
  ),
];

export const rttFold: RmiCommand<"RMI_RTT_FOLD", C> = {
  name: "RMI_RTT_FOLD",
  section: "B4.3.17",
  context: RttFoldContext,
  failures: edited(page, [
    {
      add: rttError("tfrmm_block_level", isTooLarge, walkLevel),
      before: "rtt_homo",
      because: "runtime/rmi/rtt.c:372, 411: blocks that are too large: RTT with the upper level",
    },
  ]),
  apply(c) {
    const { rmm, walk, rtt } = c;
    walk.table.set(walk.index, rtt.state(0), rtt.address(0));
    rmm.granules.set(rtt.pa, "DELEGATED");
    return { outputs: { rtt: pa(rtt.pa) } };
  },
};
