import { describe, expect, test } from "vitest";
import { EXPORT_FORMATS, type ExportOptions } from "../../src/reference/export.ts";
import { readJsonReferences } from "../../src/reference/json-read.ts";
import type { RealmReference } from "../../src/reference/values.ts";

const RIM = new Uint8Array(32).fill(0xfb);
const REFERENCE: RealmReference = {
  origin: "test",
  hashAlgo: "sha-256",
  rim: RIM,
  rem: [undefined, new Uint8Array(32).fill(1), undefined, undefined],
  rpv: new Uint8Array(64).fill(2),
};

type Json = Record<string, unknown>;

function template(name: string, generation: 0 | 1 | 2): Json {
  const options: ExportOptions = { generation, algorithms: "number", rakHashAlgo: "sha-256" };
  const format = EXPORT_FORMATS.find((candidate) => candidate.name === name);
  return JSON.parse(String(format?.render([REFERENCE], options))) as Json;
}

function read(document: unknown) {
  return readJsonReferences(document, "file", (text) => JSON.parse(text) as unknown);
}

test.each([0, 1, 2] as const)("a CoMID template of generation %i is read again", (generation) => {
  const found = read(template("comid-json", generation));
  expect(found).toMatchObject({ format: "CoMID template", findings: [] });
  const origin = "file /triples/reference-values/0";
  expect(found?.references).toEqual([{ ...REFERENCE, origin }]);
});

test.each([0, 1, 2] as const)("a CoRIM template of generation %i has no values", (generation) => {
  const found = read(template("corim-json", generation));
  expect(found).toEqual({ format: "CoRIM template", references: [], findings: [] });
});

describe("what is wrong is told with its pointer", () => {
  const AT = "/triples/reference-values/0";

  /** A template with one text in place of another. */
  function changed(from: string, to: string): unknown {
    const text = JSON.stringify(template("comid-json", 1));
    expect(text).toContain(from);
    return JSON.parse(text.replace(from, to)) as unknown;
  }

  const B64 = Buffer.from(RIM).toString("base64");
  const URL = Buffer.from(RIM).toString("base64url");

  test.each<[string, string, string, string, string]>([
    ["class id", B64, Buffer.alloc(32).toString("base64"), "json-value", "environment/class/id"],
    ["type", '"bytes"', '"uuid"', "json-value", "environment/class/id/type"],
    [
      "algorithm",
      `[1,"${URL}"]`,
      `[99,"${URL}"]`,
      "json-value",
      "measurements/0/value/digests/0/0",
    ],
    ["length", `[1,"${URL}"]`, `[8,"${URL}"]`, "json-length", "measurements/0/value/digests/0/1"],
    ["base64", `[1,"${URL}"]`, '[1,"*"]', "json-encoding", "measurements/0/value/digests/0/1"],
    ["register", '"cca.rem1"', '"cca.rem9"', "json-value", "measurements/1/key"],
    ["a second RIM", '"cca.rem1"', '"cca.rim"', "json-twice", "measurements/1"],
    ["no class", '"class"', '"klass"', "json-missing", "environment/class"],
  ])("%s", (_, from, to, rule, path) => {
    const found = read(changed(from, to));
    expect(found?.findings).toContainEqual(
      expect.objectContaining({ rule, path: `${AT}/${path}` }),
    );
  });

  test("digests as one text, as the library takes them, too", () => {
    expect(read(changed(`[1,"${URL}"]`, `"sha-256;${URL}"`))).toMatchObject({ findings: [] });
  });

  test("templates of platforms are none of Realms", () => {
    expect(read({ "tag-identity": { id: "x" }, triples: { "reference-values": [] } })).toBe(
      undefined,
    );
  });

  test.each([null, 1, "x", [], { triples: { "reference-values": { "cca.rim": "cca.rim" } } }])(
    "%j does no harm",
    (value) => {
      const document = { "tag-identity": value, triples: [value, "cca.rim"] };
      expect(read(document)?.references ?? []).toEqual([]);
      expect(read(value)?.references ?? []).toEqual([]);
    },
  );
});
