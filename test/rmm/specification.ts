/**
 * Failure conditions of the RMI commands and their required order, transcribed from the pages of
 * the specification (DEN0137 1.0-rel0, B4.3.x.2 and B4.3.x.2.1).
 */
import type { RmiCommandName } from "../../src/rmm/rmi.ts";

/** One command's page. */
export interface Page {
  /** Condition IDs, in the order of the table. */
  readonly ids: string;
  /** `a b < c d`: where one of the left holds, none of the right may be answered. */
  readonly order: readonly string[];
}

const RD = "rd_align rd_bound rd_state";

/** Commands of the model that have a page with conditions. */
export const PAGES: Readonly<Partial<Record<RmiCommandName, Page>>> = {
  RMI_DATA_CREATE: {
    ids: `src_align src_bound src_pas data_align data_bound data_state data_bound2 ${RD} ipa_align ipa_bound realm_state rtt_walk rtte_state`,
    order: [
      "rd_bound rd_state < realm_state",
      "rd_bound rd_state < rtt_walk rtte_state",
      "ipa_bound < rtt_walk rtte_state",
    ],
  },
  RMI_DATA_CREATE_UNKNOWN: {
    ids: `data_align data_bound data_state data_bound2 ${RD} ipa_align ipa_bound rtt_walk rtte_state`,
    order: ["rd_bound rd_state < rtt_walk rtte_state", "ipa_bound < rtt_walk rtte_state"],
  },
  RMI_DATA_DESTROY: {
    ids: `${RD} ipa_align ipa_bound rtt_walk rtte_state`,
    order: ["rd_bound rd_state < rtt_walk rtte_state", "ipa_bound < rtt_walk rtte_state"],
  },
  RMI_FEATURES: { ids: "", order: [] },
  RMI_GRANULE_DELEGATE: { ids: "gran_align gran_bound gran_state gran_gpt", order: [] },
  RMI_GRANULE_UNDELEGATE: { ids: "gran_align gran_bound gran_state", order: [] },
  RMI_REALM_ACTIVATE: {
    ids: `${RD} realm_state`,
    order: ["rd_bound rd_state < realm_state"],
  },
  RMI_REALM_CREATE: {
    ids: `params_align params_bound params_pas params_valid params_supp alias ${RD} rtt_align rtt_num_level rtt_state vmid_valid`,
    order: [],
  },
  RMI_REALM_DESTROY: { ids: `${RD} realm_live`, order: ["rd_bound rd_state < realm_live"] },
  RMI_REC_AUX_COUNT: { ids: RD, order: [] },
  RMI_REC_CREATE: {
    ids: `params_align params_bound params_pas rec_align rec_bound rec_state ${RD} realm_state num_recs mpidr_index num_aux aux_align aux_alias aux_state`,
    order: ["rd_bound rd_state < realm_state num_recs"],
  },
  RMI_REC_DESTROY: {
    ids: "rec_align rec_bound rec_gran_state rec_state",
    order: ["rec_bound rec_gran_state < rec_state"],
  },
  RMI_RTT_CREATE: {
    ids: `${RD} level_bound ipa_align ipa_bound rtt_align rtt_bound rtt_state rtt_bound2 rtt_walk rtte_state`,
    order: [
      "rd_bound rd_state < rtt_walk rtte_state",
      "level_bound ipa_bound < rtt_walk rtte_state",
    ],
  },
  RMI_RTT_DESTROY: {
    ids: `${RD} level_bound ipa_align ipa_bound rtt_walk rtte_state rtt_live`,
    order: [
      "rd_bound rd_state < rtt_walk rtte_state rtt_live",
      "level_bound ipa_bound < rtt_walk rtte_state",
    ],
  },
  RMI_RTT_FOLD: {
    ids: `${RD} level_bound ipa_align ipa_bound rtt_walk rtte_state rtt_homo`,
    order: [
      "rd_bound rd_state < rtt_walk rtte_state rtt_homo",
      "level_bound ipa_bound < rtt_walk rtte_state",
    ],
  },
  RMI_RTT_INIT_RIPAS: {
    ids: `${RD} size_valid top_bound realm_state base_align rtte_state top_gran_align no_progress`,
    order: [
      "rd_bound rd_state < realm_state",
      "rd_bound rd_state < base_align rtte_state",
      "rd_bound rd_state < no_progress",
      "top_gran_align < no_progress",
    ],
  },
  RMI_RTT_MAP_UNPROTECTED: {
    ids: `attr_valid ${RD} level_bound addr_align addr_bound ipa_align ipa_bound rtt_walk rtte_state`,
    order: [
      "rd_bound rd_state < rtt_walk rtte_state",
      "level_bound ipa_bound < rtt_walk rtte_state",
    ],
  },
  RMI_RTT_READ_ENTRY: { ids: `${RD} level_bound ipa_align ipa_bound`, order: [] },
  RMI_RTT_UNMAP_UNPROTECTED: {
    ids: `${RD} level_bound ipa_align ipa_bound rtt_walk rtte_state`,
    order: [
      "rd_bound rd_state < rtt_walk rtte_state",
      "level_bound ipa_bound < rtt_walk rtte_state",
    ],
  },
  RMI_VERSION: { ids: "", order: [] },
};
