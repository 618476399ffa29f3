/** The public API as text: a change of it is a change of `api/*.txt`, and of types tested here. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, expectTypeOf, test } from "vitest";
import * as api from "../../src/index.ts";
import * as node from "../../src/node.ts";

const DIST = join(import.meta.dirname, "../../dist");

/** Top-level statements of a built declaration file, without comments. */
function statementsOf(file: string): readonly string[] {
  const text = readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.join("\n").split(/\n(?=\S)(?!\})/);
}

interface Export {
  readonly name: string;
  readonly file: string;
}

/** What an entry exports from where. */
function exportsOf(entry: string): readonly Export[] {
  return statementsOf(entry).flatMap((statement) => {
    const [, names, from] = /^export (?:type )?\{([^}]*)\} from "(.*)";/.exec(statement) ?? [];
    if (names === undefined || from === undefined) return [];
    const file = join(dirname(entry), from.replace(/\.(?:js|ts)$/, ".d.ts"));
    return names
      .split(",")
      .map((name) => ({ name: name.replace("type ", "").trim(), file }))
      .filter(({ name }) => name !== "");
  });
}

/** The declaration of every export of an entry, by name. */
function reportOf(entry: string): string {
  const declarations = exportsOf(join(DIST, entry)).map(({ name, file }) => {
    const declares = new RegExp(
      `^export (?:declare )?(?:abstract )?(?:class|const|function|interface|type) ${name}\\b`,
    );
    const found = statementsOf(file).filter((statement) => declares.test(statement));
    expect(found, `${name} in ${file}`).not.toEqual([]);
    return { name, text: found.join("\n") };
  });
  const sorted = declarations.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return `${sorted.map(({ text }) => text).join("\n\n")}\n`;
}

test.each([
  ["index.d.ts", "api/cca-rim.txt"],
  ["node.d.ts", "api/cca-rim-node.txt"],
])("declarations of %s are those of %s", async (entry, report) => {
  await expect(reportOf(entry)).toMatchFileSnapshot(report);
});

test("values that are exported have declarations", () => {
  for (const [entry, module] of [
    ["index.d.ts", api],
    ["node.d.ts", node],
  ] as const) {
    const names = exportsOf(join(DIST, entry)).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(module)));
  }
});

describe("types", () => {
  test("measure takes text or an object, and gives a report", () => {
    expectTypeOf(api.measure).parameter(0).toEqualTypeOf<api.ManifestInput>();
    expectTypeOf<string>().toExtend<api.ManifestInput>();
    expectTypeOf<Uint8Array>().toExtend<api.FileBytes>();
    expectTypeOf(api.measure).returns.resolves.toEqualTypeOf<api.MeasurementReport>();
    expectTypeOf<api.MeasurementReport["rim"]>().toEqualTypeOf<string>();
    expectTypeOf<api.MeasurementReport["hashAlgo"]>().toEqualTypeOf<api.HashAlgo>();
    expect(api.measure).toHaveLength(1);
  });

  test("trace yields calls and ends with the report", () => {
    expectTypeOf(api.trace).returns.toEqualTypeOf<
      AsyncGenerator<api.TraceCall, api.MeasurementReport, undefined>
    >();
    expect(api.trace).toHaveLength(1);
  });

  test("replay takes anything, and says what differs", () => {
    expectTypeOf(api.replay).parameter(0).toEqualTypeOf<unknown>();
    expectTypeOf(api.replay).returns.toEqualTypeOf<api.TranscriptCheck>();
    expect(api.replay).toHaveLength(1);
  });

  test("hashes fit wherever hashes are asked for", () => {
    expectTypeOf(api.nobleHashes).toEqualTypeOf<api.HashProvider>();
    expectTypeOf(node.nodeHashes).toEqualTypeOf<api.HashProvider>();
    expectTypeOf<node.NodeFiles>().toExtend<api.FileAccess>();
    expect(node.nodeHashes("sha-256").size).toBe(api.DIGEST_SIZE["sha-256"]);
  });

  test("an error has a code of a closed set", () => {
    const error = new api.CcaRimError("FILE_NOT_FOUND", "no such file");
    expectTypeOf(error.code).toEqualTypeOf<api.ErrorCode>();
    expect(error).toBeInstanceOf(Error);
  });
});
