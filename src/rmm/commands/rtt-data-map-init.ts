/**
 * RMI_RTT_DATA_MAP_INIT (RMM 2.0): what RMI_DATA_CREATE was, deciding in another order.
 *
 * @see TF-RMM 9a7f8ef4 runtime/rmi/rtt_map.c:740
 * @module
 */
import { edited, inputError, type RmiCommand } from "../command.ts";
import {
  createData,
  DataCreateContext,
  dataCreatePage,
  flagsError,
  type MeasuredDataName,
} from "./data-create.ts";

type C = DataCreateContext<MeasuredDataName>;

const because = "rtt_map.c:853 locks the data granule after the table that it goes into";
const appended = (id: string): { readonly move: string; readonly because: string } => ({
  move: id,
  because,
});

export const rttDataMapInit: RmiCommand<"RMI_RTT_DATA_MAP_INIT", C> = {
  name: "RMI_RTT_DATA_MAP_INIT",
  section: "(TF-RMM runtime/rmi/rtt_map.c:740)",
  context: DataCreateContext,
  failures: edited(dataCreatePage, [
    { add: flagsError, before: "src_align", because: "rtt_map.c:758" },
    {
      add: inputError("tfrmm_data_rd", (c) => c.input.data === c.input.rd),
      before: "src_align",
      because: "rtt_map.c:766 refuses the RD as data before it looks at anything else",
    },
    { move: "realm_state", before: "ipa_align", because: "rtt_map.c:787" },
    { move: "data_bound2", before: "rtt_walk", because: "rtt_map.c:804" },
    appended("data_align"),
    appended("data_bound"),
    appended("data_state"),
  ]),
  apply: createData,
};
