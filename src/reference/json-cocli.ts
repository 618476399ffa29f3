/**
 * Templates in the JSON of cocli and the Go library: CoMID with the values of Realms, and the CoRIM
 * that will be put around it.
 *
 * @see `corim/cocli.ts`, which writes them
 * @module
 */
import { equalBytes } from "../bytes.ts";
import { REM_COUNT } from "../rmm/measurement.ts";
import { RPV_SIZE } from "../rmm/params.ts";
import { base64Bytes } from "./base64.ts";
import { HASH_ID, MKEY, PLATFORM_PROFILE, REALM_PROFILE, REGISTER } from "./corim/names.ts";
import { isObject, type JsonObject, type JsonReader } from "./json-reader.ts";
import { asHashAlgo, hashAlgoOfSize } from "./values.ts";

/** Base64 in either alphabet, with or without padding. */
function base64(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string") return undefined;
  const plain = text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  return base64Bytes(plain.padEnd(Math.ceil(plain.length / 4) * 4, "="));
}

function bytesValue(reader: JsonReader, value: unknown, path: string): Uint8Array | undefined {
  const object = reader.object(value, path);
  if (object === undefined) return undefined;
  if (object["type"] !== "bytes") {
    return reader.note("json-value", `${path}/type`, 'the type is not "bytes"');
  }
  return base64(object["value"]) ?? reader.note("json-encoding", `${path}/value`, "no base64");
}

function algorithmOf(value: unknown): string | undefined {
  if (typeof value === "string") return asHashAlgo(value);
  return Object.entries(HASH_ID).find(([, id]) => id === value)?.[0];
}

/** One digest in a list: `[[1, "..."]]` or `["sha-256;..."]`. */
function digestValue(reader: JsonReader, value: unknown, path: string): Uint8Array | undefined {
  const list = reader.list(value, path);
  const [only] = list;
  if (list.length !== 1) {
    return reader.note("json-value", path, `${list.length} digests, expected one`);
  }
  const [name, text]: readonly unknown[] =
    typeof only === "string" ? only.split(";") : Array.isArray(only) ? only : [];
  const algo = algorithmOf(name);
  if (algo === undefined) {
    reader.note("json-value", `${path}/0/0`, "no hash of a Realm (1, 7, 8 or its name)");
  }
  const bytes = base64(text);
  if (bytes === undefined) return reader.note("json-encoding", `${path}/0/1`, "no base64");
  if (algo !== undefined && hashAlgoOfSize(bytes.length) !== algo) {
    return reader.note("json-length", `${path}/0/1`, `${bytes.length} bytes are no ${algo}`);
  }
  return bytes;
}

/** What measurements say, by the names of generations 1 and 2. */
type Registers = Map<string, Uint8Array | undefined>;

const NAMES: readonly string[] = [MKEY.rim, ...MKEY.rem, MKEY.rpv];

function readMeasurement(
  reader: JsonReader,
  measurement: JsonObject,
  path: string,
  found: Registers,
): void {
  const value = reader.object(measurement["value"], `${path}/value`);
  const registers = value?.["integrity-registers"];
  const key = measurement["key"];
  const name = isObject(key) ? key["value"] : undefined;
  if (value === undefined) return;
  if (isObject(registers)) {
    for (const [register, entry] of Object.entries(registers)) {
      const at = `${path}/value/integrity-registers/${register}`;
      const digests = isObject(entry) ? entry["value"] : undefined;
      const known = register === REGISTER.rim ? MKEY.rim : `cca.${register}`;
      found.set(known, digestValue(reader, digests, `${at}/value`));
    }
  } else if (typeof name !== "string" || !NAMES.includes(name)) {
    reader.note("json-value", `${path}/key`, `the key is none of ${NAMES.join(", ")}`);
    return;
  } else if (name !== MKEY.rpv) {
    if (found.has(name)) reader.note("json-twice", path, `a second ${name}`);
    found.set(name, digestValue(reader, value["digests"], `${path}/value/digests`));
    return;
  }
  if (value["raw-value"] === undefined && isObject(registers)) return;
  const raw = bytesValue(reader, value["raw-value"], `${path}/value/raw-value`);
  found.set(MKEY.rpv, reader.sized(raw, RPV_SIZE, `${path}/value/raw-value/value`));
}

function readTriple(reader: JsonReader, triple: unknown, path: string): void {
  const object = reader.object(triple, path);
  const environment = reader.object(object?.["environment"], `${path}/environment`);
  if (object === undefined || environment === undefined) return;
  const known = environment["class"];
  const [id, at] = isObject(known)
    ? [known["id"], `${path}/environment/class/id`]
    : [environment["instance"], `${path}/environment/instance`];
  const name = bytesValue(reader, id, at);
  const found: Registers = new Map();
  const list = reader.list(object["measurements"], `${path}/measurements`);
  for (const [i, item] of list.entries()) {
    const measurement = reader.object(item, `${path}/measurements/${i}`);
    if (measurement === undefined) continue;
    readMeasurement(reader, measurement, `${path}/measurements/${i}`, found);
  }
  // Generation 0 names a Realm by its instance, and has all registers in one measurement.
  if (!isObject(known) && !JSON.stringify(list).includes('"integrity-registers"')) {
    reader.note("json-missing", `${path}/environment/class`, "the class names a Realm");
  }
  const rim = found.get(MKEY.rim);
  if (rim === undefined) {
    if (!found.has(MKEY.rim)) reader.note("json-missing", path, `there is no ${MKEY.rim}`);
    return;
  }
  if (name !== undefined && !equalBytes(name, rim)) {
    reader.note("json-value", at, "it is not the RIM, by which verifiers look references up");
  }
  const rem = Array.from({ length: REM_COUNT }, (_, i) => found.get(MKEY.rem[i] ?? ""));
  const hashAlgo = hashAlgoOfSize(rim.length);
  const origin = `${reader.file} ${path}`;
  reader.add({ origin, hashAlgo, rim, rem, rpv: found.get(MKEY.rpv) }, path);
}

/** Whether a document is a CoMID template that speaks of Realms; there are some of platforms. */
export function isRealmTemplate({ triples }: JsonObject): boolean {
  return isObject(triples) && /"cca\.r|"integrity-registers"/.test(JSON.stringify(triples));
}

/** Reads a CoMID template. */
export function readComidTemplate(reader: JsonReader, comid: JsonObject): void {
  reader.object(comid["tag-identity"], "/tag-identity");
  const triples = reader.object(comid["triples"], "/triples");
  if (triples === undefined) return;
  const path = "/triples/reference-values";
  for (const [i, triple] of reader.list(triples["reference-values"], path).entries()) {
    readTriple(reader, triple, `${path}/${i}`);
  }
}

const PROFILES: readonly unknown[] = [
  ...Object.values(REALM_PROFILE),
  ...Object.values(PLATFORM_PROFILE),
];

/** Reads a CoRIM template, which has no values itself. */
export function readCorimTemplate(reader: JsonReader, { profile }: JsonObject): void {
  const name = isObject(profile) ? profile["value"] : profile;
  if (!PROFILES.includes(name)) {
    reader.note("json-value", "/profile", "no profile of CCA");
  }
}
