/**
 * Reference values in JSON: which format a document is in, what is wrong with it, and the values.
 *
 * @module
 */
import { fromHex, toHex } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import { base64Bytes } from "./base64.ts";
import { RVPS_RIM } from "./json-formats.ts";
import type { Finding, JsonRule } from "./lint/finding.ts";
import {
  asHashAlgo,
  hashAlgoOfSize,
  NO_REMS,
  REM_COUNT,
  type RealmReference,
  RPV_SIZE,
} from "./values.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** Formats of reference values in JSON. */
export type JsonFormat =
  | "rvps message"
  | "RVPS values"
  | "ccatoken store"
  | "plain reference values";

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
class Reader {
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

function readRvpsValues(reader: Reader, values: JsonObject, path: string): void {
  const names = Object.keys(values);
  if (!names.includes(RVPS_RIM)) {
    reader.note("json-missing", path, `there is no ${RVPS_RIM}: no policy for CCA finds a RIM`);
  }
  for (const name of names) {
    const list = reader.list(values[name], `${path}/${name}`);
    if (name !== RVPS_RIM) continue;
    for (const [i, value] of list.entries()) {
      const at = `${path}/${name}/${i}`;
      const bytes = typeof value === "string" ? base64Bytes(value) : undefined;
      const isHex =
        typeof value === "string" && hashAlgoOfSize((fromHex(value) ?? []).length) !== undefined;
      if (bytes === undefined || isHex) {
        reader.note(
          "json-encoding",
          at,
          isHex ? "a RIM in hex never equals the claim, which is base64" : "expected base64",
        );
        continue;
      }
      const rim = reader.digest(bytes, at);
      if (rim === undefined) continue;
      const origin = `${reader.file} ${at}`;
      reader.add(
        { origin, hashAlgo: hashAlgoOfSize(rim.length), rim, rem: NO_REMS, rpv: undefined },
        at,
      );
    }
  }
}

const RVPS_VERSION = "0.1.0";
const RVPS_TYPES: readonly unknown[] = ["sample", "swid", "corim"];

function readRvpsMessage(
  reader: Reader,
  message: JsonObject,
  parse: (text: string) => unknown,
): void {
  reader.keys(message, ["version", "type", "payload"], "");
  if (message["version"] !== RVPS_VERSION) {
    reader.note("json-version", "/version", `expected "${RVPS_VERSION}"`);
  }
  if (!RVPS_TYPES.includes(message["type"])) {
    reader.note("json-value", "/type", 'expected "sample", "swid" or "corim"');
  }
  if (message["type"] !== "sample") return;
  const { payload } = message;
  const bytes = typeof payload === "string" ? base64Bytes(payload) : undefined;
  if (bytes === undefined) {
    reader.note(
      payload === undefined ? "json-missing" : "json-encoding",
      "/payload",
      "expected base64",
    );
    return;
  }
  let values: unknown;
  try {
    values = parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    values = undefined;
  }
  if (isObject(values)) readRvpsValues(reader, values, "/payload");
  else reader.note("json-value", "/payload", "no JSON object in it");
}

const STORE_KEYS = [
  "initial-measurement",
  "rak-hash-algorithm",
  "extensible-measurements",
  "personalization-value",
] as const;

function readStoreRealm(reader: Reader, realm: unknown, path: string): void {
  if (!isObject(realm)) {
    reader.note("json-value", path, "expected an object");
    return;
  }
  reader.keys(realm, STORE_KEYS, path);
  const [rimKey, hashKey, remKey, rpvKey] = STORE_KEYS;
  const rim = reader.digest(reader.hex(realm[rimKey], `${path}/${rimKey}`), `${path}/${rimKey}`);
  const hash = realm[hashKey];
  if (typeof hash !== "string" || asHashAlgo(hash) === undefined) {
    const rule = hash === undefined ? "json-missing" : "json-value";
    reader.note(rule, `${path}/${hashKey}`, "expected sha-256, sha-384 or sha-512");
  }
  const rems = reader.list(realm[remKey], `${path}/${remKey}`);
  if (rems.length !== REM_COUNT) {
    reader.note("json-length", `${path}/${remKey}`, `${rems.length} values, expected ${REM_COUNT}`);
  }
  const rem = Array.from({ length: REM_COUNT }, (_, i) => {
    const at = `${path}/${remKey}/${i}`;
    const bytes = i < rems.length ? reader.hex(rems[i], at) : undefined;
    return rim === undefined ? undefined : reader.sized(bytes, rim.length, at);
  });
  const rpv = reader.sized(
    reader.hex(realm[rpvKey], `${path}/${rpvKey}`),
    RPV_SIZE,
    `${path}/${rpvKey}`,
  );
  if (rim === undefined) return;
  const origin = `${reader.file} ${path}`;
  reader.add({ origin, hashAlgo: hashAlgoOfSize(rim.length), rim, rem, rpv }, path);
}

function readStore(reader: Reader, store: JsonObject): void {
  reader.keys(store, ["platform", "realm"], "");
  reader.list(store["platform"], "/platform");
  for (const [i, realm] of reader.list(store["realm"], "/realm").entries()) {
    readStoreRealm(reader, realm, `/realm/${i}`);
  }
}

const PLAIN_KEYS: readonly string[] = ["origin", "hashAlgo", "rim", "rem", "rpv"];

function readPlainEntry(reader: Reader, entry: unknown, path: string): void {
  if (!isObject(entry)) {
    reader.note("json-value", path, "expected an object");
    return;
  }
  reader.keys(entry, PLAIN_KEYS, path);
  const { hashAlgo, origin, rpv } = entry;
  const rim = reader.digest(reader.hex(entry["rim"], `${path}/rim`), `${path}/rim`);
  const algo = typeof hashAlgo === "string" ? asHashAlgo(hashAlgo) : undefined;
  if (algo === undefined) {
    reader.note("json-value", `${path}/hashAlgo`, "expected sha-256, sha-384 or sha-512");
  }
  const values = reader.list(entry["rem"], `${path}/rem`);
  if (values.length !== REM_COUNT) {
    reader.note("json-length", `${path}/rem`, `${values.length} values, expected ${REM_COUNT}`);
  }
  if (rim === undefined) return;
  if (algo !== undefined && hashAlgoOfSize(rim.length) !== algo) {
    reader.note("json-length", `${path}/rim`, `${rim.length} bytes are no ${algo}`);
  }
  const rem = Array.from({ length: REM_COUNT }, (_, i) => {
    const value = values[i] ?? null;
    const at = `${path}/rem/${i}`;
    return value === null ? undefined : reader.sized(reader.hex(value, at), rim.length, at);
  });
  const claimed = rpv === null ? undefined : reader.hex(rpv, `${path}/rpv`);
  const name = typeof origin === "string" ? origin : `${reader.file} ${path}`;
  const size = reader.sized(claimed, RPV_SIZE, `${path}/rpv`);
  reader.add({ origin: name, hashAlgo: algo, rim, rem, rpv: size }, path);
}

/**
 * Reads reference values out of a JSON document.
 *
 * @param parse Parses JSON text; it may throw anything.
 * @returns undefined if the document is in no known format.
 */
export function readJsonReferences(
  document: unknown,
  file: string,
  parse: (text: string) => unknown,
): JsonReferences | undefined {
  if (!isObject(document)) return undefined;
  const reader = new Reader(file);
  if ("payload" in document || ("version" in document && "type" in document)) {
    readRvpsMessage(reader, document, parse);
    return reader.done("rvps message");
  }
  if ("realm" in document) {
    readStore(reader, document);
    return reader.done("ccatoken store");
  }
  if ("references" in document) {
    reader.keys(document, ["schemaVersion", "references"], "");
    if (document["schemaVersion"] !== 1)
      reader.note("json-version", "/schemaVersion", "expected 1");
    for (const [i, entry] of reader.list(document["references"], "/references").entries()) {
      readPlainEntry(reader, entry, `/references/${i}`);
    }
    return reader.done("plain reference values");
  }
  if (Object.keys(document).some((name) => name.startsWith("cca.realm."))) {
    readRvpsValues(reader, document, "");
    return reader.done("RVPS values");
  }
  return undefined;
}

/** The values of a document without fault. @throws CcaRimError REFERENCE_FORMAT */
export function cleanReferences(
  { references, findings }: JsonReferences,
  file: string,
): readonly RealmReference[] {
  const [problem] = findings.filter(({ rule }) => rule !== "json-unknown");
  if (problem === undefined) return references;
  throw new CcaRimError("REFERENCE_FORMAT", problem.message, {
    where: { file, ...(problem.path === undefined ? {} : { pointer: problem.path }) },
    hint: "cca-rim lint tells everything that is wrong with it",
  });
}
