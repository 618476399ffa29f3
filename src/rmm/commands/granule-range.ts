/**
 * RMI_GRANULE_RANGE_DELEGATE and RMI_GRANULE_RANGE_UNDELEGATE (RMM 2.0): a range of granules
 * changes sides. TF-RMM does the first granule and leaves the rest to further calls.
 *
 * @see TF-RMM 9a7f8ef4 runtime/rmi/granule.c:110-150
 * @module
 */
import { GRANULE_SIZE, isGranuleAligned, pa } from "../../units.ts";
import {
  CommandContext,
  type Failure,
  granuleErrors,
  inputError,
  type RmiCommand,
} from "../command.ts";
import type { GranuleState } from "../granules.ts";
import type { RmiOutputs } from "../rmi.ts";
import { delegationErrors } from "./granule-delegate.ts";

type RangeName = "RMI_GRANULE_RANGE_DELEGATE" | "RMI_GRANULE_RANGE_UNDELEGATE";
type C = CommandContext<RangeName>;

const outTop = (c: C, advance: number): RmiOutputs => ({
  out_top: pa(BigInt.asUintN(64, c.input.base + BigInt(advance))),
});

const noProgress = (c: C): RmiOutputs => outTop(c, 0);

/** Even a refused call answers how far it got. */
const answering = (failure: Failure<C>): Failure<C> => ({ ...failure, outputs: noProgress });

const rangeErrors: readonly Failure<C>[] = [
  inputError<C>("tfrmm_top_align", (c) => !isGranuleAligned(c.input.top)),
  inputError<C>(
    "tfrmm_size",
    // granule.c:120 adds in 64 bits.
    ({ input }) => input.top < BigInt.asUintN(64, input.base + BigInt(GRANULE_SIZE)),
  ),
];

function rangeCommand<N extends RangeName>(
  name: N,
  section: string,
  granule: readonly Failure<C>[],
  to: GranuleState,
): RmiCommand<N, C> {
  return {
    name,
    section,
    context: CommandContext,
    failures: [...rangeErrors, ...granule].map(answering),
    apply(c) {
      c.rmm.granules.set(Number(c.input.base), to);
      return { outputs: outTop(c, GRANULE_SIZE) };
    },
  };
}

export const granuleRangeDelegate: RmiCommand<"RMI_GRANULE_RANGE_DELEGATE", C> = rangeCommand(
  "RMI_GRANULE_RANGE_DELEGATE",
  "(TF-RMM runtime/rmi/granule.c:110)",
  delegationErrors((c) => c.input.base),
  "DELEGATED",
);

export const granuleRangeUndelegate: RmiCommand<"RMI_GRANULE_RANGE_UNDELEGATE", C> = rangeCommand(
  "RMI_GRANULE_RANGE_UNDELEGATE",
  "(TF-RMM runtime/rmi/granule.c:131)",
  granuleErrors(["gran_align", "gran_bound", "gran_state"], "DELEGATED", (c) => c.input.base),
  "UNDELEGATED",
);
