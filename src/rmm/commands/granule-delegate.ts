/**
 * RMI_GRANULE_DELEGATE: hands a Granule over to the RMM.
 *
 * @see RMM 1.0-rel0 B4.3.5
 * @module
 */
import type { Pa } from "../../units.ts";
import {
  CommandContext,
  type Failure,
  granuleErrors,
  inputError,
  type RmiCommand,
} from "../command.ts";
import type { Rmm } from "../rmm.ts";

type C = CommandContext<"RMI_GRANULE_DELEGATE">;

/**
 * gran_align, gran_bound, gran_state and gran_gpt: an undelegated granule of the Non-secure PAS.
 *
 * @param argument Picks the granule out of the context.
 */
export function delegationErrors<T extends { readonly rmm: Rmm }>(
  argument: (context: T) => Pa,
): readonly Failure<T>[] {
  const stateOf = (c: T): string | undefined => c.rmm.granules.stateOf(argument(c));
  const ids = ["gran_align", "gran_bound", "gran_state"] as const;
  const [align, bound, state] = granuleErrors<T>(ids, "UNDELEGATED", argument);
  const wrongState = (c: T): boolean => !NOT_DELEGATED.has(stateOf(c));
  const gpt = inputError<T>("gran_gpt", (c) => stateOf(c) === "SECURE");
  return [align, bound, { ...state, when: wrongState }, gpt];
}

const NOT_DELEGATED: ReadonlySet<string | undefined> = new Set(["UNDELEGATED", "SECURE"]);

export const granuleDelegate: RmiCommand<"RMI_GRANULE_DELEGATE", C> = {
  name: "RMI_GRANULE_DELEGATE",
  section: "B4.3.5",
  context: CommandContext,
  failures: delegationErrors<C>((c) => c.input.addr),
  apply({ rmm, input }) {
    rmm.granules.set(Number(input.addr), "DELEGATED");
    return {};
  },
};
