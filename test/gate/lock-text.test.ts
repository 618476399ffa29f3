import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CcaRimError } from "../../src/errors.ts";
import type { Json, Lock, LockedLaunch } from "../../src/gate/lock.ts";
import { lockText, readLock } from "../../src/gate/lock-text.ts";
import { launchOf, lockOf } from "./launches.ts";

/** Any JSON value whose numbers JSON keeps. */
const json: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as Json);
const name = fc.string({ minLength: 1, unit: "binary" });

const launch: fc.Arbitrary<LockedLaunch> = fc
  .record({
    settings: fc.dictionary(name, json, { maxKeys: 4 }),
    inputs: fc.dictionary(name, fc.record({ sha256: fc.string(), size: fc.nat() }), { maxKeys: 3 }),
    labels: fc.array(fc.string({ unit: "binary" }), { maxLength: 3 }),
    rem: fc.array(fc.constantFrom("00".repeat(32), "12".repeat(32)), {
      minLength: 4,
      maxLength: 4,
    }),
    rpv: fc.constantFrom("00".repeat(64), "34".repeat(64)),
  })
  .map(({ settings, inputs, labels, rem, rpv }) => {
    const base = launchOf();
    const [stage] = base.stages;
    const stages = stage === undefined ? [] : labels.map((label) => ({ ...stage, label }));
    return { ...base, settings, inputs, stages, rem, rpv };
  });

/** Objects without a prototype are equal to others here. */
function plain(lock: Lock): unknown {
  return JSON.parse(JSON.stringify(lock)) as unknown;
}

test("what was written is read, whatever the names are", () => {
  fc.assert(
    fc.property(
      fc.dictionary(name, launch, { maxKeys: 3 }),
      fc.array(fc.string({ unit: "binary" })),
      fc.string({ unit: "binary" }),
      (launches, manifests, tool) => {
        const lock = { tool, manifests, launches };
        const text = lockText(lock);
        const { lock: read } = readLock(text, "cca-rim.lock");
        expect(plain(read)).toEqual(plain(lock));
        expect(lockText(read)).toBe(text);
      },
    ),
  );
});

test("the order in which launches come does not matter", () => {
  const [a, b] = [launchOf({ rim: "aa" }), launchOf({ rim: "bb" })];
  expect(lockText(lockOf({ "a.yaml": a, "b.yaml": b }))).toBe(
    lockText(lockOf({ "b.yaml": b, "a.yaml": a })),
  );
});

test("it is YAML with the same meaning, one value a line", async () => {
  const { parse } = await import("yaml");
  const text = lockText(lockOf({ "boot/guest.yaml": launchOf() }));
  expect(text).toMatchInlineSnapshot(`
    "# Measurements that were accepted, one block a launch. Written by cca-rim gate -u; to accept
    # a change, run that again. Only the patterns under "manifests" are meant to be edited.
    lock: 1
    tool: "1.2.3"
    manifests:
      - "**/*.yaml"
    launches:
      "boot/guest.yaml":
        hashAlgo: "sha-256"
        hypervisor: "direct"
        rim: "abababababababababababababababababababababababababababababababab"
        rmm: "1.0-rel0"
        trace: "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
        vmm: "none"
        inputs:
          "kernel": {"sha256": "efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef", "size": 8192}
        settings:
          "/host/args": ["lkvm", "run", "-c", "2"]
          "/realm": {"numBps": 1, "s2sz": 33}
        stages:
          - ["realm", "", "", "", [1, 10], 1, 1, ["0011223344556677"]]
          - ["data", "kernel", "0x80000000", "0x80002000", [11, 18], 2, 1, ["1111111111111111", "2222222222222222"]]
    "
  `);
  const document = parse(text) as { launches: Record<string, { rim: string }> };
  expect(document.launches["boot/guest.yaml"]?.rim).toBe(launchOf().rim);
});

test("lines of launches are known; other line ends do not matter", () => {
  const text = lockText(lockOf({ "a.yaml": launchOf(), "b.yaml": launchOf() }));
  const { lineOf, lock } = readLock(text.replaceAll("\n", "\r\n"), "cca-rim.lock");
  const lines = text.split("\n");
  for (const launchName of ["a.yaml", "b.yaml"]) {
    expect(lines[(lineOf(launchName) ?? 0) - 1]).toBe(`  "${launchName}":`);
  }
  expect(lineOf("c.yaml")).toBeUndefined();
  expect(Object.keys(lock.launches)).toEqual(["a.yaml", "b.yaml"]);
});

describe("refused, with the line", () => {
  const good = lockText(lockOf({ "a.yaml": launchOf(), "b.yaml": launchOf() }));

  function failure(text: string): CcaRimError {
    try {
      readLock(text, "cca-rim.lock");
    } catch (error) {
      if (error instanceof CcaRimError) return error;
      throw error;
    }
    throw new Error("it was read");
  }

  test.each([
    [
      "a leftover of a merge",
      good.replace("launches:\n", "launches:\n<<<<<<< HEAD\n"),
      /no line of a lock/,
      8,
    ],
    ["a launch twice", good.replace('"b.yaml"', '"a.yaml"'), /"a\.yaml" is there twice/, undefined],
    [
      "a value twice",
      good.replace('    vmm: "none"\n', '    vmm: "none"\n    vmm: "none"\n'),
      /"vmm" is there twice/,
      15,
    ],
    ["a value that is gone", good.replace(/ {4}rim: .*\n/, ""), /this launch lacks rim/, 8],
    ["a value that is none", good.replace('rmm: "1.0-rel0"', "rmm: 1.0"), /rmm must be a text/, 12],
    [
      "an unknown key",
      good.replace("    inputs:\n", '    more: "x"\n    inputs:\n'),
      /unknown key "more"/,
      8,
    ],
    ["an unknown block", `${good}more:\n`, /unknown key "more"/, undefined],
    ["another version", good.replace("lock: 1", "lock: 2"), /no lock of version 1/, 1],
    ["a stage that is none", good.replace('- ["realm"', "- [4"), /no stage of a launch/, undefined],
    ["an odd indentation", good.replace("  - ", "   - "), /no line of a lock/, 6],
    ["a line too deep", good.replace("  - ", "    - "), /unknown key|too deep|missing/, undefined],
    ["nothing", "", /no lock of version 1/, 1],
    ["half of it", good.slice(0, good.indexOf("settings")), /no line of a lock|lacks/, undefined],
  ])("%s", (_, text, message, line) => {
    const error = failure(text);
    expect([error.code, error.where?.file]).toEqual(["GATE_LOCK", "cca-rim.lock"]);
    expect(error.message).toMatch(message);
    if (line !== undefined) expect(error.where?.line).toBe(line);
  });

  test("any other text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(failure(text).code).toBe("GATE_LOCK");
      }),
    );
  });
});
