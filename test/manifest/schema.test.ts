import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readText } from "../../src/manifest/read.ts";
import { validateText } from "../../src/manifest/validate.ts";

type Node = Readonly<Record<string, unknown>>;

function load(name: string): Node {
  return JSON.parse(readFileSync(`schemas/${name}.schema.json`, "utf8")) as Node;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Schemas that describe something a person writes, with their place. */
function* schemas(node: unknown, at: string): Generator<[string, Node]> {
  if (Array.isArray(node)) {
    for (const [i, item] of node.entries()) yield* schemas(item, `${at}/${i}`);
  } else if (isNode(node)) {
    if ("type" in node || "enum" in node || "const" in node || "$ref" in node) yield [at, node];
    for (const [key, value] of Object.entries(node)) {
      if (key !== "examples" && key !== "required") yield* schemas(value, `${at}/${key}`);
    }
  }
}

test.each(["manifest", "platform"])("%s: objects are closed, everything is described", (name) => {
  let objects = 0;
  for (const [at, node] of schemas(load(name), "")) {
    if (node["type"] === "object" || "properties" in node) {
      objects += 1;
      expect(node, at).toHaveProperty("additionalProperties");
      expect(node["additionalProperties"], at).not.toBe(true);
    }
    if (/\/properties\/[^/]+$/.test(at) && !("$ref" in node)) {
      expect([at, typeof node["description"]]).toEqual([at, "string"]);
    }
  }
  expect(objects).toBeGreaterThan(0);
});

test("the manifest knows the fields of platforms", () => {
  const defs = load("manifest")["$defs"];
  const inManifest =
    isNode(defs) && isNode(defs["platform"]) ? defs["platform"]["properties"] : null;
  expect(inManifest).toEqual(load("platform")["properties"]);
  const { properties } = load("manifest");
  const field = isNode(properties) ? properties["platform"] : null;
  const short = isNode(field) && isNode(field["properties"]) ? field["properties"] : {};
  expect(Object.keys(short)).toEqual(Object.keys(inManifest as Node));
});

test("examples are valid", async () => {
  const { properties } = load("manifest");
  const schema = readFileSync("schemas/manifest.schema.json", "utf8");
  const example: Record<string, unknown> = {};
  for (const [key, node] of Object.entries(properties as Node)) {
    if (isNode(node) && Array.isArray(node["examples"])) example[key] = node["examples"][0];
  }
  example["host"] = { vmm: "none", hypervisor: "direct" };
  const document = await readText(JSON.stringify(example), "example");
  await expect(validateText(document, schema)).resolves.toBeUndefined();
});

test.each(readdirSync("platforms"))(
  "platforms/%s is valid and names where it comes from",
  async (file) => {
    const document = await readText(readFileSync(`platforms/${file}`, "utf8"), file);
    await validateText(document, readFileSync("schemas/platform.schema.json", "utf8"));
    expect(document.value).toHaveProperty("description");
  },
);
