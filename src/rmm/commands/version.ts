/**
 * RMI_VERSION: finds an interface revision that host and RMM share.
 *
 * @see RMM 1.0-rel0 B4.3.23
 * @module
 */
import { CommandContext, type Failure, type RmiCommand } from "../command.ts";
import type { RmiOutputs } from "../rmi.ts";

type C = CommandContext<"RMI_VERSION">;

const revisions = ({ rmm }: C): RmiOutputs => ({ lower: rmm.spec.abi, higher: rmm.spec.abi });

const failures: readonly Failure<C>[] = [
  {
    // The page states it in words (B2 Interface versioning), not as a condition;
    // TF-RMM runtime/rmi/system.c:11.
    id: "tfrmm_req",
    status: "RMI_ERROR_INPUT",
    when: ({ rmm, input }) => input.req !== rmm.spec.abi,
    outputs: revisions,
  },
];

export const version: RmiCommand<"RMI_VERSION", C> = {
  name: "RMI_VERSION",
  section: "B4.3.23",
  context: CommandContext,
  failures,
  apply: (c) => ({ outputs: revisions(c) }),
};
