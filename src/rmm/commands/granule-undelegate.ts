/**
 * RMI_GRANULE_UNDELEGATE: gives a Granule back to the host.
 *
 * @see RMM 1.0-rel0 B4.3.6
 * @module
 */
import { CommandContext, type Failure, granuleErrors, type RmiCommand } from "../command.ts";

type C = CommandContext<"RMI_GRANULE_UNDELEGATE">;

const failures: readonly Failure<C>[] = granuleErrors<C>(
  ["gran_align", "gran_bound", "gran_state"],
  "DELEGATED",
  (c) => c.input.addr,
);

export const granuleUndelegate: RmiCommand<"RMI_GRANULE_UNDELEGATE", C> = {
  name: "RMI_GRANULE_UNDELEGATE",
  section: "B4.3.6",
  context: CommandContext,
  failures,
  apply({ rmm, input }) {
    rmm.granules.set(Number(input.addr), "UNDELEGATED");
    return {};
  },
};
