/**
 * Validates a document against one of the published JSON Schemas and turns the first thing that is
 * wrong into one error: file, line, column, JSON pointer, what to do.
 *
 * @module
 */
import type { ErrorObject, ValidateFunction } from "ajv";
import { CcaRimError } from "../errors.ts";
import { explainError, type Finding } from "./explain.ts";
import type { SourceText } from "./read.ts";
import { compileSchema } from "./schema-compiler.ts";
import type { SourceMap } from "./source-map.ts";

const compiled = new Map<string, ValidateFunction>();

async function compile(schemaText: string): Promise<ValidateFunction> {
  let validate = compiled.get(schemaText);
  if (validate === undefined) {
    validate = await compileSchema(schemaText);
    compiled.set(schemaText, validate);
  }
  return validate;
}

/** Follows from an unknown key in the same mapping, which is the thing to tell. */
const SECONDARY: ReadonlySet<string> = new Set([
  "required",
  "oneOf",
  "dependentRequired",
  "minProperties",
  "maxProperties",
]);

function worthTelling(errors: readonly ErrorObject[]): ErrorObject[] {
  const withUnknownKey = new Set(
    errors.filter((e) => e.keyword === "additionalProperties").map((e) => e.instancePath),
  );
  return errors.filter(
    (error) =>
      !(error.keyword === "required" && error.schemaPath.includes("/oneOf/")) &&
      !(SECONDARY.has(error.keyword) && withUnknownKey.has(error.instancePath)),
  );
}

function offsetOf(finding: Finding, places: SourceMap): number {
  const { line, column } = places.locate(finding.pointer, finding.part);
  return (line ?? 1) * 2 ** 32 + (column ?? 1);
}

function firstInText(errors: readonly ErrorObject[], places: SourceMap): Finding | undefined {
  let first: Finding | undefined;
  let firstOffset = Number.POSITIVE_INFINITY;
  for (const error of worthTelling(errors)) {
    const finding = explainError(error, places);
    const offset = offsetOf(finding, places);
    if (offset < firstOffset) {
      first = finding;
      firstOffset = offset;
    }
  }
  return first;
}

/**
 * Checks a document against a schema.
 *
 * @param schemaText the JSON Schema (2020-12) as text; its compiled form is kept.
 * @throws CcaRimError MANIFEST_SCHEMA for the first finding in the text
 */
export async function validateText(document: SourceText, schemaText: string): Promise<void> {
  const validate = await compile(schemaText);
  if (validate(document.value)) return;
  const finding = firstInText(validate.errors ?? [], document.places);
  throw new CcaRimError("MANIFEST_SCHEMA", finding?.message ?? "does not follow the schema", {
    where: document.places.locate(finding?.pointer ?? "", finding?.part),
    ...(finding?.hint === undefined ? {} : { hint: finding.hint }),
  });
}
