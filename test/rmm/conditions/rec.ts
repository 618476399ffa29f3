/** Conditions of the commands on RECs, and of the calls that carry their operations on. */
import { encodeRange } from "../../../src/rmm/address-range.ts";
import { type Pa, pa, type U64, u64 } from "../../../src/units.ts";
import { PAGE, type World } from "../world.ts";
import {
  type Cases,
  delegated,
  exhaustOperations,
  granuleRows,
  type Inputs,
  type Row,
  type Rows,
  row,
  undelegated,
} from "./case.ts";

/** Auxiliary granules that the host has ready for donation. */
const donations = new WeakMap<World, Pa>();

const auxOf = (w: World): Pa => donations.get(w) ?? pa(0);

/** An RmiRecParams that differs from a good one. */
function params(
  w: World,
  values: { num_aux?: U64; aux?: readonly U64[]; mpidr?: U64 },
): Partial<Inputs> {
  const { recParams } = w.spec;
  const good = recParams.decode(w.recParams(0n, w.granules(16)));
  return { params: recParams.encode({ ...good, ...values }) };
}

const recRows: Readonly<Record<string, Row>> = {
  tfrmm_num_aux_max: row("INPUT", (w) => params(w, { num_aux: u64(17) })),
  aux_align: row("INPUT", (w) => params(w, { aux: [u64(w.granules() + 8n)] })),
  aux_alias: row("INPUT", (w) => {
    const one = w.granules();
    return params(w, { aux: Array.from({ length: 16 }, () => one) });
  }),
  aux_state: row("INPUT", (w) => {
    const first = w.ns(16);
    return params(w, { aux: Array.from({ length: 16 }, (_, i) => u64(first + BigInt(i * PAGE))) });
  }),
  num_recs: row("REALM", () => undefined, { maxRecsOrder: 0 }),
  realm_state: row("REALM", (w, { rd }) => {
    w.activate(rd);
    return undefined;
  }),
  mpidr_index: row("INPUT", (w) => params(w, { mpidr: u64(1) })),
  num_aux: row("INPUT", (w) => params(w, { num_aux: u64(15) })),
  tfrmm_operations: row("BLOCKED", exhaustOperations),
  tfrmm_aux_state: row("INPUT", (w) => {
    donations.set(w, w.ns(16));
    return undefined;
  }),
};

export const recCases: Cases<"RMI_REC_CREATE" | "RMI_REC_DESTROY"> = {
  RMI_REC_CREATE: {
    good: (w) => {
      donations.set(w, w.granules(16));
      return w.recCall(w.realm()).input;
    },
    run: (w, input) => w.recResult({ command: "RMI_REC_CREATE", input }, auxOf(w)),
    rows: {
      ...granuleRows(["params_align", "params_bound", "params_pas"], "params_ptr", delegated),
      ...granuleRows(["rec_align", "rec_bound", "rec_state"], "rec", undelegated),
      ...granuleRows(["rd_align", "rd_bound", "rd_state"], "rd", delegated),
      ...recRows,
    },
  },
  RMI_REC_DESTROY: {
    good: (w) => ({ rec: w.rec(w.realm()) }),
    run: (w, input) => w.finish(w.call({ command: "RMI_REC_DESTROY", input }), pa(0)),
    rows: {
      ...granuleRows(["rec_align", "rec_bound", "rec_gran_state"], "rec", delegated),
      rec_state: { never: "no REC runs: RMI_REC_ENTER is not modelled" },
      tfrmm_operations: row("BLOCKED", exhaustOperations),
    },
  },
};

type OperationName =
  | "RMI_OP_CANCEL"
  | "RMI_OP_CONTINUE"
  | "RMI_OP_MEM_DONATE"
  | "RMI_OP_MEM_RECLAIM";

const descriptor = (base: Pa, count: number, level = 3): U64 =>
  encodeRange({ base: Number(base), count, level });

/** Starts the creation of a REC and returns its handle. */
function creation(w: World): U64 {
  return u64(w.ok(w.recCall(w.realm())).outputs["handle"] ?? 0);
}

/** A creation whose memory is donated. */
function donated(w: World): U64 {
  const handle = creation(w);
  const list = [descriptor(w.granules(16), 16)];
  w.ok({ command: "RMI_OP_MEM_DONATE", input: { handle, list_ptr: w.ns(), list } });
  return handle;
}

/** Starts the destruction of a REC and returns its handle. */
function destruction(w: World): U64 {
  const rec = w.rec(w.realm());
  return u64(w.ok({ command: "RMI_REC_DESTROY", input: { rec } }).outputs["handle"] ?? 0);
}

const listRows: Rows = {
  tfrmm_list_align: row("INPUT", (_, { list_ptr }) => ({ list_ptr: pa(list_ptr + 4n) })),
  tfrmm_list_pas: row("INPUT", (w) => ({ list_ptr: w.granules() })),
};

const unknownHandle = { tfrmm_handle: row("INPUT", () => ({ handle: u64(99) })) } as const;
const list = (desc: (w: World) => U64): Row => row("INPUT", (w) => ({ list: [desc(w)] }));

export const operationCases: Cases<OperationName> = {
  RMI_OP_CANCEL: {
    good: (w) => ({ handle: creation(w) }),
    rows: { ...unknownHandle, tfrmm_can_cancel: row("INPUT", () => undefined) },
  },
  RMI_OP_CONTINUE: {
    good: (w) => ({ handle: donated(w), flags: u64(0) }),
    rows: {
      ...unknownHandle,
      tfrmm_expected: row("INPUT", (w) => ({ handle: creation(w) })),
    },
  },
  RMI_OP_MEM_DONATE: {
    good: (w) => ({
      handle: creation(w),
      list_ptr: w.ns(),
      list: [descriptor(w.granules(16), 16)],
    }),
    rows: {
      ...unknownHandle,
      ...listRows,
      tfrmm_expected: row("INPUT", (w) => ({ handle: donated(w) })),
      tfrmm_block_align: list((w) => descriptor(pa(w.ns(512) + 4096n), 1, 2)),
      tfrmm_block_state: list((w) => u64(descriptor(w.granules(), 1) | (1n << 63n))),
      tfrmm_too_much: list((w) => descriptor(w.granules(17), 17)),
    },
  },
  RMI_OP_MEM_RECLAIM: {
    good: (w) => ({ handle: destruction(w), list_ptr: w.ns(), list_count: 16 }),
    rows: {
      ...unknownHandle,
      ...listRows,
      tfrmm_expected: row("INPUT", (w) => ({ handle: creation(w) })),
    },
  },
};
