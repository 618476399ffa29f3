/**
 * Stimuli of the RMM Architecture Compliance Suite (v1.0_REL0_12.24, test/command/cmd_*) for the
 * six commands on the way to a RIM, in own words: a good call, and what is wrong with it. The
 * suite's Realm has 40-bit IPAs, one starting-level table at level 0, SHA-256, 1 + 1 breakpoints
 * and as many watchpoints.
 */
import type { GranuleState } from "../../src/rmm/granules.ts";
import type { RealmParams } from "../../src/rmm/params.ts";
import type { RmiCommandName } from "../../src/rmm/rmi.ts";
import { ipa, type Pa, pa, u64 } from "../../src/units.ts";
import type { Inputs, Row } from "./conditions/case.ts";
import { PAGE, PAGE_SIZE, type World } from "./world.ts";

/** Number in the suite's table, what is wrong, the answer, how it is built. */
export type Scenario = readonly [number, string, string, Row["breaks"]];

/** Memory-mapped devices: outside the memory that can be delegated. */
const DEVICE = pa(0x1c09_0000);
/** An address that no implementation of the architecture has. */
const BEYOND = pa(2 ** 52);
const UNPROTECTED = 1n << 39n;
const IPA_SPACE = 1n << 40n;
const AT_LEVEL_1 = 0x4000_0000n;
const AT_LEVEL_2 = 0x20_0000n;

type PaName = "data" | "params_ptr" | "rd" | "rec" | "rtt" | "src";

/** An argument that is unaligned, in device memory, beyond what there is. */
function places(from: number, argument: PaName): readonly Scenario[] {
  return [
    [from, `${argument} unaligned`, "INPUT", (_, c) => ({ [argument]: pa(c[argument] + 8n) })],
    [from + 1, `${argument} in device memory`, "INPUT", () => ({ [argument]: DEVICE })],
    [from + 2, `${argument} beyond physical memory`, "INPUT", () => ({ [argument]: BEYOND })],
  ];
}

/** An argument whose granule is in each of some states. */
function states(from: number, argument: PaName, wrong: readonly GranuleState[]): Scenario[] {
  return wrong.map((state, i) => [
    from + i,
    `${argument} granule is ${state}`,
    "INPUT",
    (w) => ({ [argument]: w.granuleIn(state) }),
  ]);
}

/** A Non-secure argument whose granule is in the Realm PAS, then in the Secure PAS. */
const pas = (from: number, argument: PaName): readonly Scenario[] =>
  states(from, argument, ["DELEGATED", "SECURE"]);

const NOT_RD: readonly GranuleState[] = ["UNDELEGATED", "DELEGATED", "REC", "RTT", "DATA"];
const NOT_DELEGATED: readonly GranuleState[] = ["UNDELEGATED", "RD", "REC", "RTT", "DATA"];

const activated = (w: World, { rd }: Inputs): undefined => w.activate(rd) as undefined;
const systemOff = (w: World, { rd }: Inputs): undefined => {
  w.setState(rd, "REALM_SYSTEM_OFF");
};

/** The Realm is gone: another one, as new ones cannot be destroyed with tables in them. */
function destroyed(w: World): { readonly rd: Pa } {
  const rd = w.realm();
  w.ok({ command: "RMI_REALM_DESTROY", input: { rd } });
  return { rd };
}

const occupied = (w: World, { rd }: Inputs): undefined => {
  w.data(rd, 0n);
};

const params =
  (values: (w: World) => Partial<RealmParams>): Row["breaks"] =>
  (w) => ({ params: w.realmParams(values(w)) });

/** Flag bits of RmiRealmFlags. */
const LPA2 = u64(1);
const SVE = u64(2);
const PMU = u64(4);

const REALM_CREATE: readonly Scenario[] = [
  ...places(1, "params_ptr"),
  ...pas(4, "params_ptr"),
  [6, "hash algorithm reserved", "INPUT", params(() => ({ hash_algo: 2 }))],
  [
    7,
    "IPA width does not fit the starting level",
    "INPUT",
    params(() => ({ s2sz: 38, rtt_level_start: 1n, rtt_num_start: 0 })),
  ],
  [9, "more PMU counters than there are", "INPUT", params(() => ({ flags: PMU, pmu_num_ctrs: 9 }))],
  [10, "longer SVE vectors than there are", "INPUT", params(() => ({ flags: SVE, sve_vl: 4 }))],
  [11, "LPA2 without support", "INPUT", params(() => ({ flags: LPA2, s2sz: 52 }))],
  [12, "more breakpoints than there are", "INPUT", params(() => ({ num_bps: 6 }))],
  [13, "more watchpoints than there are", "INPUT", params(() => ({ num_wps: 4 }))],
  [
    14,
    "rd is the starting-level table",
    "INPUT",
    (w, c) => ({ params: w.realmParams({ rtt_base: c.rd }) }),
  ],
  ...places(15, "rd"),
  ...states(18, "rd", NOT_DELEGATED),
  [
    24,
    "starting level does not fit the IPA width",
    "INPUT",
    params(() => ({ s2sz: 40, rtt_level_start: 2n })),
  ],
  [25, "starting-level table not delegated", "INPUT", params((w) => ({ rtt_base: w.ns() }))],
  [26, "VMID too large", "INPUT", params(() => ({ vmid: 0xff00 }))],
  [
    27,
    "VMID in use",
    "INPUT",
    (w) => {
      w.realm({ vmid: 7 });
      return { params: w.realmParams({ vmid: 7 }) };
    },
  ],
];

const RTT_CREATE: readonly Scenario[] = [
  ...places(1, "rd"),
  ...states(4, "rd", NOT_RD),
  [9, "level is the starting level", "INPUT", () => ({ level: 0 })],
  [10, "level below the last", "INPUT", () => ({ level: 4 })],
  [11, "ipa not aligned to the entry above", "INPUT", () => ({ ipa: ipa(0x40_0000) })],
  [12, "ipa outside the IPA space", "INPUT", () => ({ ipa: ipa(IPA_SPACE) })],
  ...places(13, "rtt"),
  ...states(16, "rtt", NOT_DELEGATED),
  [21, "rtt above 2^48 without LPA2", "INPUT", (w) => ({ rtt: w.highGranule() })],
  [22, "no table above", "RTT 1", () => ({ ipa: ipa(AT_LEVEL_1), level: 3 })],
  [
    23,
    "table there already",
    "RTT 1",
    (w, c) => {
      w.ok({ command: "RMI_RTT_CREATE", input: { ...c, rtt: w.granules() } });
      return undefined;
    },
  ],
];

const RTT_INIT_RIPAS: readonly Scenario[] = [
  ...places(1, "rd"),
  ...states(4, "rd", NOT_RD),
  [9, "top not above base", "INPUT", (_, c) => ({ top: c.base })],
  [10, "top in the unprotected half", "INPUT", () => ({ top: u64(UNPROTECTED + PAGE_SIZE) })],
  [11, "Realm is SYSTEM_OFF", "REALM", systemOff],
  [12, "Realm is ACTIVE", "REALM", activated],
  [13, "Realm is destroyed", "INPUT", destroyed],
  [
    14,
    "base not aligned to its entry",
    "RTT 2",
    () => ({ base: u64(AT_LEVEL_2 + PAGE_SIZE), top: u64(AT_LEVEL_2 + 2n * PAGE_SIZE) }),
  ],
  [15, "entry is ASSIGNED", "RTT 3", occupied],
  [16, "top not granule aligned", "INPUT", () => ({ top: u64(PAGE_SIZE / 2n) })],
  [
    17,
    "range smaller than the entry",
    "RTT 2",
    () => ({ base: u64(AT_LEVEL_2), top: u64(AT_LEVEL_2 + PAGE_SIZE) }),
  ],
  [
    18,
    "top unaligned and no progress",
    "INPUT",
    () => ({ base: u64(AT_LEVEL_2), top: u64(AT_LEVEL_2 + PAGE_SIZE / 2n) }),
  ],
];

const DATA_CREATE: readonly Scenario[] = [
  ...places(1, "src"),
  ...pas(4, "src"),
  ...places(6, "data"),
  ...states(9, "data", NOT_DELEGATED),
  [14, "data above 2^48 without LPA2", "INPUT", (w) => ({ data: w.highGranule() })],
  ...places(15, "rd"),
  ...states(18, "rd", NOT_RD),
  [23, "ipa unaligned", "INPUT", () => ({ ipa: ipa(PAGE_SIZE / 2n) })],
  [24, "ipa in the unprotected half", "INPUT", () => ({ ipa: ipa(UNPROTECTED) })],
  [25, "ipa outside the IPA space", "INPUT", () => ({ ipa: ipa(IPA_SPACE) })],
  [26, "Realm is ACTIVE", "REALM", activated],
  [27, "Realm is SYSTEM_OFF", "REALM", systemOff],
  [28, "Realm is destroyed", "INPUT", destroyed],
  [29, "no table", "RTT 2", () => ({ ipa: ipa(AT_LEVEL_2) })],
  [30, "entry is ASSIGNED", "RTT 3", occupied],
  [
    31,
    "ipa unprotected and without a table",
    "INPUT",
    () => ({ ipa: ipa(UNPROTECTED + AT_LEVEL_2) }),
  ],
  [
    32,
    "ipa unprotected and ASSIGNED_NS",
    "INPUT",
    (w, { rd }) => {
      w.tables(rd, UNPROTECTED);
      const target = { rd, ipa: ipa(UNPROTECTED), level: 3 };
      w.ok({
        command: "RMI_RTT_MAP_UNPROTECTED",
        input: { ...target, desc: u64(0x9000_00d8) },
      });
      return { ipa: ipa(UNPROTECTED) };
    },
  ],
];

/** Sixteen consecutive granules from `first` on. */
const sixteen = (first: Pa): readonly Pa[] =>
  Array.from({ length: 16 }, (_, i) => pa(first + BigInt(i * PAGE)));

/** RmiRecParams with other auxiliary granules, or another number of them. */
const aux =
  (list: (w: World) => readonly Pa[], count = 16): Row["breaks"] =>
  (w, { params: good }) => {
    const { recParams } = w.spec;
    const values = { aux: list(w), num_aux: u64(count) };
    return { params: recParams.encode({ ...recParams.decode(good), ...values }) };
  };

const REC_CREATE: readonly Scenario[] = [
  ...places(1, "params_ptr"),
  ...pas(4, "params_ptr"),
  ...places(6, "rec"),
  ...states(9, "rec", NOT_DELEGATED),
  ...places(14, "rd"),
  ...states(17, "rd", NOT_RD),
  [22, "Realm is ACTIVE", "REALM", activated],
  [23, "Realm is SYSTEM_OFF", "REALM", systemOff],
  [24, "mpidr is not the next", "INPUT", (w) => ({ params: w.recParams(0xfn, w.granules(16)) })],
  [25, "wrong number of auxiliary granules", "INPUT", aux((w) => sixteen(w.granules(16)), 15)],
  [
    26,
    "an auxiliary granule unaligned",
    "INPUT",
    aux((w) => [pa(w.granules() + 8n), ...sixteen(w.granules(16)).slice(1)]),
  ],
  [
    27,
    "two auxiliary granules are the same",
    "INPUT",
    aux((w) => {
      const [first = pa(0), , ...rest] = sixteen(w.granules(16));
      return [first, first, ...rest];
    }),
  ],
  ...NOT_DELEGATED.map(
    (state, i): Scenario => [
      28 + i,
      `an auxiliary granule is ${state}`,
      "INPUT",
      aux((w) => [w.granuleIn(state), ...sixteen(w.granules(16)).slice(1)]),
    ],
  ),
];

const REALM_ACTIVATE: readonly Scenario[] = [
  ...places(1, "rd"),
  ...states(4, "rd", ["UNDELEGATED", "DELEGATED", "REC", "DATA", "RTT"]),
  [9, "Realm is SYSTEM_OFF", "REALM", systemOff],
  [10, "Realm is destroyed", "INPUT", destroyed],
];

/** One command's scenarios. */
export interface AcsCommand {
  readonly command: RmiCommandName;
  /** Rows of the suite's table. */
  readonly rows: number;
  readonly scenarios: readonly Scenario[];
}

export const ACS: readonly AcsCommand[] = [
  { command: "RMI_REALM_CREATE", rows: 27, scenarios: REALM_CREATE },
  { command: "RMI_RTT_CREATE", rows: 23, scenarios: RTT_CREATE },
  { command: "RMI_RTT_INIT_RIPAS", rows: 18, scenarios: RTT_INIT_RIPAS },
  { command: "RMI_DATA_CREATE", rows: 32, scenarios: DATA_CREATE },
  { command: "RMI_REC_CREATE", rows: 32, scenarios: REC_CREATE },
  { command: "RMI_REALM_ACTIVATE", rows: 10, scenarios: REALM_ACTIVATE },
];
