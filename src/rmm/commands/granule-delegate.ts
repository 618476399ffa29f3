/**
 * RMI_GRANULE_DELEGATE: hands a Granule over to the RMM.
 *
 * @see RMM 1.0-rel0 B4.3.5
 * @module
 */
import { CommandContext, type Failure, granuleErrors, type RmiCommand } from "../command.ts";

type C = CommandContext<"RMI_GRANULE_DELEGATE">;

// The page's last condition, gran_gpt, cannot hold here: the model has no Secure or Root memory,
// so every UNDELEGATED granule is in the Non-secure PAS.
const failures: readonly Failure<C>[] = [
  ...granuleErrors<C>(
    ["gran_align", "gran_bound", "gran_state"],
    "UNDELEGATED",
    (c) => c.input.addr,
  ),
  { id: "gran_gpt", status: "RMI_ERROR_INPUT", when: () => false },
];

export const granuleDelegate: RmiCommand<"RMI_GRANULE_DELEGATE", C> = {
  name: "RMI_GRANULE_DELEGATE",
  section: "B4.3.5",
  context: CommandContext,
  failures,
  apply({ rmm, input }) {
    rmm.granules.set(Number(input.addr), "DELEGATED");
    return {};
  },
};
