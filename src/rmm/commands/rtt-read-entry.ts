/**
 * RMI_RTT_READ_ENTRY: reads an RTT entry.
 *
 * @see RMM 1.0-rel0 B4.3.20
 * @module
 */
import { u64 } from "../../units.ts";
import { type Failure, granuleErrors, inputError, type RmiCommand } from "../command.ts";
import { exceedsIpaSpace } from "../realm.ts";
import {
  entryOf,
  type Hipas,
  hipasOf,
  isRttLevelAligned,
  type Ripas,
  RTT_PAGE_LEVEL,
  RTTE,
  type Rtte,
  ripasOf,
} from "../rtt.ts";
import type { RmmSpec } from "../spec.ts";
import { EntryContext } from "./rtt-context.ts";

type C = EntryContext<"RMI_RTT_READ_ENTRY">;

const failures: readonly Failure<C>[] = [
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  inputError(
    "level_bound",
    ({ input, realm }) => input.level < realm.stage2.startLevel || input.level > RTT_PAGE_LEVEL,
  ),
  inputError("ipa_align", ({ input }) => !isRttLevelAligned(input.ipa, input.level)),
  inputError("ipa_bound", ({ input, realm }) => exceedsIpaSpace(input.ipa, realm)),
];

/** RmiRttEntryState. @see RMM 1.0-rel0 B4.4.22 */
const RMI_ENTRY_STATE: Readonly<Record<Hipas, number>> = {
  UNASSIGNED: 0,
  UNASSIGNED_NS: 0,
  ASSIGNED: 1,
  ASSIGNED_NS: 1,
  TABLE: 2,
};

/** RmiRipas. @see RMM 1.0-rel0 B4.4.21 */
const RMI_RIPAS: Readonly<Record<Ripas, number>> = { EMPTY: 0, RAM: 1, DESTROYED: 2 };

/** Whether TF-RMM answers an address (1.0: not for ASSIGNED DESTROYED, runtime/rmi/rtt.c:838). */
const showsAddress = (entry: Rtte, spec: RmmSpec): boolean =>
  spec.showsDestroyedAddress || entry !== RTTE.ASSIGNED_DESTROYED;

export const rttReadEntry: RmiCommand<"RMI_RTT_READ_ENTRY", C> = {
  name: "RMI_RTT_READ_ENTRY",
  section: "B4.3.20",
  context: EntryContext,
  failures,
  apply({ rmm, walk }) {
    const entry = entryOf(walk);
    return {
      outputs: {
        walk_level: walk.level,
        state: RMI_ENTRY_STATE[hipasOf(entry)],
        desc: u64(showsAddress(entry, rmm.spec) ? walk.table.address(walk.index) : 0),
        ripas: RMI_RIPAS[ripasOf(entry) ?? "EMPTY"],
      },
    };
  },
};
