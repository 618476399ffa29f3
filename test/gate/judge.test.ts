import { describe, expect, test } from "vitest";
import { CcaRimError } from "../../src/errors.ts";
import { compareWithLock } from "../../src/gate/changes.ts";
import {
  type Candidate,
  compareVersions,
  type GateInput,
  judge,
  type Verdict,
  type VerdictKind,
} from "../../src/gate/judge.ts";
import type { LockedLaunch } from "../../src/gate/lock.ts";
import { accept } from "../../src/gate/update.ts";
import { launchOf, lockOf } from "./launches.ts";

function candidate(launch: string, now: LockedLaunch = launchOf()): Candidate {
  return { launch, locate: (pointer) => ({ file: launch, line: 7, pointer }), result: { now } };
}

function broken(launch: string, code: "FILE_NOT_FOUND" | "RMI_REFUSED"): Candidate {
  const error = new CcaRimError(code, "it is so", { where: { file: launch, line: 3 } });
  return { launch, locate: () => ({ file: launch }), result: { error } };
}

function verdicts(more: Partial<GateInput>): readonly Verdict[] {
  return judge({
    lock: lockOf({ "a.yaml": launchOf() }),
    lockFile: "cca-rim.lock",
    lineOf: () => 42,
    candidates: [candidate("a.yaml")],
    isInScope: () => true,
    tool: "1.2.3",
    acceptCommand: (manifest) => `accept ${manifest ?? "all"}`,
    ...more,
  });
}

function kinds(more: Partial<GateInput>): readonly VerdictKind[] {
  return verdicts(more).map(({ kind }) => kind);
}

test("nothing changed", () => {
  expect(verdicts({})).toEqual([
    {
      kind: "ok",
      launch: "a.yaml",
      message: `RIM ${launchOf().rim}`,
      where: { file: "a.yaml", line: 7, pointer: "" },
      changes: null,
      accept: null,
    },
  ]);
});

describe("each case has a verdict of its own, and the command that accepts it", () => {
  test.each<[string, Partial<GateInput>, VerdictKind, string | null, RegExp]>([
    ["no launch", { lock: lockOf({}), candidates: [] }, "no-launch", null, /patterns/],
    ["a newer tool", { tool: "1.10.0" }, "newer-tool", "accept all", /1\.2\.3, this is 1\.10\.0/],
    [
      "an older tool",
      { tool: "1.2.2" },
      "older-tool",
      "npm install --save-dev cca-rim@1.2.3",
      /1\.2\.3/,
    ],
    [
      "the release after its candidate",
      { lock: lockOf({ "a.yaml": launchOf() }, "1.2.3-rc.2"), tool: "1.2.3" },
      "newer-tool",
      "accept all",
      /1\.2\.3-rc\.2, this is 1\.2\.3/,
    ],
    [
      "a new launch",
      { candidates: [candidate("a.yaml"), candidate("b.yaml")] },
      "new-launch",
      "accept b.yaml",
      /never accepted/,
    ],
    ["a removed launch", { candidates: [] }, "removed-launch", "accept a.yaml", /does not/],
    [
      "a missing file",
      { candidates: [broken("a.yaml", "FILE_NOT_FOUND")] },
      "missing-file",
      null,
      /FILE_NOT_FOUND/,
    ],
    [
      "a refused launch",
      { candidates: [broken("a.yaml", "RMI_REFUSED")] },
      "not-measurable",
      null,
      /RMI_REFUSED/,
    ],
    [
      "another model",
      { candidates: [candidate("a.yaml", launchOf({ hypervisor: "linux-kvm/v7", rim: "00" }))] },
      "changed-model",
      "accept a.yaml",
      /host\.hypervisor linux-kvm\/v7, was direct/,
    ],
    [
      "another value",
      { candidates: [candidate("a.yaml", launchOf({ rim: "00" }))] },
      "changed-value",
      "accept a.yaml",
      /rim 00, was abab/,
    ],
    [
      "other calls, the same value",
      { candidates: [candidate("a.yaml", launchOf({ trace: "00" }))] },
      "changed-value",
      "accept a.yaml",
      /the RIM is the same, but other RMI calls/,
    ],
    [
      "another value by other calls",
      { candidates: [candidate("a.yaml", launchOf({ rim: "00", trace: "00" }))] },
      "changed-value",
      "accept a.yaml",
      /^rim 00, was abab/,
    ],
    [
      "another RPV",
      { candidates: [candidate("a.yaml", launchOf({ rpv: "01" }))] },
      "changed-value",
      "accept a.yaml",
      /^rpv 01, was 0000/,
    ],
    [
      "another file, the same values",
      { candidates: [candidate("a.yaml", launchOf({ inputs: {} }))] },
      "changed-input",
      "accept a.yaml",
      /input kernel is gone/,
    ],
  ])("%s", (_, input, kind, command, message) => {
    const found = verdicts(input).filter((verdict) => verdict.kind !== "ok");
    expect(found.map((verdict) => [verdict.kind, verdict.accept])).toEqual([[kind, command]]);
    expect(found[0]?.message).toMatch(message);
  });

  test("several at once, the lock's first, then by name", () => {
    expect(
      kinds({ tool: "2.0.0", candidates: [candidate("c.yaml"), candidate("b.yaml")] }),
    ).toEqual(["newer-tool", "removed-launch", "new-launch", "new-launch"]);
  });
});

test("a launch that fails points at the place of its error", () => {
  const [verdict] = verdicts({ candidates: [broken("a.yaml", "RMI_REFUSED")] });
  expect(verdict?.where).toEqual({ file: "a.yaml", line: 3 });
});

test("no lock: told once, and every launch is new", () => {
  const found = verdicts({ lock: undefined });
  expect(found.map(({ kind, accept }) => [kind, accept])).toEqual([
    ["missing-lock", "accept all"],
    ["new-launch", "accept a.yaml"],
  ]);
});

test("launches that nobody looked for are not missed", () => {
  const lock = lockOf({ "a.yaml": launchOf(), "b.yaml": launchOf() });
  expect(kinds({ lock, isInScope: (launch) => launch === "a.yaml" })).toEqual(["ok"]);
});

test("a manifest that cannot be read says so once, whatever its matrix was", () => {
  const lock = lockOf({ "m.yaml#cpus=1": launchOf(), "m.yaml#cpus=2": launchOf() });
  expect(kinds({ lock, candidates: [broken("m.yaml", "RMI_REFUSED")] })).toEqual([
    "not-measurable",
  ]);
});

test("a combination that fails does not hide one that is gone", () => {
  const lock = lockOf({ "m.yaml#cpus=1": launchOf(), "m.yaml#cpus=2": launchOf() });
  expect(kinds({ lock, candidates: [broken("m.yaml#cpus=1", "RMI_REFUSED")] })).toEqual([
    "not-measurable",
    "removed-launch",
  ]);
});

describe("a verdict points at the line that has most to do with it", () => {
  test.each([
    ["a model", { rmm: "1.1" }, "/rmm"],
    ["a VMM", { vmm: "kvmtool/v3" }, "/host/vmm"],
    ["a file", { rim: "00", inputs: { kernel: { sha256: "00", size: 1 } } }, "/files/kernel"],
    [
      "an argument",
      { rim: "00", settings: { ...launchOf().settings, "/host/args": ["lkvm", "run", "-c", "4"] } },
      "/host/args/3",
    ],
    [
      "a field",
      { rim: "00", settings: { ...launchOf().settings, "/realm": { s2sz: 34, numBps: 1 } } },
      "/realm/s2sz",
    ],
    ["nothing in the manifest", { rim: "00" }, ""],
  ])("%s", (_, more, pointer) => {
    const [verdict] = verdicts({ candidates: [candidate("a.yaml", launchOf(more))] });
    expect(verdict?.where.pointer).toBe(pointer);
  });
});

describe("the first different part", () => {
  const [realm, data] = launchOf().stages;
  if (realm === undefined || data === undefined) throw new Error("two stages are needed");

  test.each([
    ["none", [realm, data], null],
    [
      "a page",
      [realm, { ...data, chunks: ["1111111111111111", "3333333333333333"] }],
      "calls 11 to 18: data kernel 0x80000000..0x80002000; the content differs in 0x80001000..0x80002000, bytes 0x1000 to 0x2000 of kernel",
    ],
    [
      "all pages",
      [realm, { ...data, chunks: ["3333333333333333", "4444444444444444"] }],
      "calls 11 to 18: data kernel 0x80000000..0x80002000; the content differs in 0x80000000..0x80001000, bytes 0x0 to 0x1000 of kernel and 1 more part",
    ],
    [
      "the place",
      [realm, { ...data, base: "0x80200000", top: "0x80202000" }],
      "calls 11 to 18: data kernel 0x80200000..0x80202000, was data kernel 0x80000000..0x80002000",
    ],
    [
      "the granularity",
      [realm, { ...data, measured: 1 }],
      "calls 11 to 18: data kernel 0x80000000..0x80002000 is measured in 1 descriptor, was in 2",
    ],
    ["the parameters", [{ ...realm, chunks: ["00"] }, data], "calls 1 to 10: realm"],
    ["a part that is gone", [realm], "calls 11 to 18: data kernel 0x80000000..0x80002000 is gone"],
    ["a part that is new", [realm, data, { ...realm, kind: "rec" }], "calls 1 to 10: rec is new"],
  ])("%s", (_, stages, text) => {
    const { first } = compareWithLock(launchOf(), launchOf({ stages }));
    expect(first?.text ?? null).toBe(text);
  });
});

test("a load whose last part is not whole differs up to its end", () => {
  const [, data] = launchOf().stages;
  if (data === undefined) throw new Error("two stages are needed");
  const load = { ...data, chunkPages: 4 };
  const locked = launchOf({ stages: [{ ...load, chunks: ["11"] }] });
  const { first } = compareWithLock(
    locked,
    launchOf({ stages: [{ ...load, calls: [21, 28], chunks: ["22"] }] }),
  );
  expect(first?.text).toMatch(/^calls 21 to 28: .* 0x80000000\.\.0x80002000, bytes 0x0 to 0x2000 /);
});

test("a load that is told in parts of another size differs", () => {
  const [realm, data] = launchOf().stages;
  if (realm === undefined || data === undefined) throw new Error("two stages are needed");
  const now = launchOf({ stages: [realm, { ...data, chunkPages: 4 }] });
  expect(compareWithLock(launchOf(), now).first?.stages).toBe(1);
});

test("lists of other lengths are told as a whole, lists of the same length item by item", () => {
  const longer = ["lkvm", "run", "-c", "2", "-m", "1G"];
  const other = ["lkvm", "run", "-c", "4"];
  const inputsOf = (args: readonly string[]) =>
    compareWithLock(
      launchOf(),
      launchOf({ settings: { ...launchOf().settings, "/host/args": args } }),
    ).inputs;
  expect(inputsOf(longer)).toEqual([
    {
      what: "/host/args",
      locked: JSON.stringify(["lkvm", "run", "-c", "2"]),
      now: JSON.stringify(longer),
    },
  ]);
  expect(inputsOf(other)).toEqual([{ what: "/host/args/3", locked: "2", now: "4" }]);
});

describe("accepting", () => {
  const acceptance = {
    candidates: [candidate("a.yaml", launchOf({ rim: "00" })), candidate("new.yaml")],
    isInScope: () => true,
    everything: true,
    tool: "2.0.0",
  };

  test("everything: the lock is what is there now, of this version", () => {
    const lock = lockOf({ "a.yaml": launchOf(), "gone.yaml": launchOf() });
    const now = accept({ ...lock, manifests: ["x/*.yaml"] }, acceptance);
    expect(Object.keys(now.launches).toSorted()).toEqual(["a.yaml", "new.yaml"]);
    expect(now.launches["a.yaml"]?.rim).toBe("00");
    expect([now.tool, now.manifests]).toEqual(["2.0.0", ["x/*.yaml"]]);
  });

  test("some: the others stay, and so does the version that vouches for them", () => {
    const lock = lockOf({ "a.yaml": launchOf(), "other.yaml": launchOf({ rim: "11" }) });
    const isInScope = (launch: string): boolean => launch !== "other.yaml";
    const now = accept(lock, { ...acceptance, isInScope, everything: false });
    expect(now.launches["other.yaml"]?.rim).toBe("11");
    expect(now.launches["a.yaml"]?.rim).toBe("00");
    expect(now.tool).toBe("1.2.3");
  });

  test("what cannot be measured stays as it was", () => {
    const lock = lockOf({ "a.yaml": launchOf(), "m.yaml#cpus=1": launchOf({ rim: "11" }) });
    const candidates = [broken("a.yaml", "FILE_NOT_FOUND"), broken("m.yaml", "RMI_REFUSED")];
    const now = accept(lock, { ...acceptance, candidates });
    expect(now.launches).toEqual(lock.launches);
  });

  test("the first time", () => {
    const now = accept(undefined, acceptance);
    expect(Object.keys(now.launches)).toEqual(["a.yaml", "new.yaml"]);
    expect(now.manifests).toEqual(["**/*.yaml", "**/*.yml", "**/*.json"]);
  });
});

test.each([
  ["1.2.3", "1.2.3", 0],
  ["1.2.10", "1.2.9", 1],
  ["0.9.9", "1.0.0", -1],
  ["1.2", "1.2.0", 0],
  ["1.0.0", "1.0.0-rc.1", 1],
  ["1.0.0-rc.9", "1.0.0-rc.10", -1],
  ["1.0.1-rc.1", "1.0.0", 1],
  ["2.0.0-rc.1", "2.0.0-rc.1", 0],
])("version %s against %s", (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
});
