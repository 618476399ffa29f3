import { describe, expect, test } from "vitest";
import { measure, trace } from "../../src/index.ts";

type Step = Readonly<Record<string, unknown>>;

/** A launch of steps on an RMM version, nothing else. */
function manifest(rmm: string, launch: readonly Step[]): string {
  const realm = { hashAlgo: "sha-256", s2sz: 40, numBps: 1, numWps: 1 };
  const host = { vmm: "none", hypervisor: "direct" };
  return JSON.stringify({ manifest: 1, rmm, host, realm, launch });
}

const rmi = (command: string, args?: Step): Step => ({
  rmi: { command, ...(args === undefined ? {} : { args }) },
});

async function rimOf(rmm: string, launch: readonly Step[]): Promise<string> {
  return (await measure(manifest(rmm, launch))).rim;
}

async function callsOf(rmm: string, launch: readonly Step[]): Promise<string[]> {
  const calls: string[] = [];
  for await (const { command, status } of trace(manifest(rmm, launch))) {
    calls.push(`${command} ${status}`);
  }
  return calls;
}

const tables = [2, 3].map((level) => rmi("RMI_RTT_CREATE", { ipa: "0x0", level }));
const rec = { flags: "0x1", mpidr: "0x0", pc: "0x40", gprs: ["0x1", "0x2"] };

describe("rmi steps come to the same RIM as the steps that stand for them", () => {
  const plain = [
    { data: { fill: "0x41", size: "0x1000", ipa: "0x0", measure: true } },
    { rec: { mpidr: "0x0", pc: "0x40", gprs: ["0x1", "0x2"], runnable: true } },
    { activate: true },
  ];

  test.each([
    ["1.0-eac5", "RMI_DATA_CREATE"],
    ["1.0-rel0", "RMI_DATA_CREATE"],
    ["1.1", "RMI_DATA_CREATE"],
    ["2.0", "RMI_RTT_DATA_MAP_INIT"],
  ])("on RMM %s", async (rmm, loads) => {
    const listed = [
      ...tables,
      rmi(loads, { ipa: "0x0", flags: "0x1", pattern: "fill:0x41" }),
      rmi("RMI_REC_CREATE", rec),
      rmi("RMI_REALM_ACTIVATE"),
    ];
    expect(await rimOf(rmm, listed)).toBe(await rimOf(rmm, plain));
  });
});

describe("granules that a step does not give are picked", () => {
  test.each<readonly [string, string, Step | undefined]>([
    ["1.0-rel0", "RMI_DATA_CREATE_UNKNOWN", { ipa: "0x1000" }],
    ["1.0-rel0", "RMI_GRANULE_DELEGATE", undefined],
    ["1.0-rel0", "RMI_REC_CREATE", rec],
    ["2.0", "RMI_GRANULE_RANGE_DELEGATE", undefined],
    ["2.0", "RMI_GRANULE_RANGE_DELEGATE", { base: "0x90000000", top: "0x90003000" }],
    ["2.0", "RMI_RTT_DATA_MAP", { ipa: "0x1000" }],
    ["2.0", "RMI_RTT_DATA_MAP", { base: "0x1000", top: "0x3000" }],
    ["2.0", "RMI_REC_CREATE", rec],
  ])("on RMM %s: %s", async (rmm, command, args) => {
    const calls = await callsOf(rmm, [...tables, rmi(command, args)]);
    // What REC_CREATE starts in RMM 2.0 is carried on to its end.
    const last = rmm === "2.0" && command === "RMI_REC_CREATE" ? "RMI_OP_CONTINUE" : command;
    expect(calls.at(-1)).toBe(`${last} RMI_SUCCESS`);
  });

  test("a second Realm gets its own", async () => {
    const fields = { s2sz: 40, num_bps: 1, num_wps: 1, rtt_level_start: 1, rtt_num_start: 2 };
    const second = rmi("RMI_REALM_CREATE", { ...fields, vmid: 1 });
    const calls = await callsOf("1.0-rel0", [second]);
    expect(calls.filter((call) => call === "RMI_REALM_CREATE RMI_SUCCESS")).toHaveLength(2);
  });
});

describe("a step that cannot be a call is told at its place", () => {
  test.each<readonly [string, string, Step | undefined, string, string, RegExp]>([
    [
      "1.0-rel0",
      "RMI_RTT_CREAT",
      undefined,
      "command",
      "has no command",
      /did you mean RMI_RTT_CREATE/,
    ],
    [
      "2.0",
      "RMI_DATA_CREATE",
      undefined,
      "command",
      "RMM 2.0 has no command",
      /RMM 1.0-eac5, 1.0-rel0, 1.1$/,
    ],
    ["1.0-rel0", "RMI_RTT_DATA_MAP", undefined, "command", "has no command", /belongs to RMM 2.0$/],
    ["2.0", "RMI_OP_CONTINUE", { handle: "0x0" }, "command", "is no step", /^none$/],
    ["1.0-rel0", "RMI_RTT_CREATE", { ipa: "0x0" }, "args", "level is missing", /in quotes/],
    [
      "1.0-rel0",
      "RMI_RTT_CREATE",
      { ipa: "zero", level: 2 },
      "args/ipa",
      'is not a 64-bit number: "zero"',
      /in quotes/,
    ],
    [
      "1.0-rel0",
      "RMI_RTT_CREATE",
      { ipa: "0x0", levl: 2, level: 2 },
      "args/levl",
      'no argument "levl"',
      /did you mean "level"/,
    ],
    [
      "1.0-rel0",
      "RMI_RTT_CREATE",
      { ipa: "0x0", level: 2, zone: 1 },
      "args/zone",
      'no argument "zone"',
      /it has: rd, ipa, level, rtt/,
    ],
    [
      "1.0-rel0",
      "RMI_DATA_CREATE",
      { ipa: "0x0", flags: "0x1", pattern: "no" },
      "args/pattern",
      "unexpected value",
      /in quotes/,
    ],
    ["2.0", "RMI_GRANULE_RANGE_UNDELEGATE", undefined, "args", "base is missing", /in quotes/],
  ])("RMM %s: %s %j", async (rmm, command, args, place, message, hint) => {
    const failing = measure(manifest(rmm, [rmi(command, args)])).catch((error: unknown) => error);
    const error = await failing;
    expect(error).toMatchObject({
      code: "MANIFEST_VALUE",
      message: expect.stringContaining(message) as string,
      where: { file: "manifest", pointer: `/launch/0/rmi/${place}`, line: 1 },
    });
    expect((error as { hint?: string }).hint ?? "none").toMatch(hint);
  });
});
