/**
 * RMI_DATA_CREATE_UNKNOWN: creates a Data Granule with unknown contents. Never measured.
 *
 * @see RMM 1.0-rel0 B4.3.2
 * @module
 */
import { isGranuleAligned } from "../../units.ts";
import {
  edited,
  type Failure,
  granuleErrors,
  inputError,
  type RmiCommand,
  rttError,
} from "../command.ts";
import { isProtected } from "../realm.ts";
import { entryOf, hipasOf, RTT_PAGE_LEVEL, RTTE, type Rtte, ripasOf } from "../rtt.ts";
import { DataCreateContext, LPA2_PA } from "./data-create.ts";
import { walkLevel } from "./rtt-context.ts";

type C = DataCreateContext<"RMI_DATA_CREATE_UNKNOWN">;

/** Conditions in the order of the page. */
const page: readonly Failure<C>[] = [
  ...granuleErrors<C>(["data_align", "data_bound", "data_state"], "DELEGATED", (c) => c.input.data),
  inputError("data_bound2", (c) => !c.realm.featLpa2 && c.input.data >= LPA2_PA),
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  inputError("ipa_align", (c) => !isGranuleAligned(c.input.ipa)),
  inputError("ipa_bound", (c) => !isProtected(c.input.ipa, c.realm)),
  rttError("rtt_walk", (c) => c.walk.level < RTT_PAGE_LEVEL, walkLevel),
  rttError("rtte_state", (c) => hipasOf(entryOf(c.walk)) !== "UNASSIGNED", walkLevel),
];

/** An entry with memory of unknown content: its RIPAS stays what it was. */
export function assignedUnknown(entry: Rtte): Rtte {
  switch (ripasOf(entry)) {
    case "RAM":
      return RTTE.ASSIGNED_RAM;
    case "DESTROYED":
      return RTTE.ASSIGNED_DESTROYED;
    default:
      return RTTE.ASSIGNED_EMPTY;
  }
}

export const dataCreateUnknown: RmiCommand<"RMI_DATA_CREATE_UNKNOWN", C> = {
  name: "RMI_DATA_CREATE_UNKNOWN",
  section: "B4.3.2",
  context: DataCreateContext,
  failures: edited(page, [
    {
      move: "data_bound2",
      before: "rtt_walk",
      because: "runtime/rmi/rtt.c:924 knows the Realm only after the RD was found",
    },
  ]),
  apply(c) {
    const pa = Number(c.input.data);
    c.walk.table.set(c.walk.index, assignedUnknown(entryOf(c.walk)), pa);
    c.rmm.granules.set(pa, "DATA");
    return {};
  },
};
