import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";

const FOLDER = new URL("../../schemas/", import.meta.url);

/** Names of all published schemas. */
export const SCHEMA_NAMES: readonly string[] = readdirSync(FOLDER)
  .map((file) => file.replace(".schema.json", ""))
  .toSorted();

/** A published schema. */
export function readSchema(name: string): Record<string, unknown> {
  const text = readFileSync(new URL(`${name}.schema.json`, FOLDER), "utf8");
  return JSON.parse(text) as Record<string, unknown>;
}

/** What is wrong with a document, by a published schema; an empty list if nothing. */
export function violations(name: string, document: unknown): readonly string[] {
  const ajv = new Ajv2020({ allowUnionTypes: true, strictRequired: false, allErrors: true });
  const validate = ajv.compile(readSchema(name));
  if (validate(document)) return [];
  return (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message ?? ""}`);
}
