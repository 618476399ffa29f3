/** Conditions of the commands on tables and on what is not protected. */
import { RTTE, rttLevelSize } from "../../../src/rmm/rtt.ts";
import { ipa, u64 } from "../../../src/units.ts";
import type { World } from "../world.ts";
import {
  type Cases,
  granuleRows,
  preparedRealm,
  type Row,
  type Rows,
  rdRows,
  row,
  undelegated,
} from "./case.ts";

type RttName =
  | "RMI_RTT_CREATE"
  | "RMI_RTT_DESTROY"
  | "RMI_RTT_FOLD"
  | "RMI_RTT_INIT_RIPAS"
  | "RMI_RTT_MAP_UNPROTECTED"
  | "RMI_RTT_READ_ENTRY"
  | "RMI_RTT_UNMAP_UNPROTECTED";

/** First IPA of the unprotected half, and first beyond the IPA space. */
const UNPROTECTED = 1n << 39n;
const BEYOND = 1n << 40n;
/** IPAs whose walk ends at level 1 or level 2. */
const AT_LEVEL_1 = 0x4000_0000n;
const AT_LEVEL_2 = 0x20_0000n;
/** An NS descriptor with Normal memory, readable and writable. */
const DESC = u64(0x9000_00d8);

/** level_bound, ipa_align and ipa_bound of a command that has a level. */
const levelRows = (level: number): Rows => ({
  level_bound: row("INPUT", () => ({ level })),
  ipa_align: row("INPUT", (_, input) => ({ ipa: ipa(input.ipa + 8n) })),
  ipa_bound: row("INPUT", () => ({ ipa: ipa(BEYOND) })),
});

const ripas = (answer: string, base: bigint, top: bigint): Row =>
  row(answer, () => ({ base: ipa(base), top: ipa(top) }));

/** A Realm with tables down to level 3 at the beginning of both halves. */
function realmWithUnprotected(w: World): ReturnType<typeof preparedRealm> {
  const rd = preparedRealm(w);
  w.tables(rd, UNPROTECTED);
  return rd;
}

export const rttCases: Cases<RttName> = {
  RMI_RTT_CREATE: {
    good: (w) => ({ rd: w.realm(), rtt: w.granules(), ipa: ipa(0), level: 1 }),
    rows: {
      ...rdRows,
      ...granuleRows(["rtt_align", "rtt_bound", "rtt_state"], "rtt", undelegated),
      ...levelRows(0),
      rtt_bound2: row("INPUT", (w) => ({ rtt: w.highGranule() })),
      rtt_walk: row("RTT 0", () => ({ level: 2 })),
      rtte_state: row("RTT 0", (w, { rd }) => {
        w.tables(rd, 0n, 1);
        return undefined;
      }),
    },
  },
  RMI_RTT_DESTROY: {
    good: (w) => ({ rd: preparedRealm(w), ipa: ipa(0), level: 3 }),
    rows: {
      ...rdRows,
      ...levelRows(0),
      rtt_walk: row("RTT 1", () => ({ ipa: ipa(AT_LEVEL_1) })),
      rtte_state: row("RTT 2", () => ({ ipa: ipa(AT_LEVEL_2) })),
      rtt_live: row("RTT 3", (w, { rd }) => {
        w.data(rd, 0n);
        return undefined;
      }),
    },
  },
  RMI_RTT_FOLD: {
    good: (w) => ({ rd: preparedRealm(w), ipa: ipa(0), level: 3 }),
    rows: {
      ...rdRows,
      ...levelRows(4),
      rtt_walk: row("RTT 1", () => ({ ipa: ipa(AT_LEVEL_1) })),
      rtte_state: row("RTT 2", () => ({ ipa: ipa(AT_LEVEL_2) })),
      tfrmm_block_level: row("RTT 0", (w, { rd }) => {
        const [root] = w.rmm.realmAt(rd).stage2.roots;
        root?.tableAt(0)?.fill(RTTE.ASSIGNED_RAM, 0, rttLevelSize(1));
        return { level: 1 };
      }),
      rtt_homo: row("RTT 3", (w, { rd }) => {
        w.data(rd, 0n);
        return undefined;
      }),
    },
  },
  RMI_RTT_INIT_RIPAS: {
    good: (w) => ({ rd: preparedRealm(w), base: ipa(0), top: ipa(0x1000) }),
    rows: {
      ...rdRows,
      size_valid: ripas("INPUT", 0x1000n, 0x1000n),
      tfrmm_base_gran_align: ripas("INPUT", 8n, 0x1000n),
      tfrmm_ipa_space: ripas("INPUT", 0n, BEYOND),
      top_bound: ripas("INPUT", 0n, UNPROTECTED + 0x1000n),
      top_gran_align: ripas("INPUT", 0n, 0x1800n),
      base_align: ripas("RTT 1", AT_LEVEL_1 + 0x1000n, AT_LEVEL_1 + 0x2000n),
      realm_state: row("REALM", (w, { rd }) => {
        w.activate(rd);
        return undefined;
      }),
      rtte_state: row("RTT 3", (w, { rd }) => {
        w.data(rd, 0n);
        return undefined;
      }),
      no_progress: row("RTT 3", (w, { rd }) => {
        w.data(rd, 0n);
        w.remove(rd, 0n);
        return undefined;
      }),
    },
  },
  RMI_RTT_MAP_UNPROTECTED: {
    good: (w) => ({ rd: realmWithUnprotected(w), ipa: ipa(UNPROTECTED), level: 3, desc: DESC }),
    rows: {
      ...rdRows,
      ...levelRows(0),
      attr_valid: row("INPUT", (_, { desc }) => ({ desc: u64(desc | 1n) })),
      addr_align: row("INPUT", () => ({ level: 2, desc: u64(DESC + 0x1000n) })),
      addr_bound: { never: "a descriptor has no room for such an address: attr_valid holds first" },
      rtt_walk: row("RTT 1", () => ({ ipa: ipa(UNPROTECTED + AT_LEVEL_1) })),
      rtte_state: row("RTT 3", (w, input) => {
        w.ok({ command: "RMI_RTT_MAP_UNPROTECTED", input });
        return undefined;
      }),
    },
  },
  RMI_RTT_READ_ENTRY: {
    good: (w) => ({ rd: preparedRealm(w), ipa: ipa(0), level: 3 }),
    rows: { ...rdRows, ...levelRows(4) },
  },
  RMI_RTT_UNMAP_UNPROTECTED: {
    good: (w) => {
      const target = { rd: realmWithUnprotected(w), ipa: ipa(UNPROTECTED), level: 3 };
      w.ok({ command: "RMI_RTT_MAP_UNPROTECTED", input: { ...target, desc: DESC } });
      return target;
    },
    rows: {
      ...rdRows,
      ...levelRows(0),
      rtt_walk: row("RTT 1", () => ({ ipa: ipa(UNPROTECTED + AT_LEVEL_1) })),
      rtte_state: row("RTT 3", () => ({ ipa: ipa(UNPROTECTED + 0x1000n) })),
    },
  },
};
