import fc from "fast-check";
import { expect, test } from "vitest";
import { CcaRimError } from "../../src/errors.ts";
import { loadManifest } from "../../src/manifest/load.ts";
import { MAX_TEXT, readText } from "../../src/manifest/read.ts";
import { pointerStep, pointerSteps } from "../../src/manifest/source-map.ts";
import { memoryFiles, refused } from "./memory-files.ts";

/** A value without null prototypes, for comparing. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

test.each<[string, string, unknown]>([
  ["block style", "a: 1\nb:\n  - x\n  - {c: true}\n", { a: 1, b: ["x", { c: true }] }],
  ["JSON", '{"a": [1, "\\u00e9\\/", null, -1.5e3]}', { a: [1, "é/", null, -1500] }],
  ["JSON indented with tabs", '{\n\t"a": [\n\t\t1\n\t]\n}\n', { a: [1] }],
  ["a byte order mark and CRLF", "\ufeffa: 1\r\nb: 2\r\n", { a: 1, b: 2 }],
  [
    "what YAML 1.1 took for something else",
    "a: yes\nb: 2020-01-01\nc: 12:30",
    {
      a: "yes",
      b: "2020-01-01",
      c: "12:30",
    },
  ],
  ["anchors and aliases", "a: &x [1, 2]\nb: *x\n", { a: [1, 2], b: [1, 2] }],
  [
    "keys of Object.prototype",
    "constructor: 1\n__proto__: 2\ntoString: 3",
    {
      constructor: 1,
      ["__proto__"]: 2,
      toString: 3,
    },
  ],
  ["a comment and a document start", "# x\n---\na: 1\n...\n", { a: 1 }],
])("reads %s", async (_, text, expected) => {
  const { value } = await readText(text, "x.yaml");
  expect(plain(value)).toEqual(plain(expected));
});

const ALIAS_BOMB = [
  "a0: &a0 [x, x, x, x, x, x, x, x, x, x]",
  ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(10)}]`),
].join("\n");

test.each<[string, string, number, number, RegExp]>([
  ["nothing", "", 1, 1, /empty/],
  ["a comment alone", "# nothing\n", 1, 1, /empty/],
  ["two documents", "a: 1\n---\nb: 2\n", 2, 1, /second document/],
  ["a duplicate key", 'a: 1\nb: 2\n"a": 3\n', 3, 1, /"a" is there twice/],
  ["a duplicate key in JSON", '{"a": 1,\n "a": 1}', 2, 2, /"a" is there twice/],
  ["a duplicate key written in another way", '{"a": 1, "\\u0061": 1}', 1, 10, /twice/],
  ["an unknown tag", "a: !foo 1", 1, 4, /tag/],
  ["a known tag", "a: [1, !!str 2]", 1, 14, /tag/],
  ["a tag on a key", "!!str a: 1", 1, 7, /tag/],
  ["a tag on a mapping", "!!set {a, b}", 1, 7, /tag/],
  ["a collection as key", "? [a]\n: 1\n", 1, 3, /key must be a string/],
  ["a number as key", "a:\n  1: 2\n", 2, 3, /key must be a string/],
  ["no key", "a:\n  : 2\n", 2, 3, /key must be a string/],
  ["an alias without anchor", "a: *nope", 1, 4, /\*nope has no anchor/],
  ["an alias before its anchor", "a: *x\nb: &x 1", 1, 4, /no anchor/],
  ["an alias inside its anchor", "a: &x [1, *x]", 1, 11, /contains itself/],
  ["an alias bomb", ALIAS_BOMB, 5, 45, /more than 100000 values/],
  ["deep nesting", `a: ${"[".repeat(70)}${"]".repeat(70)}`, 1, 68, /64 levels/],
  ["nesting beyond the parser's stack", `a: ${"[".repeat(20_000)}`, 1, 1, /./],
  ["a tab as indentation", "a:\n\tb: 1\n", 2, 1, /tab/i],
  ["an open quote", 'a: "b\n', 2, 1, /quote/],
  ["a colon in a plain text", "a: b: c", 1, 4, /nested mappings/],
])("refuses %s", async (_, text, line, column, message) => {
  const error = await refused(() => readText(text, "x.yaml"));
  expect(error.code).toBe("MANIFEST_SYNTAX");
  expect(error.message).toMatch(message);
  if (!text.startsWith("a: [[[") || text.length < 1000) {
    expect(error.where).toEqual({ file: "x.yaml", line, column });
  }
});

test("refuses more text than a manifest ever has", async () => {
  const error = await refused(() => readText(`# ${"x".repeat(MAX_TEXT)}\na: 1`, "x.yaml"));
  expect(error.message).toMatch(/longer than/);
});

test("many keys in one mapping take no quadratic time", async () => {
  const text = Array.from({ length: 30_000 }, (_, i) => `k${i}: 1`).join("\n");
  const { value } = await readText(text, "x.yaml");
  expect(Object.keys(value as object)).toHaveLength(30_000);
});

test("places of keys, values, list entries and of what is absent", async () => {
  const text = 'top:\n  - a: 1\n    "b/c~": [x,\n      y]\nempty:\nend: 3\n';
  const { places } = await readText(text, "x.yaml");
  const at = (pointer: string, part?: "key" | "value"): unknown => {
    const { line, column } = places.locate(pointer, part);
    return [line, column];
  };
  expect(at("")).toEqual([1, 1]);
  expect(at("/top", "key")).toEqual([1, 1]);
  expect(at("/top")).toEqual([2, 3]);
  expect(at("/top/0")).toEqual([2, 5]);
  expect(at("/top/0/a")).toEqual([2, 8]);
  expect(at("/top/0/b~1c~0", "key")).toEqual([3, 5]);
  expect(at("/top/0/b~1c~0/1")).toEqual([4, 7]);
  expect(at("/empty")).toEqual([5, 7]);
  expect(at("/end/not/there")).toEqual([6, 1]);
  expect(at("/nowhere")).toEqual([1, 1]);
  expect(places.locate("/top/0/zzz")).toEqual({
    file: "x.yaml",
    line: 2,
    column: 5,
    pointer: "/top/0/zzz",
  });
});

test("JSON pointers of any name come back", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (names) => {
      expect(pointerSteps(names.map(pointerStep).join(""))).toEqual(names);
    }),
  );
});

test("reads what JSON.stringify writes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (value) => {
      fc.pre(value !== null);
      const text = JSON.stringify(value);
      expect(plain((await readText(text, "x.json")).value)).toEqual(JSON.parse(text));
    }),
    { numRuns: 200 },
  );
});

const GRAMMAR = fc
  .array(
    fc.constantFrom(
      ..."manifest: 1|rmm|host|: |\n|  |- |{|}|[|]|,|\"|'|&a |*a|!!x |? |0x80|#|---\n|%YAML 1.2\n||".split(
        "|",
      ),
      "|",
      ">-\n",
      "\t",
      "\r\n",
      "launch",
      "files",
      "data",
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(""));

test("any text gives a value or an error with a place", async () => {
  const access = memoryFiles({});
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(GRAMMAR, fc.string({ unit: "binary", maxLength: 200 })),
      async (text) => {
        try {
          await loadManifest(text, "x.yaml", access);
          expect(text).toContain("manifest");
        } catch (error) {
          if (!(error instanceof CcaRimError)) throw error;
          expect(error.code).toMatch(/^(?:MANIFEST|HOST|FILE)_/);
          expect(error.where?.line).toBeGreaterThanOrEqual(1);
          expect(error.where?.column).toBeGreaterThanOrEqual(1);
          expect(error.message).not.toMatch(/\n/);
        }
      },
    ),
    { numRuns: 500 },
  );
});
