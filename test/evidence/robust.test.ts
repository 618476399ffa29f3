/** Whatever a file holds: an answer, or one line with a place in the file. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, fromHex } from "../../src/bytes.ts";
import { lintTools } from "../../src/cli/lint-tools.ts";
import { CcaRimError } from "../../src/errors.ts";
import { earOf } from "../../src/evidence/ear.ts";
import { inspectBytes } from "../../src/evidence/inspect/inspect.ts";
import { nodeVerifier } from "../../src/evidence/node-crypto.ts";
import { readToken } from "../../src/evidence/token.ts";
import { verifyToken } from "../../src/evidence/verify.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import { referencesOfCorim } from "../../src/reference/corim/references.ts";
import { lintCorim } from "../../src/reference/lint/corim.ts";
import { inspectLines } from "../../src/report/inspection.ts";
import { makeLog, SEPARATOR, START } from "../formats/make-log.ts";
import { variantBytes } from "../reference/variants.ts";
import { CHALLENGE, makeToken } from "./make-token.ts";

const TREE = new URL("../../golden/oracle/kvmtool-dtb/002.dtb.bin", import.meta.url);

const FILES: readonly Uint8Array[] = [
  makeToken(),
  makeToken({ wrapper: "cmw", keyForm: "point", hashAlgo: "sha-512" }),
  variantBytes("g1-int-alg"),
  variantBytes("g1-two-realms"),
  variantBytes("g0"),
  variantBytes("s1-signed-x5-protected"),
  makeLog([
    { ...SEPARATOR, index: 1 },
    { ...START, index: 2 },
  ]),
  new Uint8Array(readFileSync(TREE)).subarray(0, 4096),
];

/** Heads that promise more than there is, nest, repeat, or mean something unusual. */
const HOSTILE: readonly Uint8Array[] = [
  ...[0x81, 0x9f, 0xa1, 0xbf, 0xc6, 0x5f, 0x7f, 0xd8].map((byte) =>
    new Uint8Array(4000).fill(byte),
  ),
  ...[
    "5bffffffffffffffff",
    "7b7fffffffffffffff",
    "9bffffffffffffffff",
    "bbffffffffffffffff",
    "9a7fffffff",
    "ba7fffffff",
    "5a7fffffff",
    "5f4101ff",
    "7f6161ff",
    "5f6161ff",
    "a201010101",
    "c249ffffffffffffffffff",
    "c349ffffffffffffffffff",
    "f97e00",
    "fb7ff0000000000000",
    "fa47c35000",
    "f818",
    "ff",
    "d9d9f7",
    "dbffffffffffffffff00",
    "61ff",
    "3bffffffffffffffff",
    "1bffffffffffffffff",
    "1c",
    "d001",
  ].map((hex) => fromHex(hex) ?? new Uint8Array(0)),
];

interface Edit {
  readonly kind: "flip" | "cut" | "insert" | "overwrite" | "drop" | "repeat" | "append";
  readonly at: number;
  readonly size: number;
  /** Index into the hostile ones. */
  readonly hostile: number;
}

const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(
      "flip",
      "cut",
      "insert",
      "overwrite",
      "drop",
      "repeat",
      "append",
    ) satisfies fc.Arbitrary<Edit["kind"]>,
    at: fc.nat(),
    size: fc.nat(60),
    hostile: fc.nat(HOSTILE.length - 1),
  }),
  { minLength: 1, maxLength: 3 },
);

function edited(bytes: Uint8Array, { kind, at: anywhere, size, ...edit }: Edit): Uint8Array {
  const hostile = HOSTILE[edit.hostile] ?? new Uint8Array(0);
  const at = anywhere % (bytes.length + 1);
  const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (kind) {
    case "flip":
      return bytes.map((byte, i) => (i === at ? byte ^ (1 << (size % 8)) : byte));
    case "cut":
      return before;
    case "insert":
      return concatBytes(before, hostile, behind);
    case "overwrite":
      return concatBytes(before, hostile, behind.subarray(hostile.length));
    case "drop":
      return concatBytes(before, behind.subarray(size));
    case "repeat":
      return concatBytes(before, behind.subarray(0, size), behind);
    default:
      return concatBytes(bytes, hostile);
  }
}

/** Runs something on a file: nothing but an error with one line and a place in it may come out. */
function survives(bytes: Uint8Array, run: () => unknown): void {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(CcaRimError);
    const { code, message, where } = error as CcaRimError;
    expect(code).not.toBe("BUG_INTERNAL");
    expect(message).toMatch(/^[^\n]{1,500}$/);
    expect(where?.offset).toBeGreaterThanOrEqual(0);
    expect(where?.offset).toBeLessThanOrEqual(bytes.length);
  }
}

const TOOLS = { verifier: nodeVerifier, hashes: nodeHashes };

const READERS: readonly (readonly [string, (bytes: Uint8Array) => unknown])[] = [
  ["inspect", (bytes) => inspectLines(inspectBytes(bytes, nodeHashes).nodes)],
  ["lint", (bytes) => lintCorim(bytes, lintTools)],
  [
    "verify",
    (bytes) => {
      const token = readToken(bytes);
      const expected = { references: undefined, platformKeys: undefined, challenge: CHALLENGE };
      return earOf(token, verifyToken(token, expected, TOOLS).checks, "test");
    },
  ],
];

describe.each(READERS)("%s", (_, read) => {
  test("survives files that were changed at random", () => {
    fc.assert(
      fc.property(fc.nat(FILES.length - 1), edits, (file, changes) => {
        const bytes = changes.reduce(edited, FILES[file] ?? new Uint8Array(0));
        survives(bytes, () => read(bytes));
      }),
      { numRuns: 1000, seed: 1 },
    );
  });

  test("survives any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        survives(bytes, () => read(bytes));
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});

test("a CoRIM that was changed is used as it is, or refused with a place", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 5 }), edits, (file, changes) => {
      const bytes = changes.reduce(edited, FILES[file] ?? new Uint8Array(0));
      survives(bytes, () => referencesOfCorim(bytes, "file"));
    }),
    { numRuns: 1000, seed: 1 },
  );
});

test("nothing that a file says reaches a terminal as a control character", () => {
  const profile = "tag:\u001b[31m\u009b2J\n";
  const bytes = makeToken({ realmProfile: profile });
  const text = inspectLines(inspectBytes(bytes, nodeHashes).nodes);
  expect(text).not.toMatch(/[^\P{Cc}\n]/u);
});
