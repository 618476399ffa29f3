import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { CcaRimError } from "../../src/errors.ts";
import { nobleHashes } from "../../src/hash/noble.ts";
import { checkTranscript, replayTranscript } from "../../src/replay/check.ts";
import { patternPage } from "../../src/replay/patterns.ts";
import { readTranscript, readTranscripts } from "../../src/replay/transcript.ts";

/** Two steps of a real transcript (TF-RMM 1870dfee, "minimal realm"). */
const minimal = {
  rmm: "1.0-rel0",
  description: "the first steps of a minimal realm",
  platform: {
    profile: "default",
    sysregs: {},
    featureRegister0: "0x283fc104130",
    granuleBase: "0x80000000",
    granuleMemSize: "0x40000000",
  },
  steps: [
    {
      cmd: "GRANULE_DELEGATE",
      addr: "0x80000000",
      count: 1024,
      status: { code: 0, index: 0 },
      out: { done: 1024 },
      rim: null,
    },
    {
      cmd: "REALM_CREATE",
      rd: "0x80000000",
      flags: "0x0",
      s2sz: 33,
      sve_vl: 0,
      num_bps: 1,
      num_wps: 1,
      pmu_num_ctrs: 0,
      hash_algo: 0,
      rtt_base: "0x80010000",
      rtt_level_start: 1,
      rtt_num_start: 1,
      vmid: 0,
      status: { code: 0, index: 0 },
      out: {},
      rim: "39ad630fb9d2019f2be445c17430b6372c999e1d205f7ddaa5d00b5d13b83c76",
    },
    {
      cmd: "RTT_INIT_RIPAS",
      rd: "0x80000000",
      base: "0x1000",
      top: "0x2000",
      status: { code: 4, index: 1 },
      out: {},
      rim: "39ad630fb9d2019f2be445c17430b6372c999e1d205f7ddaa5d00b5d13b83c76",
    },
  ],
};

type Edit = (copy: typeof minimal) => void;

function edited(edit: Edit): typeof minimal {
  const copy = structuredClone(minimal);
  edit(copy);
  return copy;
}

describe("checkTranscript", () => {
  test("agrees with the record", () => {
    expect(checkTranscript(readTranscript(minimal), nobleHashes)).toEqual({ steps: 3 });
  });

  const differences: readonly (readonly [string, Edit, object])[] = [
    [
      "a status",
      (t) => Object.assign(t.steps[2] ?? {}, { status: { code: 1, index: 0 } }),
      { step: 2, field: "status", expected: "RMI_ERROR_INPUT", got: "RMI_ERROR_RTT(1)" },
    ],
    [
      "a level",
      (t) => Object.assign(t.steps[2] ?? {}, { status: { code: 4, index: 255 } }),
      { step: 2, field: "status", expected: "RMI_ERROR_RTT(-1)", got: "RMI_ERROR_RTT(1)" },
    ],
    [
      "an index beside another status",
      (t) => Object.assign(t.steps[1] ?? {}, { status: { code: 0, index: 3 } }),
      { step: 1, field: "status", expected: "RMI_SUCCESS(3)", got: "RMI_SUCCESS" },
    ],
    [
      "an output",
      (t) => Object.assign(t.steps[0] ?? {}, { out: { done: 1023 } }),
      { step: 0, field: "done", expected: "1023", got: "1024" },
    ],
    [
      "an output that the model lacks",
      (t) => Object.assign(t.steps[2] ?? {}, { out: { out_top: "0x1000" } }),
      { step: 2, field: "out_top", expected: "0x1000", got: "nothing" },
    ],
    [
      "an output that the record lacks",
      (t) => Object.assign(t.steps[0] ?? {}, { out: {} }),
      { step: 0, field: "done", expected: "nothing", got: "1024" },
    ],
    [
      "a RIM",
      (t) => Object.assign(t.steps[1] ?? {}, { rim: "00" }),
      { step: 1, field: "rim", expected: "00", got: minimal.steps[1]?.rim },
    ],
    [
      "no RIM where there is one",
      (t) => Object.assign(t.steps[1] ?? {}, { rim: null }),
      { step: 1, field: "rim", expected: "null", got: minimal.steps[1]?.rim },
    ],
  ];

  test.each(differences)("finds %s that differs", (_, edit, difference) => {
    const { difference: found } = checkTranscript(readTranscript(edited(edit)), nobleHashes);
    expect(found).toMatchObject({ ...difference, got: (difference as { got: string }).got });
  });

  test("names an RMM version that is not modelled", () => {
    const other = readTranscript(edited((t) => Object.assign(t, { rmm: "0.1" })));
    expect(() => checkTranscript(other, nobleHashes)).toThrow(/RMM version 0.1 is not modelled/);
  });
});

describe("readTranscripts", () => {
  const line = JSON.stringify(minimal);

  test.each([
    ["one document", line, 1],
    ["one document over several lines", JSON.stringify(minimal, undefined, 2), 1],
    ["a document a line", `${line}\n${line}\n\n${line}\n`, 3],
  ])("reads %s", (_, text, count) => {
    expect([...readTranscripts(text)]).toHaveLength(count);
  });

  test("names the line that is not JSON", () => {
    expect(() => [...readTranscripts(`${line}\n{`)]).toThrow(
      expect.objectContaining({ code: "TRANSCRIPT_FORMAT", where: { line: 2 } }),
    );
  });

  test("names the line whose document is no transcript", () => {
    expect(() => [...readTranscripts(`${line}\n\n{"rmm":"1.0-rel0"}`)]).toThrow(
      expect.objectContaining({ message: "steps is missing", where: { line: 3 } }),
    );
  });

  test.each(["", "\n", " \n\n"])("refuses a file without a transcript: %j", (text) => {
    expect(() => [...readTranscripts(text)]).toThrow("there is no transcript in it");
  });

  const broken: readonly (readonly [string, Edit, RegExp])[] = [
    ["no rmm", (t) => Object.assign(t, { rmm: undefined }), /rmm is missing/],
    ["no steps", (t) => Object.assign(t, { steps: 3 }), /steps is missing/],
    ["no platform", (t) => Object.assign(t, { platform: null }), /platform is missing/],
    [
      "a register that is no number",
      (t) => Object.assign(t.platform, { featureRegister0: "many" }),
      /platform.featureRegister0 is not a 64-bit number: "many"/,
    ],
    [
      "a step without status",
      (t) => Object.assign(t.steps[1] ?? {}, { status: 1 }),
      /step 1 has no status/,
    ],
    ["a step without cmd", (t) => Object.assign(t.steps[1] ?? {}, { cmd: 1 }), /step 1 has no cmd/],
  ];

  test.each(broken)("refuses %s", (_, edit, message) => {
    expect(() => readTranscript(edited(edit))).toThrow(message);
  });

  test.each<readonly [string, Edit, RegExp]>([
    [
      "an unknown command",
      (t) => Object.assign(t.steps[2] ?? {}, { cmd: "FLY" }),
      /^step 2, RMI_FLY: there is no RMI command RMI_FLY$/,
    ],
    [
      "a missing argument",
      (t) => Object.assign(t.steps[2] ?? {}, { base: undefined }),
      /^step 2, RMI_RTT_INIT_RIPAS: base is missing$/,
    ],
    [
      "a malformed argument",
      (t) => Object.assign(t.steps[2] ?? {}, { base: [] }),
      /^step 2, RMI_RTT_INIT_RIPAS: base is not a 64-bit number: \[\]$/,
    ],
    [
      "a malformed patch",
      (t) => Object.assign(t.steps[1] ?? {}, { raw: "fff:0102" }),
      /^step 1, RMI_REALM_CREATE: raw has an unexpected value: "fff:0102"$/,
    ],
  ])("refuses to replay %s", (_, edit, message) => {
    const transcript = readTranscript(edited(edit));
    expect(() => checkTranscript(transcript, nobleHashes)).toThrow(message);
  });

  test("reads whole numbers that a double cannot hold", () => {
    const text = JSON.stringify(edited((t) => Object.assign(t.steps[2] ?? {}, { top: 1 })));
    const [transcript] = readTranscripts(
      text.replace(
        '"top":1',
        '"top":-9223372036854775808,"base":18446744073709547520,"x":0.1234567890123456789',
      ),
    );
    expect(transcript?.steps[2]).toMatchObject({
      top: "-9223372036854775808",
      base: "18446744073709547520",
      x: 0.123_456_789_012_345_68,
    });
    if (transcript === undefined) return;
    // 2^63 lies below 2^64 - 4096.
    expect(checkTranscript(transcript, nobleHashes).difference).toMatchObject({
      field: "status",
      got: "RMI_ERROR_INPUT",
    });
  });

  test("patches the parameters of a REC, too", () => {
    const rec = {
      cmd: "REC_CREATE",
      rd: "0x80000000",
      rec: "0x80070000",
      flags: "0x1",
      mpidr: "0x0",
      pc: "0x0",
      gprs: [],
      aux: "0x80060000",
      status: { code: 0, index: 0 },
      out: {},
    };
    const replayed = (raw: object): unknown => {
      const steps = [...minimal.steps.slice(0, 2), { ...rec, ...raw }];
      const last = [...replayTranscript(readTranscript({ ...minimal, steps }), nobleHashes)].at(-1);
      return last?.rim && toHex(last.rim);
    };
    expect(replayed({ pc: "0x80080000" })).toBe(replayed({ raw: "0x200:00000880" }));
    expect(replayed({ pc: "0x80080000" })).not.toBe(replayed({}));
  });

  const strange = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.integer({ min: -(2 ** 53) }),
    fc.bigInt({ min: 0n, max: 2n ** 65n }).map((value) => `0x${value.toString(16)}`),
  );
  const fields = fc.constantFrom(
    ...new Set(minimal.steps.flatMap((step) => Object.keys(step))),
    "raw",
    "rpv",
    "vmid",
  );

  test("survives any value of any field with one clear error", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 }), fields, strange, (number, field, value) => {
        const copy = edited((t) => Object.assign(t.steps[number] ?? {}, { [field]: value }));
        try {
          checkTranscript(readTranscript(copy), nobleHashes);
        } catch (error) {
          expect(error).toBeInstanceOf(CcaRimError);
          expect(error).not.toHaveProperty("code", "BUG_INTERNAL");
        }
      }),
      { numRuns: 500 },
    );
  });

  test("survives any JSON with one clear error", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        try {
          for (const transcript of readTranscripts(text)) checkTranscript(transcript, nobleHashes);
        } catch (error) {
          expect(error).toBeInstanceOf(CcaRimError);
        }
      }),
    );
  });
});

test.each([
  ["fill:0x5a", "5a5a5a5a5a5a5a5a"],
  ["fill:90", "5a5a5a5a5a5a5a5a"],
  ["fill:256", "0000000000000000"],
  ["ctr:0", "0000000001000000"],
  ["ctr:0xffffffff", "ffffffff00000000"],
  // x = 1: 1 ^ 1<<13 = 0x2001, ^ >>17 = 0x2001, ^ <<5 = 0x42021; then once more (a calculator).
  ["xs32:1", "2120040001060804"],
  ["xs32:0", "2120040001060804"],
  ["xs32:4294967296", "2120040001060804"],
])("pattern %s begins with %s", (pattern, hex) => {
  const page = patternPage(pattern);
  expect(page).toHaveLength(4096);
  expect(toHex(page?.subarray(0, 8) ?? new Uint8Array(0))).toBe(hex);
});

test.each(["", "fill", "fill:", "fill:x", "xs64:1", "ctr:-1"])(
  "there is no pattern %j",
  (pattern) => {
    expect(patternPage(pattern)).toBeUndefined();
  },
);
