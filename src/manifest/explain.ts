/**
 * Words for what a JSON Schema found: one message and one hint per kind of finding, made from the
 * schema's own titles, examples and names, so that a new field needs no new words.
 *
 * @module
 */
import type { ErrorObject } from "ajv";
import { nearest } from "../nearest.ts";
import { type Part, pointerStep, pointerSteps, type SourceMap } from "./source-map.ts";

/** One finding in words, with the place to blame. */
export interface Finding {
  readonly pointer: string;
  readonly part: Part;
  readonly message: string;
  readonly hint?: string;
}

interface SchemaNode {
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly oneOf?: readonly { readonly required?: readonly string[] }[];
}

/** What a wording function knows about a finding. */
interface Context {
  readonly error: ErrorObject;
  readonly schema: SchemaNode;
  readonly pointer: string;
  /** How people write the place: `launch[0].ripas.base`. */
  readonly name: string;
  /** The value as the text has it, on one line and not too long. */
  readonly shown: string;
  readonly written: string | undefined;
}

type Explain = (context: Context) => Finding;

/** Writes a JSON pointer the way people read it: `launch[0].data.ipa`; "the manifest" for the root. */
export function readablePath(pointer: string): string {
  const path = pointerSteps(pointer)
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`))
    .join("");
  return path === "" ? "the document" : path.replace(/^\./, "");
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A value in one short line. */
function show(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return shorten(typeof value === "number" ? String(value) : JSON.stringify(value));
}

function list(names: readonly unknown[]): string {
  return names.map((name) => (typeof name === "string" ? name : JSON.stringify(name))).join(", ");
}

function example(schema: SchemaNode): string | undefined {
  const [first] = schema.examples ?? schema.enum ?? [];
  return first === undefined ? undefined : JSON.stringify(first);
}

function forExample(schema: SchemaNode): { hint?: string } {
  const text = example(schema);
  return text === undefined ? {} : { hint: `for example ${text}` };
}

const KIND: Readonly<Record<string, string>> = {
  string: "a string",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
};

function kinds(schema: SchemaNode): string {
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  return types.map((type) => KIND[type] ?? type).join(" or ");
}

function typeHint({ error, schema, written }: Context): { hint?: string } {
  const types = new Set(typeof schema.type === "string" ? [schema.type] : (schema.type ?? []));
  const value: unknown = error.data;
  if (types.has("string") && (typeof value === "number" || typeof value === "boolean")) {
    return { hint: `put it in quotes: "${written ?? String(value)}"` };
  }
  if (types.has("integer") && typeof value === "string" && /^\d+$/.test(value)) {
    return { hint: `remove the quotes: ${value}` };
  }
  if (types.has("boolean") && typeof value === "string") {
    const yes = /^(?:true|yes|on|1)$/i.test(value);
    return { hint: `write ${yes ? "true" : "false"}, without quotes` };
  }
  return forExample(schema);
}

const explainType: Explain = (context) => ({
  pointer: context.pointer,
  part: "value",
  message: `${context.name} must be ${kinds(context.schema)}, got ${context.shown}`,
  ...typeHint(context),
});

const explainUnknown: Explain = ({ error, schema, pointer, name }) => {
  const { additionalProperty } = error.params;
  const key = String(additionalProperty);
  const known = Object.keys(schema.properties ?? {});
  const near = nearest(key, known);
  return {
    pointer: pointer + pointerStep(key),
    part: "key",
    message: `unknown key "${shorten(key)}" in ${name}`,
    ...(near === undefined
      ? known.length === 0
        ? {}
        : { hint: `known keys: ${list(known)}` }
      : { hint: `did you mean "${near}"?` }),
  };
};

const explainRequired: Explain = ({ error, schema, pointer, name }) => {
  const { missingProperty } = error.params;
  const missing = String(missingProperty);
  const value = example(schema.properties?.[missing] ?? {});
  return {
    pointer,
    part: "key",
    message: `${name} lacks "${missing}"`,
    hint: `add ${missing}: ${value ?? "..."}`,
  };
};

function choiceHint(value: unknown, choices: readonly unknown[], schema: SchemaNode): string {
  const same = choices.find((choice) => String(choice) === String(value));
  if (same !== undefined) {
    const quotes = typeof same === "string" ? "put it in quotes" : "remove the quotes";
    return `${quotes}: ${JSON.stringify(same)}`;
  }
  const near = typeof value === "string" ? nearest(value, choices.map(String)) : undefined;
  if (near !== undefined) return `did you mean "${near}"?`;
  return `for example ${example(schema) ?? JSON.stringify(choices[0])}`;
}

const explainChoice: Explain = ({ schema, pointer, name, shown, error }) => {
  const choices = schema.enum ?? [schema.const];
  const wanted = choices.length === 1 ? JSON.stringify(choices[0]) : `one of ${list(choices)}`;
  return {
    pointer,
    part: "value",
    message: `${name} must be ${wanted}, got ${shown}`,
    hint: choiceHint(error.data, choices, schema),
  };
};

const explainPattern: Explain = ({ schema, pointer, name, shown }) => ({
  pointer,
  part: "value",
  message: `${name}: expected ${schema.title ?? "another value"}, got ${shown}`,
  ...forExample(schema),
});

const explainOneOf: Explain = ({ schema, pointer, name, error }) => {
  const names = (schema.oneOf ?? []).flatMap((branch) => branch.required ?? []);
  const data: object = typeof error.data === "object" && error.data !== null ? error.data : {};
  const given = names.filter((key) => Object.hasOwn(data, key));
  const choice = list(names).replace(/, ([^,]*)$/, " or $1");
  const second = given[1];
  return second === undefined
    ? {
        pointer,
        part: "key",
        message: `${name} lacks ${choice}`,
        hint: `add one of ${list(names)}`,
      }
    : {
        pointer: pointer + pointerStep(second),
        part: "key",
        message: `${name} has both ${given[0]} and ${second}`,
        hint: `give exactly one of ${list(names)}`,
      };
};

const explainDependent: Explain = ({ error, schema, pointer, name }) => {
  const { property, missingProperty } = error.params;
  const key = String(property);
  const missing = String(missingProperty);
  const value = example(schema.properties?.[missing] ?? {});
  return {
    pointer: pointer + pointerStep(key),
    part: "key",
    message: `${name} has "${key}" but lacks "${missing}"`,
    hint: `add ${missing}: ${value ?? "..."}`,
  };
};

const explainCount: Explain = ({ error, schema, pointer, name }) => {
  const keys = Object.keys(typeof error.data === "object" && error.data !== null ? error.data : {});
  const second = keys[1];
  const known = list(Object.keys(schema.properties ?? {}));
  return second === undefined
    ? { pointer, part: "value", message: `${name} is empty`, hint: `write one of ${known}` }
    : {
        pointer: pointer + pointerStep(second),
        part: "key",
        message: `${name} has more than one of ${known}`,
        hint: `start a new list entry: - ${second}: ...`,
      };
};

const LIMITS: Readonly<Record<string, string>> = {
  minimum: "at least",
  maximum: "at most",
  multipleOf: "a multiple of",
  minLength: "longer, at least",
  maxItems: "a list of at most",
  minItems: "a list of at least",
};

const explainLimit: Explain = ({ error, schema, pointer, name, shown }) => {
  const { limit, multipleOf } = error.params;
  return {
    pointer,
    part: "value",
    message: `${name} must be ${LIMITS[error.keyword] ?? ""} ${String(limit ?? multipleOf)}, got ${shown}`,
    ...forExample(schema),
  };
};

const EXPLAIN: Readonly<Record<string, Explain>> = {
  type: explainType,
  additionalProperties: explainUnknown,
  required: explainRequired,
  enum: explainChoice,
  const: explainChoice,
  pattern: explainPattern,
  oneOf: explainOneOf,
  dependentRequired: explainDependent,
  minProperties: explainCount,
  maxProperties: explainCount,
  minimum: explainLimit,
  maximum: explainLimit,
  multipleOf: explainLimit,
  minLength: explainLimit,
  minItems: explainLimit,
  maxItems: explainLimit,
};

/** Puts one error of the schema validator into words. */
export function explainError(error: ErrorObject, places: SourceMap): Finding {
  const pointer = error.instancePath;
  const name = pointer === "" ? "the document" : readablePath(pointer);
  const context: Context = {
    error,
    schema: (error.parentSchema ?? {}) as SchemaNode,
    pointer,
    name,
    shown: show(error.data),
    written: places.written(pointer),
  };
  const explain = EXPLAIN[error.keyword];
  return (
    explain?.(context) ?? {
      pointer,
      part: "value",
      message: `${name} ${error.message ?? "is wrong"}`,
    }
  );
}
