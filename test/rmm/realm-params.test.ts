import { describe, expect, test } from "vitest";
import { isConsistentStartLevel, startingTables } from "../../src/rmm/realm-params.ts";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";
import { v1_0_rel0 } from "../../src/rmm/spec/v1_0_rel0.ts";
import { v1_1 } from "../../src/rmm/spec/v1_1.ts";
import { pa, u64 } from "../../src/units.ts";
import { RULE_ROWS, ruleOf } from "./realm-params.ts";
import { PAGE, World } from "./world.ts";

describe.each(rmmSpecs.map((spec) => [spec.id, spec] as const))("RMM %s", (_, spec) => {
  const ids = spec.realmParamsRules.map(({ id }) => id);

  test("every rule has a row", () => {
    const rows = new Set(RULE_ROWS.map(([id]) => id));
    expect(ids.filter((id) => !rows.has(id))).toEqual([]);
  });

  test.each(RULE_ROWS.filter(([id]) => ids.includes(id)).map((row) => [row[0], row] as const))(
    "%s",
    (id, row) => {
      expect(ruleOf(spec, row)).toBe(id);
    },
  );

  test("a good Realm breaks no rule", () => {
    expect(ruleOf(spec, ["", {}])).toBeUndefined();
  });
});

describe("starting levels", () => {
  /** Level, then the widths that it resolves: "first-last" with one table, then width/tables. */
  const table = [
    { lpa2: false, level: 0, accepted: "40-48/1" },
    { lpa2: false, level: 1, accepted: "32-39/1 40/2 41/4 42/8 43/16" },
    { lpa2: false, level: 2, accepted: "32/4 33/8 34/16" },
    { lpa2: false, level: 3, accepted: "" },
    { lpa2: true, level: -1, accepted: "49-52/1" },
    { lpa2: true, level: 0, accepted: "40-48/1 49/2 50/4 51/8 52/16" },
  ];

  test.each(table)("level $level, LPA2 $lpa2: $accepted", ({ lpa2, level, accepted }) => {
    const widths = Array.from({ length: 21 }, (_, i) => i + 32);
    const found = widths
      .filter((width) => (lpa2 || width <= 48) && isConsistentStartLevel(width, level, lpa2))
      .map((width) => [width, startingTables(width, level)] as const);
    const single = found.filter(([, tables]) => tables === 1).map(([width]) => width);
    const ranges = single.length > 0 ? [`${single[0]}-${single.at(-1)}/1`] : [];
    const several = found.filter(([, n]) => n > 1).map(([width, n]) => `${width}/${n}`);
    expect([...ranges, ...several].join(" ")).toBe(accepted);
  });
});

describe("concatenated starting-level tables", () => {
  const concatenated = { s2sz: 40, rtt_level_start: 1n, rtt_num_start: 2 };
  const create = (spec: typeof v1_1): string => {
    const w = new World(spec);
    const base = w.granules(4);
    const call = w.realmCall({ ...concatenated, rtt_base: pa(base + BigInt(PAGE)) });
    return w.call(call).failed ?? "created";
  };

  test.each(rmmSpecs)("aligned to their number from 1.1 on: $id", (spec) => {
    expect(create(spec)).toBe(spec.id.startsWith("1.0") ? "created" : "rtt_align");
  });
});

describe("Planes", () => {
  const planes = { num_aux_planes: 2, flags1: u64(1), aux_vmid: [5, 6] };
  const treesOf = (w: World) => [w.granules(), w.granules()];

  test("each has tables and a VMID of its own, freed with the Realm", () => {
    const w = new World(v1_1);
    const aux_rtt_base = treesOf(w);
    const rd = w.realm({ ...planes, aux_rtt_base });
    expect(aux_rtt_base.map((tree) => w.rmm.granules.stateOf(tree))).toEqual(["RTT", "RTT"]);
    expect(w.call(w.realmCall({ vmid: 6 })).failed).toBe("vmid_valid");
    w.ok({ command: "RMI_REALM_DESTROY", input: { rd } });
    expect(aux_rtt_base.map((tree) => w.rmm.granules.stateOf(tree))).toEqual([
      "DELEGATED",
      "DELEGATED",
    ]);
    expect(w.call(w.realmCall({ vmid: 6 })).status).toBe("RMI_SUCCESS");
  });

  test.each([
    ["a VMID twice", { aux_vmid: [5, 5] }, "vmid_valid"],
    ["the VMID of Plane 0", { vmid: 5 }, "vmid_valid"],
  ])("%s is refused", (_, params, failed) => {
    const w = new World(v1_1);
    const call = w.realmCall({ ...planes, aux_rtt_base: treesOf(w), ...params });
    expect(w.call(call).failed).toBe(failed);
  });

  test("a tree that is not delegated is refused", () => {
    const w = new World(v1_1);
    const call = w.realmCall({ ...planes, aux_rtt_base: [w.granules(), w.ns()] });
    expect(w.call(call).failed).toBe("rtt_state");
  });

  test("1.0 knows none of it", () => {
    const w = new World(v1_0_rel0);
    const rd = w.realm({ ...planes });
    expect(w.rmm.realmAt(rd).vmids).toEqual([0]);
  });
});

describe("MECIDs", () => {
  const mecid = (id: number) => ({ mecid: u64(id) });

  test("1.1: one Realm's alone, except the shared one", () => {
    const w = new World(v1_1);
    w.realm(mecid(0));
    w.realm(mecid(0));
    const rd = w.realm(mecid(3));
    expect(w.call(w.realmCall(mecid(3))).failed).toBe("tfrmm_mecid");
    w.ok({ command: "RMI_REALM_DESTROY", input: { rd } });
    expect(w.call(w.realmCall(mecid(3))).status).toBe("RMI_SUCCESS");
  });

  test("1.1: without FEAT_MEC none is looked at", () => {
    const w = new World(v1_1, { maxMecid: 0 });
    expect(w.call(w.realmCall(mecid(0x1_0000))).status).toBe("RMI_SUCCESS");
  });
});
