/** Conditions of the commands on Realms. */
import type { RealmParams } from "../../../src/rmm/params.ts";
import { pa, u64 } from "../../../src/units.ts";
import type { World } from "../world.ts";
import { type Cases, delegated, granuleRows, type Row, rdRows, row, undelegated } from "./case.ts";

/** Other parameters, in a Realm that is good otherwise. */
const params = (answer: string, values: (w: World) => Partial<RealmParams>): Row =>
  row(answer, (w) => ({ params: w.realmParams(values(w)) }));

/** A private MECID is wanted. */
const MEC_PRIVATE = u64(1 << 7);

export const realmCases: Cases<
  | "RMI_REALM_ACTIVATE"
  | "RMI_REALM_CREATE"
  | "RMI_REALM_DESTROY"
  | "RMI_REALM_TERMINATE"
  | "RMI_REC_AUX_COUNT"
> = {
  RMI_REALM_ACTIVATE: {
    good: (w) => ({ rd: w.realm() }),
    rows: {
      ...rdRows,
      realm_state: row("REALM", (w, { rd }) => {
        w.activate(rd);
        return undefined;
      }),
    },
  },
  RMI_REALM_CREATE: {
    good: (w) => w.realmCall().input,
    rows: {
      ...granuleRows(["params_align", "params_bound", "params_pas"], "params_ptr", delegated),
      ...granuleRows(["rd_align", "rd_bound", "rd_state"], "rd", undelegated),
      params_valid: params("INPUT", () => ({ hash_algo: 9 })),
      params_supp: params("INPUT", () => ({ s2sz: 49 })),
      rtt_num_level: params("INPUT", () => ({ rtt_num_start: 2 })),
      alias: row("INPUT", (w) => {
        const rd = w.granules();
        return { rd, params: w.realmParams({ rtt_base: rd }) };
      }),
      rtt_align: params("INPUT", (w) => ({ rtt_base: pa(w.granules() + 8n) })),
      rtt_state: params("INPUT", (w) => ({ rtt_base: w.ns() })),
      vmid_valid: params("INPUT", () => ({ vmid: 0x100 })),
      tfrmm_rtt_alias: params("INPUT", (w) => {
        const tree = w.granules();
        return { num_aux_planes: 2, flags1: u64(1), aux_vmid: [1, 2], aux_rtt_base: [tree, tree] };
      }),
      tfrmm_mecid: params("INPUT", () => ({ mecid: u64(0xffff) })),
      tfrmm_vmid_free: row("GLOBAL", (w) => {
        for (let vmid = 0; vmid < 0x100; vmid++) w.rmm.vmids.add(vmid);
        return undefined;
      }),
      tfrmm_mecid_free: row(
        "GLOBAL",
        (w) => {
          w.realm({ flags: MEC_PRIVATE });
          return { params: w.realmParams({ flags: MEC_PRIVATE }) };
        },
        { mecCount: 1 },
      ),
    },
  },
  RMI_REALM_DESTROY: {
    good: (w) => {
      const rd = w.realm();
      if (w.has("RMI_REALM_TERMINATE")) w.ok({ command: "RMI_REALM_TERMINATE", input: { rd } });
      return { rd };
    },
    rows: {
      ...rdRows,
      realm_live: row("REALM", (w, { rd }) => {
        w.tables(rd, 0n, 1);
        return undefined;
      }),
      tfrmm_terminated: row("REALM", (w, { rd }) => {
        w.setState(rd, "REALM_ACTIVE");
        return undefined;
      }),
    },
  },
  RMI_REALM_TERMINATE: {
    good: (w) => ({ rd: w.realm() }),
    rows: {
      ...rdRows,
      tfrmm_rec_running: { never: "no REC runs: RMI_REC_ENTER is not modelled" },
    },
  },
  RMI_REC_AUX_COUNT: {
    good: (w) => ({ rd: w.realm() }),
    rows: rdRows,
  },
};
