/**
 * RMI_VERSION: finds an interface revision that host and RMM share.
 *
 * @see RMM 1.0-rel0 B4.3.23
 * @module
 */
import { type U64, u64 } from "../../units.ts";
import { CommandContext, type Failure, type RmiCommand } from "../command.ts";
import type { RmiOutputs } from "../rmi.ts";

type C = CommandContext<"RMI_VERSION">;

const highest = ({ rmm }: C): U64 => rmm.spec.abis.at(-1) ?? u64(0);

/** Without the revision that was asked for, both outputs are the highest one. */
const revisions = (c: C): RmiOutputs => ({ lower: highest(c), higher: highest(c) });

const failures: readonly Failure<C>[] = [
  {
    // The page states it in words (B2 Interface versioning), not as a condition;
    // TF-RMM runtime/rmi/system.c:11.
    id: "tfrmm_req",
    status: "RMI_ERROR_INPUT",
    when: ({ rmm, input }) => !rmm.spec.abis.includes(input.req),
    outputs: revisions,
  },
];

export const version: RmiCommand<"RMI_VERSION", C> = {
  name: "RMI_VERSION",
  section: "B4.3.23",
  context: CommandContext,
  failures,
  apply: (c) => ({ outputs: { lower: c.input.req, higher: highest(c) } }),
};
