import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import type { TraceEvent } from "../../src/replay/engine.ts";
import { shownArguments, shownOutputs } from "../../src/replay/shown-call.ts";
import { v1_0_rel0 } from "../../src/rmm/spec/v1_0_rel0.ts";
import { measureGolden } from "../tools/measure.ts";

const EMPTY = "spec/rim-by-hand/empty.yaml";

/** Measures the empty launch with other steps, and collects every call. */
async function calls(steps: string): Promise<readonly TraceEvent[]> {
  const events: TraceEvent[] = [];
  await measureGolden(EMPTY, {
    edit: (text) => text.replace("launch: []", `launch:\n${steps}`).replace("s2sz: 33", "s2sz: 40"),
    onCall: (event) => events.push(event),
  });
  return events;
}

const line = ({ turn, answer }: TraceEvent): string =>
  [
    turn.call.command.slice(4),
    ...Object.values(shownArguments(turn.call, v1_0_rel0, false)).map(String),
    answer.status.slice(4),
    ...Object.values(shownOutputs(answer.outputs)),
  ].join(" ");

const building = (events: readonly TraceEvent[]): readonly string[] =>
  events.filter(({ turn }) => !/DELEGATE|REALM_CREATE/.test(turn.call.command)).map(line);

describe("the direct host", () => {
  test("creates missing tables where the RMM asks for them, largest entries first", async () => {
    const events = await calls('  - ripas: {base: "0x3ffff000", top: "0x80201000"}');
    expect(building(events)).toEqual([
      "RTT_INIT_RIPAS 0x3ffff000 0x80201000 ERROR_RTT",
      "RTT_CREATE 0x0 2 SUCCESS",
      "RTT_CREATE 0x3fe00000 3 SUCCESS",
      "RTT_INIT_RIPAS 0x3ffff000 0x80201000 SUCCESS 0x40000000",
      "RTT_INIT_RIPAS 0x40000000 0x80201000 SUCCESS 0x80000000",
      "RTT_INIT_RIPAS 0x80000000 0x80201000 ERROR_RTT",
      "RTT_CREATE 0x80000000 2 SUCCESS",
      "RTT_INIT_RIPAS 0x80000000 0x80201000 SUCCESS 0x80200000",
      "RTT_INIT_RIPAS 0x80200000 0x80201000 ERROR_RTT",
      "RTT_CREATE 0x80200000 3 SUCCESS",
      "RTT_INIT_RIPAS 0x80200000 0x80201000 SUCCESS 0x80201000",
    ]);
  });

  test("delegates what it uses, once", async () => {
    const events = await calls(
      '  - data: {fill: "0x1", size: "0x2000", ipa: "0x0", measure: true}',
    );
    const delegated = events.flatMap(({ turn }) =>
      turn.call.command === "RMI_GRANULE_DELEGATE" ? [turn.call.input.addr] : [],
    );
    expect(new Set(delegated).size).toBe(delegated.length);
    // Two starting-level tables, the RD, two tables, two pages.
    expect(delegated).toHaveLength(7);
    expect(events.every(({ answer }) => answer.failed !== "data_state")).toBe(true);
  });

  test("numbers calls from 1 and shows the RIM after each", async () => {
    const events = await calls(
      '  - data: {fill: "0x1", size: "0x1000", ipa: "0x0", measure: true}',
    );
    expect(events.map(({ n }) => n)).toEqual(events.map((_, i) => i + 1));
    const created = events.findIndex(({ turn }) => turn.call.command === "RMI_REALM_CREATE");
    expect(events.slice(0, created).every(({ rim }) => rim === undefined)).toBe(true);
    const rims = events.slice(created).map(({ rim }) => toHex(rim ?? new Uint8Array(0)));
    const changes = events
      .slice(created + 1)
      .map(({ answer }, i) => [answer.measured, rims[i + 1] !== rims[i]]);
    expect(changes.every(([measured, changed]) => measured === changed)).toBe(true);
  });

  test("makes rmi steps as they are, picking the granules that are not given", async () => {
    const events = await calls(`
  - rmi: {command: RMI_RTT_CREATE, args: {ipa: "0x0", level: 2}}
  - rmi: {command: RMI_RTT_CREATE, args: {ipa: "0x0", level: 3}}
  - rmi: {command: RMI_RTT_INIT_RIPAS, args: {base: "0x0", top: "0x1000"}}
  - rmi: {command: RMI_DATA_CREATE_UNKNOWN, args: {ipa: "0x1000"}}
  - rmi: {command: RMI_RTT_READ_ENTRY, args: {ipa: "0x0", level: 3}}`);
    expect(building(events)).toEqual([
      "RTT_CREATE 0x0 2 SUCCESS",
      "RTT_CREATE 0x0 3 SUCCESS",
      "RTT_INIT_RIPAS 0x0 0x1000 SUCCESS 0x1000",
      "DATA_CREATE_UNKNOWN 0x1000 SUCCESS",
      "RTT_READ_ENTRY 0x0 3 SUCCESS 3 0 0x0 1",
    ]);
  });
});

describe("a refused call", () => {
  const refusals: readonly (readonly [string, string, object, RegExp])[] = [
    [
      "data in a frozen Realm",
      '  - activate: true\n  - data: {fill: "0x1", size: "0x1000", ipa: "0x0", measure: true}',
      { pointer: "/launch/1" },
      /RMI_DATA_CREATE, is refused with RMI_ERROR_REALM: condition realm_state of DEN0137 1.0-rel0 B4.3.1/,
    ],
    [
      "RIPAS over data",
      '  - data: {fill: "0x1", size: "0x1000", ipa: "0x0", measure: true}\n  - ripas: {base: "0x0", top: "0x1000"}',
      { pointer: "/launch/1" },
      /RMI_RTT_INIT_RIPAS, is refused with RMI_ERROR_RTT at level 3: condition rtte_state/,
    ],
    [
      "RECs out of order",
      '  - rec: {mpidr: "0x1", pc: "0x0", runnable: true}',
      { pointer: "/launch/0" },
      /RMI_REC_CREATE, is refused with RMI_ERROR_INPUT: condition mpidr_index/,
    ],
    [
      "an rmi step",
      '  - rmi: {command: RMI_RTT_DESTROY, args: {ipa: "0x0", level: 2}}',
      { pointer: "/launch/0" },
      /RMI_RTT_DESTROY, is refused with RMI_ERROR_RTT at level 1: condition rtte_state/,
    ],
    [
      "activating twice",
      "  - activate: true\n  - activate: true",
      { pointer: "/launch/1" },
      /RMI_REALM_ACTIVATE, is refused with RMI_ERROR_REALM: condition realm_state/,
    ],
  ];

  test.each(refusals)("%s names its step", async (_, steps, where, message) => {
    await expect(calls(steps)).rejects.toMatchObject({
      code: "RMI_REFUSED",
      where,
      message: expect.stringMatching(message) as string,
    });
  });

  const takes = "the RMM of this platform takes";
  test.each<readonly [object, string, string, string]>([
    [{ s2sz: 31 }, "s2sz", "params_supp", `s2sz is 31, ${takes} 32 to 48`],
    [{ s2sz: 289 }, "s2sz", "params_supp", `s2sz is 289, ${takes} 32 to 48`],
    [{ numBps: 0 }, "numBps", "params_supp", `numBps is 0, ${takes} 1 to 5`],
    [{ numBps: 6 }, "numBps", "params_supp", `numBps is 6, ${takes} 1 to 5`],
    [{ numWps: 0 }, "numWps", "params_supp", `numWps is 0, ${takes} only 1`],
    [{ numWps: 2 }, "numWps", "params_supp", `numWps is 2, ${takes} only 1`],
    [
      { flags: { lpa2: true } },
      "flags/lpa2",
      "params_supp",
      `flags.lpa2 is true, ${takes} no LPA2`,
    ],
    [{ flags: { sve: true } }, "flags/sve", "params_supp", `flags.sve is true, ${takes} no SVE`],
    [{ hashAlgo: "sha-384" }, "hashAlgo", "params_valid", "RMM 1.0-rel0 knows sha-256 and sha-512"],
    [
      { flags: { pmu: true }, pmuNumCtrs: 9 },
      "pmuNumCtrs",
      "params_supp",
      `pmuNumCtrs is 9, ${takes} 0 to 8`,
    ],
    [
      { flags: { pmu: true } },
      "pmuNumCtrs",
      "params_supp",
      `pmuNumCtrs is 0, ${takes} a PMU without counters with FEAT_HPMN0 only`,
    ],
  ])("of realm %j the field is to blame", async (fields, place, condition, hint) => {
    const realm = { hashAlgo: "sha-256", s2sz: 33, numBps: 1, numWps: 1, ...fields };
    const counts = { breakpoints: 6, watchpoints: 2, pmuCounters: 8, sveVectorBits: 0 };
    const platform = { ...counts, maxIpaBits: 48, lpa2: false, hpmn0: false };
    const parts = `realm: ${JSON.stringify(realm)}\nplatform: ${JSON.stringify(platform)}`;
    const edit = (text: string): string => text.replace(/^realm:.*$/m, parts);
    const launch = measureGolden(EMPTY, { edit });
    await expect(launch).rejects.toMatchObject({
      code: "RMI_REFUSED",
      where: { pointer: `/realm/${place}` },
      message: expect.stringContaining(`condition ${condition}`) as string,
      hint,
    });
  });
});
