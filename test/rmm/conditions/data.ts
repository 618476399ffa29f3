/** Conditions of the commands on data, on granules, and of those that name no Realm. */
import { encodeRange } from "../../../src/rmm/address-range.ts";
import { ipa, type Pa, pa, type U64, u64 } from "../../../src/units.ts";
import { PAGE_SIZE, type World } from "../world.ts";
import {
  type Case,
  type Cases,
  delegated,
  exhaustOperations,
  granuleRows,
  type Inputs,
  preparedRealm,
  type Rows,
  rdRows,
  row,
  undelegated,
} from "./case.ts";

const UNPROTECTED = 1n << 39n;
const AT_LEVEL_1 = 0x4000_0000n;
const AT_LEVEL_2 = 0x20_0000n;

/** A page of data is at IPA 0 already. */
function occupy(w: World, { rd }: { readonly rd: Pa }): undefined {
  w.data(rd, 0n);
}

type DataName = "RMI_DATA_CREATE" | "RMI_DATA_CREATE_UNKNOWN" | "RMI_RTT_DATA_MAP_INIT";

/** Conditions of the commands that create one page at `ipa`. */
const pageRows: Rows = {
  ...rdRows,
  ...granuleRows(["data_align", "data_bound", "data_state"], "data", undelegated),
  data_bound2: row("INPUT", (w) => ({ data: w.highGranule() })),
  ipa_align: row("INPUT", () => ({ ipa: ipa(8) })),
  ipa_bound: row("INPUT", () => ({ ipa: ipa(UNPROTECTED) })),
  rtt_walk: row("RTT 2", () => ({ ipa: ipa(AT_LEVEL_2) })),
  rtte_state: row("RTT 3", (w, input) => occupy(w, input)),
};

const measuredRows: Rows = {
  ...pageRows,
  ...granuleRows(["src_align", "src_bound", "src_pas"], "src", delegated),
  tfrmm_flags: row("INPUT", () => ({ flags: u64(2) })),
  realm_state: row("REALM", (w, { rd }) => {
    w.activate(rd);
    return undefined;
  }),
  tfrmm_data_rd: row("INPUT", (_, { rd }) => ({ data: rd })),
};

const goodData = (w: World): Partial<Inputs> =>
  w.dataCall(preparedRealm(w), 0n).input as Partial<Inputs>;

const descriptor = (base: Pa, count = 1, level = 3): U64 =>
  encodeRange({ base: Number(base), count, level });

/** One descriptor, or a list of them. */
const SINGLE = u64(1);
const listOf = (count: number): U64 => u64((count << 2) | 2);

const dataMapRows: Rows = {
  ...rdRows,
  tfrmm_operations: row("BLOCKED", exhaustOperations),
  realm_state: row("REALM", (w, { rd }) => {
    w.setState(rd, "REALM_ZOMBIE");
    return undefined;
  }),
  tfrmm_size: row("INPUT", (_, { base }) => ({ top: base })),
  tfrmm_oaddr: row("INPUT", () => ({ flags: u64(0) })),
  tfrmm_oaddr_state: row("INPUT", (_, { oaddr }) => ({ oaddr: u64(oaddr | (1n << 63n)) })),
  tfrmm_range: row("INPUT", () => ({ top: ipa(0x1800) })),
  ipa_bound: row("INPUT", () => ({ base: ipa(UNPROTECTED), top: ipa(UNPROTECTED + PAGE_SIZE) })),
  tfrmm_range_size: row("RTT 2", (w) => ({ oaddr: descriptor(w.granules(512), 1, 2) })),
  rtt_walk: row("RTT 2", () => ({ base: ipa(AT_LEVEL_2), top: ipa(AT_LEVEL_2 + PAGE_SIZE) })),
  tfrmm_no_block: row("INPUT", (w) => ({ oaddr: descriptor(w.granules(), 0) })),
  tfrmm_block_state: row("INPUT", (w) => ({
    flags: listOf(2),
    oaddr: w.ns(),
    list: [descriptor(pa(0), 0), u64(descriptor(w.granules(), 1) | (1n << 63n))],
  })),
  tfrmm_block_level: row("RTT 3", (w) => ({
    flags: listOf(2),
    oaddr: w.ns(),
    list: [descriptor(pa(0), 0), descriptor(w.ns(512), 1, 2)],
  })),
  tfrmm_block_size: { never: "of the first block: tfrmm_range_size holds before" },
  data_align: row("INPUT", (w) => ({
    top: ipa(AT_LEVEL_2),
    oaddr: descriptor(pa(w.ns(512) + PAGE_SIZE), 1, 2),
  })),
  data_bound2: row("INPUT", (w) => ({ oaddr: descriptor(w.highGranule()) })),
  rtte_state: row("RTT 3", (w, input) => occupy(w, input)),
  data_state: row("INPUT", (w) => ({ oaddr: descriptor(w.ns()) })),
};

export const dataCases: Cases<
  DataName | "RMI_DATA_DESTROY" | "RMI_RTT_DATA_MAP" | "RMI_RTT_DATA_UNMAP"
> = {
  RMI_DATA_CREATE: { good: goodData, rows: measuredRows },
  RMI_RTT_DATA_MAP_INIT: {
    good: goodData,
    rows: measuredRows,
  },
  RMI_DATA_CREATE_UNKNOWN: {
    good: (w) => ({ rd: preparedRealm(w), data: w.granules(), ipa: ipa(0) }),
    rows: pageRows,
  },
  RMI_DATA_DESTROY: {
    good: (w) => {
      const rd = preparedRealm(w);
      w.data(rd, 0n);
      return { rd, ipa: ipa(0) };
    },
    rows: {
      ...rdRows,
      ipa_align: row("INPUT", () => ({ ipa: ipa(8) })),
      ipa_bound: row("INPUT", () => ({ ipa: ipa(UNPROTECTED) })),
      rtt_walk: row("RTT 2", () => ({ ipa: ipa(AT_LEVEL_2) })),
      rtte_state: row("RTT 3", () => ({ ipa: ipa(0x1000) })),
    },
  },
  RMI_RTT_DATA_MAP: {
    good: (w) => {
      const range = { rd: preparedRealm(w), base: ipa(0), top: ipa(0x1000) };
      return { ...range, flags: SINGLE, oaddr: descriptor(w.granules()) };
    },
    rows: dataMapRows,
  },
  RMI_RTT_DATA_UNMAP: {
    good: (w) => {
      const rd = preparedRealm(w);
      w.data(rd, 0n);
      return { rd, base: ipa(0), top: ipa(0x1000), flags: SINGLE, oaddr: u64(0) };
    },
    rows: {
      ...rdRows,
      tfrmm_operations: row("BLOCKED", exhaustOperations),
      ipa_align: row("INPUT", () => ({ base: ipa(8) })),
      tfrmm_size: row("INPUT", (_, { base }) => ({ top: base })),
      ipa_bound: row("INPUT", () => ({ base: ipa(0), top: ipa(UNPROTECTED + PAGE_SIZE) })),
      tfrmm_oaddr: row("INPUT", () => ({ oaddr: u64(8) })),
      rtt_walk: row("RTT 1", () => ({
        base: ipa(AT_LEVEL_1 + PAGE_SIZE),
        top: ipa(AT_LEVEL_1 + 2n * PAGE_SIZE),
      })),
      tfrmm_block_size: row("RTT 2", () => ({
        base: ipa(AT_LEVEL_2),
        top: ipa(AT_LEVEL_2 + PAGE_SIZE),
      })),
    },
  },
};

type GranuleName = "RMI_GRANULE_DELEGATE" | "RMI_GRANULE_UNDELEGATE";
type RangeName = "RMI_GRANULE_RANGE_DELEGATE" | "RMI_GRANULE_RANGE_UNDELEGATE";

const GRANULE_IDS = ["gran_align", "gran_bound", "gran_state"] as const;

const granule = (good: (w: World) => Pa, wrong: (w: World) => Pa): Case => ({
  good: (w) => ({ addr: good(w) }),
  rows: {
    ...granuleRows(GRANULE_IDS, "addr", wrong),
    gran_gpt: row("INPUT", (w) => ({ addr: w.secure() })),
  },
});

/** One granule as a range. */
const rangeOf = (base: Pa): Partial<Inputs> => ({ base, top: pa(base + PAGE_SIZE) });

const range = (good: (w: World) => Pa, wrong: (w: World) => Pa): Case => ({
  good: (w) => rangeOf(good(w)),
  rows: {
    gran_align: row("INPUT", (_, { base }) => ({ base: u64(base - 8n) })),
    gran_bound: row("INPUT", () => rangeOf(pa(0x1000))),
    gran_state: row("INPUT", (w) => rangeOf(wrong(w))),
    gran_gpt: row("INPUT", (w) => rangeOf(w.secure())),
    tfrmm_top_align: row("INPUT", (_, { top }) => ({ top: u64(top + 8n) })),
    tfrmm_size: row("INPUT", (_, { base }) => ({ top: base })),
  },
});

export const granuleCases: Cases<GranuleName | RangeName> = {
  RMI_GRANULE_DELEGATE: granule(undelegated, delegated),
  RMI_GRANULE_RANGE_DELEGATE: range(undelegated, delegated),
  RMI_GRANULE_RANGE_UNDELEGATE: range(delegated, undelegated),
  RMI_GRANULE_UNDELEGATE: granule(delegated, undelegated),
};

export const systemCases: Cases<"RMI_FEATURES" | "RMI_VERSION"> = {
  RMI_FEATURES: { good: () => ({ index: u64(0) }), rows: {} },
  RMI_VERSION: {
    good: (w) => ({ req: w.spec.abis[0] ?? u64(0) }),
    rows: { tfrmm_req: row("INPUT", () => ({ req: u64(0x3_0000) })) },
  },
};
