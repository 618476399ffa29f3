/**
 * Collects values and findings while a JSON document with reference values is read.
 *
 * @module
 */
import { fromHex, toHex } from "../bytes.ts";
import type { Finding, JsonRule } from "./lint/finding.ts";
import { hashAlgoOfSize, type RealmReference } from "./values.ts";

/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Formats of reference values in JSON. */
export type JsonFormat =
  | "rvps message"
  | "RVPS values"
  | "ccatoken store"
  | "plain reference values"
  | "CoMID template"
  | "CoRIM template";

/** A document that was read. */
export interface JsonReferences {
  readonly format: JsonFormat;
  readonly references: readonly RealmReference[];
  readonly findings: readonly Finding[];
}

/** Whether a value is an object that is no list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Collects what is wrong while a document is read. */
export class JsonReader {
  readonly findings: Finding[] = [];
  readonly references: RealmReference[] = [];
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  note(rule: JsonRule, path: string, message: string): undefined {
    this.findings.push({ rule, message, path });
    return undefined;
  }

  object(value: unknown, path: string): JsonObject | undefined {
    if (isObject(value)) return value;
    const rule = value === undefined ? "json-missing" : "json-value";
    return this.note(rule, path, "expected an object");
  }

  list(value: unknown, path: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    this.note(value === undefined ? "json-missing" : "json-value", path, "expected a list");
    return [];
  }

  keys(object: JsonObject, known: readonly string[], path: string): void {
    for (const key of Object.keys(object)) {
      if (!known.includes(key))
        this.note("json-unknown", `${path}/${key}`, `"${key}" means nothing here`);
    }
  }

  hex(value: unknown, path: string): Uint8Array | undefined {
    if (value === undefined) return this.note("json-missing", path, "it is missing");
    const bytes = typeof value === "string" ? fromHex(value) : undefined;
    return bytes ?? this.note("json-encoding", path, "expected hexadecimal digits");
  }

  digest(bytes: Uint8Array | undefined, path: string): Uint8Array | undefined {
    if (bytes === undefined || hashAlgoOfSize(bytes.length) !== undefined) return bytes;
    return this.note("json-length", path, `${bytes.length} bytes are no digest (32, 48 or 64)`);
  }

  sized(bytes: Uint8Array | undefined, size: number, path: string): Uint8Array | undefined {
    if (bytes === undefined || bytes.length === size) return bytes;
    return this.note("json-length", path, `${bytes.length} bytes, expected ${size}`);
  }

  add(reference: RealmReference, path: string): void {
    const hex = toHex(reference.rim);
    if (this.references.some(({ rim }) => toHex(rim) === hex)) {
      this.note("json-twice", path, "the same RIM stands there twice");
    }
    this.references.push(reference);
  }

  done(format: JsonFormat): JsonReferences {
    return { format, references: this.references, findings: this.findings };
  }
}
