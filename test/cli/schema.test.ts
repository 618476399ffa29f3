import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { run } from "./run.ts";
import { readSchema, SCHEMA_NAMES, violations } from "./schemas.ts";

describe.each(SCHEMA_NAMES)("schema %s", (name) => {
  test("is JSON Schema 2020-12, closed and titled", () => {
    const schema = readSchema(name);
    const ajv = new Ajv2020({ allowUnionTypes: true, strictRequired: false });
    expect(ajv.validateSchema(schema)).toBe(true);
    expect(() => ajv.compile(schema)).not.toThrow();
    expect(schema["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(schema["$id"]).toBe(`urn:cca-rim:schema:${name}:1`);
    expect(schema["title"]).toEqual(expect.any(String));
    const branches = schema["additionalProperties"] === false ? [schema] : schema["oneOf"];
    for (const branch of branches as Record<string, unknown>[]) {
      expect(branch["additionalProperties"]).toBe(false);
    }
  });

  test.each([[[]], [["--json"]]])("is printed as it is published %j", async (more) => {
    const { code, stdout, stderr } = await run(["schema", name, ...more]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual(readSchema(name));
  });
});

test("the list names every schema, in text and in JSON", async () => {
  const [text, json] = await Promise.all([run(["schema"]), run(["schema", "--json"])]);
  const document = JSON.parse(json.stdout) as { schemas: { name: string }[] };
  expect(violations("schemas", document)).toEqual([]);
  expect(document.schemas.map(({ name }) => name)).toEqual(SCHEMA_NAMES);
  expect(
    text.stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ")[0]),
  ).toEqual(SCHEMA_NAMES);
});
