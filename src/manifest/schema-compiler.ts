/**
 * Turns JSON Schemas into validators.
 *
 * Compiling takes longer than everything else that a small launch needs. The command line therefore
 * has its validators compiled when it is built (`scripts/bundle-cli.mjs`), and another module in
 * the place of this one.
 *
 * @see JSON Schema 2020-12
 * @module
 */
import type { Options, ValidateFunction } from "ajv";

/** How schemas are compiled, here and when the command line is built. */
export const SCHEMA_OPTIONS: Options = {
  strict: true,
  // "exactly one of these keys" is written as oneOf over required.
  strictRequired: false,
  allErrors: true,
  verbose: true,
  allowUnionTypes: true,
  ownProperties: true,
};

/** Compiles a schema. ajv is imported when it is first needed. */
export async function compileSchema(schemaText: string): Promise<ValidateFunction> {
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  return new Ajv2020(SCHEMA_OPTIONS).compile(JSON.parse(schemaText) as object);
}
