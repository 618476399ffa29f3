/**
 * Two conditions broken at once, where the answer shows which of them was decided first, and no
 * recorded transcript does. The place in TF-RMM says why.
 */

import { encodeRange } from "../../src/rmm/address-range.ts";
import type { RmiCommandName, RmiResult } from "../../src/rmm/rmi.ts";
import { RTTE, rttLevelSize } from "../../src/rmm/rtt.ts";
import type { RmmSpec } from "../../src/rmm/spec.ts";
import { ipa, u64 } from "../../src/units.ts";
import { type Row, row } from "./conditions/case.ts";
import { caseOf, isNever, tryRow } from "./conditions/index.ts";

export interface Order {
  readonly command: RmiCommandName;
  readonly first: string;
  readonly later: string;
  /** Where TF-RMM decides the first. */
  readonly place: string;
  /** Breaks both, where the rows of the two get in each other's way. */
  readonly both?: Row;
}

/** Fills the table below the first entry of the root with a block that is not contiguous. */
const brokenBlock = row("RTT 0", (w, { rd }) => {
  const table = w.rmm.realmAt(rd).stage2.roots[0]?.tableAt(0);
  table?.fill(RTTE.ASSIGNED_RAM, 0, rttLevelSize(1));
  table?.set(5, RTTE.ASSIGNED_RAM, 0);
  return { level: 1 };
});

/** A block of level 2 where the walk ends at level 1, in a range of one page. */
const blockBelow = row("RTT 2", (w) => ({
  base: ipa(0x4000_0000n),
  top: ipa(0x4000_1000n),
  oaddr: encodeRange({ base: Number(w.granules(512)), count: 1, level: 2 }),
}));

/** A second descriptor of another level that is not delegated, either. */
const undelegatedBlock = row("INPUT", (w) => ({
  flags: u64(2 | (2 << 2)),
  oaddr: w.ns(),
  list: [
    encodeRange({ base: 0, count: 0, level: 3 }),
    u64(encodeRange({ base: Number(w.ns(512)), count: 1, level: 2 }) | (1n << 63n)),
  ],
}));

const noMecidForAlias = row(
  "GLOBAL",
  (w) => {
    const flags = u64(1 << 7);
    w.realm({ flags });
    const rd = w.granules();
    return { rd, params: w.realmParams({ flags, rtt_base: rd }) };
  },
  { mecCount: 1 },
);

export const ORDERS: readonly Order[] = [
  ["RMI_DATA_CREATE", "data_bound2", "rtt_walk", "1870dfee runtime/rmi/rtt.c:924"],
  ["RMI_DATA_CREATE_UNKNOWN", "data_bound2", "rtt_walk", "1870dfee runtime/rmi/rtt.c:924"],
  ["RMI_REALM_CREATE", "rtt_align", "tfrmm_vmid_free", "9a7f8ef4 runtime/rmi/realm.c:629"],
  ["RMI_REALM_CREATE", "tfrmm_mecid_free", "alias", "realm.c:656", noMecidForAlias],
  ["RMI_REC_CREATE", "rec_state", "tfrmm_operations", "9a7f8ef4 runtime/rmi/rec.c:579"],
  ["RMI_REC_DESTROY", "tfrmm_operations", "rec_align", "9a7f8ef4 runtime/rmi/rec.c:637"],
  ["RMI_RTT_DATA_MAP", "tfrmm_operations", "rd_align", "9a7f8ef4 runtime/rmi/rtt_map.c:597"],
  ["RMI_RTT_DATA_MAP", "realm_state", "tfrmm_size", "rtt_map.c:127"],
  ["RMI_RTT_DATA_MAP", "ipa_bound", "tfrmm_range_size", "rtt_map.c:195"],
  ["RMI_RTT_DATA_MAP", "tfrmm_range_size", "rtt_walk", "rtt_map.c:199", blockBelow],
  ["RMI_RTT_DATA_MAP", "rtt_walk", "tfrmm_no_block", "rtt_map.c:634"],
  ["RMI_RTT_DATA_MAP", "tfrmm_block_state", "tfrmm_block_level", "rtt_map.c:256", undelegatedBlock],
  ["RMI_RTT_DATA_MAP", "data_bound2", "rtte_state", "rtt_map.c:277"],
  ["RMI_RTT_DATA_MAP", "rtte_state", "data_state", "rtt_map.c:468"],
  ["RMI_RTT_DATA_UNMAP", "tfrmm_operations", "rd_align", "rtt_unmap.c:1252"],
  ["RMI_RTT_DATA_UNMAP", "tfrmm_oaddr", "rtt_walk", "rtt_unmap.c:1268"],
  ["RMI_RTT_CREATE", "rtt_bound2", "rtt_walk", "1870dfee runtime/rmi/rtt.c:119"],
  ["RMI_RTT_CREATE", "rtt_state", "rtt_walk", "1870dfee runtime/rmi/rtt.c:92"],
  [
    "RMI_RTT_FOLD",
    "rtte_state",
    "tfrmm_block_level",
    "1870dfee runtime/rmi/rtt.c:335",
    row("RTT 0", () => ({ ipa: ipa(1n << 39n), level: 1 })),
  ],
  ["RMI_RTT_FOLD", "tfrmm_block_level", "rtt_homo", "1870dfee rtt.c:411", brokenBlock],
].map(([command, first, later, place, both]) => ({ command, first, later, place, both }) as Order);

/** A row that breaks what the rows of both conditions break. */
function bothRow({ command, first, later, both }: Order): Row {
  if (both !== undefined) return both;
  const { rows } = caseOf(command);
  const [one, two] = [rows[first], rows[later]];
  if (one === undefined || two === undefined || isNever(one) || isNever(two)) {
    throw new Error(`${command}: no rows to break ${first} and ${later} with`);
  }
  return row(
    one.answer,
    (w, input) => {
      const changed = { ...input, ...one.breaks(w, input) };
      return { ...changed, ...two.breaks(w, changed) };
    },
    { ...one.features, ...two.features },
  );
}

/** The answer to a call that breaks both conditions, and the one that is expected. */
export function tryOrder(
  spec: RmmSpec,
  order: Order,
): { readonly result: RmiResult; readonly answer: string } {
  const both = bothRow(order);
  return { result: tryRow(spec, order.command, both), answer: both.answer };
}

/** The orders between conditions that a version has. */
export function ordersOf(spec: RmmSpec): readonly Order[] {
  return ORDERS.filter(({ command, first, later }) => {
    const ids = new Set((spec.commands[command]?.failures ?? []).map(({ id }) => id));
    return ids.has(first) && ids.has(later);
  });
}
