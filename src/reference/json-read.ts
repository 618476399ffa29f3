/**
 * Reference values in JSON: which format a document is in, what is wrong with it, and the values.
 *
 * @module
 */
import { fromHex } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import { REM_COUNT } from "../rmm/measurement.ts";
import { RPV_SIZE } from "../rmm/params.ts";
import { base64Bytes } from "./base64.ts";
import { isRealmTemplate, readComidTemplate, readCorimTemplate } from "./json-cocli.ts";
import { RVPS_RIM } from "./json-formats.ts";
import { isObject, type JsonObject, JsonReader, type JsonReferences } from "./json-reader.ts";
import { asHashAlgo, hashAlgoOfSize, NO_REMS, type RealmReference } from "./values.ts";

function readRvpsValues(reader: JsonReader, values: JsonObject, path: string): void {
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
  reader: JsonReader,
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

function readStoreRealm(reader: JsonReader, realm: unknown, path: string): void {
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

function readStore(reader: JsonReader, store: JsonObject): void {
  reader.keys(store, ["platform", "realm"], "");
  reader.list(store["platform"], "/platform");
  for (const [i, realm] of reader.list(store["realm"], "/realm").entries()) {
    readStoreRealm(reader, realm, `/realm/${i}`);
  }
}

const PLAIN_KEYS: readonly string[] = ["origin", "hashAlgo", "rim", "rem", "rpv"];

function readPlainEntry(reader: JsonReader, entry: unknown, path: string): void {
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
  const reader = new JsonReader(file);
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
  if (isRealmTemplate(document)) {
    readComidTemplate(reader, document);
    return reader.done("CoMID template");
  }
  if ("corim-id" in document) {
    readCorimTemplate(reader, document);
    return reader.done("CoRIM template");
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
  if (problem === undefined) {
    if (references.length > 0) return references;
    throw new CcaRimError("REFERENCE_FORMAT", "there are no reference values in it", {
      where: { file },
    });
  }
  throw new CcaRimError("REFERENCE_FORMAT", problem.message, {
    where: { file, ...(problem.path === undefined ? {} : { pointer: problem.path }) },
    hint: "cca-rim lint tells everything that is wrong with it",
  });
}
