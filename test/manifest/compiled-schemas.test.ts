/** The validators that the command line is built with find what ajv finds at run time. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ValidateFunction } from "ajv";
import fc from "fast-check";
import { build } from "rolldown";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compiledSchemas } from "../../scripts/compiled-schemas.mjs";
import { compileSchema, SCHEMA_OPTIONS } from "../../src/manifest/schema-compiler.ts";

const COMPILER = join(import.meta.dirname, "../../src/manifest/schema-compiler.ts");
const folder = mkdtempSync(join(tmpdir(), "cca-rim-schemas-"));
let bundled: { readonly compileSchema: typeof compileSchema };

beforeAll(async () => {
  await build({
    input: COMPILER,
    platform: "node",
    plugins: [compiledSchemas(COMPILER, SCHEMA_OPTIONS)],
    output: {
      dir: folder,
      format: "esm",
      entryFileNames: "main.mjs",
      chunkFileNames: "[name].mjs",
    },
    logLevel: "silent",
  });
  bundled = (await import(pathToFileURL(join(folder, "main.mjs")).href)) as typeof bundled;
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const textOf = (name: string): string => readFileSync(`schemas/${name}.schema.json`, "utf8");

const GOOD = {
  manifest: 1,
  rmm: "1.0-rel0",
  host: { vmm: "none", hypervisor: "direct" },
  files: { Image: { path: "boot/Image" } },
  platform: ["fvp", { breakpoints: 6 }],
  realm: { hashAlgo: "sha-256", rpv: "text:x", s2sz: 33, numBps: 1, flags: { sve: false } },
  launch: [
    { ripas: { base: "0x80000000", top: "0x90000000" } },
    { data: { file: "Image", ipa: "0x80000000", measure: true } },
    { rec: { mpidr: "0x0", gprs: ["0x8fe00000"], runnable: true } },
  ],
  rem: [{ extend: { register: 0, data: "hex:00ff" } }],
};

/** Every place in a document. */
function places(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, item]) => places(item, [...at, key]))];
}

/** The document with another value at a place. */
function put(document: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined || typeof document !== "object" || document === null) return value;
  const copy = structuredClone(document) as Record<string, unknown>;
  copy[key] = put(copy[key], rest, value);
  return copy;
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    "",
    "0x10",
    "hex:0",
    "é".repeat(70),
    1.5,
    -1,
    [],
    {},
    2 ** 53,
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

function findings(validate: ValidateFunction, document: unknown): unknown {
  return [validate(document), validate.errors ?? []];
}

test.each(["manifest", "platform", "report"])("%s", async (name) => {
  const [here, there] = [
    await compileSchema(textOf(name)),
    await bundled.compileSchema(textOf(name)),
  ];
  expect(findings(there, GOOD)).toEqual(findings(here, GOOD));
  fc.assert(
    fc.property(fc.constantFrom(...places(GOOD)), odd, fc.boolean(), (at, value, extra) => {
      const broken = put(GOOD, extra ? [...at, "extra"] : at, value);
      expect(findings(there, broken)).toEqual(findings(here, broken));
    }),
  );
});

test("a good manifest passes, and other schemas are compiled at run time", async () => {
  const validate = await bundled.compileSchema(textOf("manifest"));
  expect(findings(validate, GOOD)).toEqual([true, []]);
  const error = await bundled.compileSchema(textOf("error"));
  expect(error({})).toBe(false);
});
