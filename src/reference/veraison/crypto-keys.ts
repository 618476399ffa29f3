/**
 * Keys in CoMID, and what the library finds wrong with them.
 *
 * @module
 */
import { hasIndefinite } from "../../formats/cbor/node.ts";
import { readCbor } from "../../formats/cbor/read.ts";
import { type Choice, choiceOf, type Digest } from "./comid-types.ts";
import { type AnyValue, anyValue } from "./go-any.ts";
import { type GoType, pointer, type Ref, slice } from "./go-types.ts";
import { decodePem } from "./pem.ts";
import { asRejection, Rejection } from "./rejection.ts";
import { isCertificate, isPublicKey } from "./x509/certificate.ts";

/** A list of keys; nil where null stands. */
export type CryptoKeys = readonly (Ref<Choice | null> | null)[] | null;

const CRYPTO_KEY: GoType<Choice | null> = choiceOf("comid.ICryptoKeyValue", "key", "comid");

/** A list of pointers to keys: null as an element is a nil pointer. */
export const CRYPTO_KEYS: GoType<CryptoKeys> = slice(pointer(CRYPTO_KEY));

/** Lengths by algorithm number. */
const DIGEST_LENGTH: Readonly<Record<number, number>> = {
  1: 32,
  2: 16,
  3: 15,
  4: 12,
  5: 8,
  6: 4,
  7: 48,
  8: 64,
  9: 28,
  10: 32,
  11: 48,
  12: 64,
};

const DIGEST_NAME: Readonly<Record<string, number>> = {
  "sha-256": 1,
  "sha-256-128": 2,
  "sha-256-120": 3,
  "sha-256-96": 4,
  "sha-256-64": 5,
  "sha-256-32": 6,
  "sha-384": 7,
  "sha-512": 8,
  "sha3-224": 9,
  "sha3-256": 10,
  "sha3-384": 11,
  "sha3-512": 12,
};

/** What is wrong with a digest. */
export function digestProblem({ algorithm, value }: Digest): string | undefined {
  if (value === null || value.length === 0) return "zero length value";
  const number = typeof algorithm === "string" ? DIGEST_NAME[algorithm] : Number(algorithm ?? 0n);
  if (typeof algorithm !== "string" && number === 0) return "zero algorithm";
  const wanted = number === undefined ? undefined : DIGEST_LENGTH[number];
  if (wanted === undefined || wanted === value.length) return undefined;
  const name =
    Object.keys(DIGEST_NAME).find((key) => DIGEST_NAME[key] === number) ?? String(number);
  return `length mismatch for hash algorithm ${name}: want ${wanted} bytes, got ${value.length}`;
}

function pemProblem(
  text: string,
  type: string,
  isGood: (der: Uint8Array) => boolean,
  chain: boolean,
): string | undefined {
  if (text === "") return "value not set";
  let rest = text;
  do {
    const block = decodePem(rest);
    if (block === undefined) return "could not decode PEM block";
    if (!chain && block.rest !== "") return "trailing data found after PEM block";
    if (block.type !== type)
      return `unexpected PEM block type: "${block.type}", expected "${type}"`;
    if (!isGood(block.bytes)) return `unable to parse the ${type.toLowerCase()}`;
    rest = block.rest;
  } while (rest !== "");
  return undefined;
}

type IntegerMap = ReadonlyMap<string, AnyValue>;

function keyOf(value: AnyValue): string {
  if (value.is === "int") return String(value.value);
  if (value.is === "text") return JSON.stringify(value.value);
  throw new Rejection("invalid label type");
}

function integerAt(map: IntegerMap, label: number): bigint | undefined {
  const value = map.get(String(label));
  if (value === undefined) return undefined;
  if (value.is === "int") return value.value;
  throw new Rejection(`invalid type for label ${label}: expected int64`);
}

function bytesAt(map: IntegerMap, label: number): Uint8Array | undefined {
  const value = map.get(String(label));
  return value?.is === "bytes" ? value.value : undefined;
}

const COORDINATE_SIZE: Readonly<Record<number, number>> = { 1: 32, 2: 48, 3: 66 };
const ALGORITHM_OF_CURVE: Readonly<Record<number, bigint>> = { 1: -7n, 2: -35n, 3: -36n };
const ED25519 = 6;

function checkEc2(map: IntegerMap, curve: number): void {
  const parts = [-2, -3, -4].map((label) => bytesAt(map, label)?.length ?? 0);
  if (curve === 0 || parts.every((length) => length === 0)) {
    throw new Rejection("invalid key: required parameters missing");
  }
  const size = COORDINATE_SIZE[curve];
  if (size !== undefined && parts.some((length) => length > size)) {
    throw new Rejection("invalid key: overflowing coordinate");
  }
  if (curve >= 4 && curve <= 7) {
    throw new Rejection("invalid key: curve not supported for the given key type");
  }
}

function checkOkp(map: IntegerMap, curve: number): void {
  const parts = [-2, -4].map((label) => bytesAt(map, label)?.length ?? 0);
  if (curve === 0 || parts.every((length) => length === 0)) {
    throw new Rejection("invalid key: required parameters missing");
  }
  if (parts.some((length) => length !== 0 && length !== 32)) {
    throw new Rejection("invalid key: overflowing coordinate");
  }
  if (curve >= 1 && curve <= 3) {
    throw new Rejection("invalid key: curve not supported for the given key type");
  }
}

function checkAlgorithm(kind: bigint, curve: number, algorithm: bigint): void {
  const expected =
    kind === 2n ? ALGORITHM_OF_CURVE[curve] : kind === 1n && curve === ED25519 ? -8n : undefined;
  if (expected === undefined) throw new Rejection("unsupported curve or key type for an algorithm");
  if (expected !== algorithm)
    throw new Rejection(`found algorithm ${algorithm} (expected ${expected})`);
}

const KEY_OPS: readonly string[] = [
  "sign",
  "verify",
  "encrypt",
  "decrypt",
  "wrapKey",
  "unwrapKey",
  "deriveKey",
  "deriveBits",
];

function checkOps(map: IntegerMap): void {
  const ops = map.get("4");
  if (ops === undefined) return;
  if (ops.is !== "array") throw new Rejection("key_ops: invalid type");
  for (const op of ops.items) {
    const isKnown = op.is === "int" || (op.is === "text" && KEY_OPS.includes(op.value));
    if (!isKnown) throw new Rejection("key_ops: unknown or invalid entry");
  }
}

function checkBytesOrAbsent(map: IntegerMap, label: number, name: string): void {
  const value = map.get(String(label));
  if (value !== undefined && value.is !== "bytes") throw new Rejection(`${name}: invalid type`);
}

function checkKeyMap(map: IntegerMap): void {
  const kind = integerAt(map, 1);
  if (kind === undefined) throw new Rejection("kty: missing");
  if (kind === 0n) throw new Rejection("kty: invalid value 0");
  checkBytesOrAbsent(map, 2, "kid");
  const algorithm = integerAt(map, 3) ?? 0n;
  checkOps(map);
  checkBytesOrAbsent(map, 5, "base_iv");
  const isCurveKey = kind === 1n || kind === 2n;
  const curve = isCurveKey ? Number(integerAt(map, -1) ?? 0n) : 0;
  if (kind === 2n) checkEc2(map, curve);
  if (kind === 1n) checkOkp(map, curve);
  if (kind === 4n && (bytesAt(map, -1)?.length ?? 0) === 0) {
    throw new Rejection("invalid key: required parameters missing");
  }
  if (algorithm !== 0n) checkAlgorithm(kind, curve, algorithm);
}

/** What is wrong with one COSE_Key. */
function coseKeyProblem(bytes: Uint8Array): string | undefined {
  try {
    const node = readCbor(bytes, { what: "COSE_Key", strict: false });
    if (hasIndefinite(node)) return "indefinite-length item isn't allowed";
    const value = anyValue(node, "cose");
    if (value.is === "nil") return "kty: missing";
    if (value.is !== "map") return "not a map";
    checkKeyMap(new Map(value.entries.map(([key, item]) => [keyOf(key), item])));
    return undefined;
  } catch (error) {
    return asRejection(error).message;
  }
}

function coseKeysProblem(bytes: Uint8Array | null): string | undefined {
  const initial = bytes?.[0];
  if (bytes === null || initial === undefined) return "empty COSE_Key bytes";
  if (initial >> 5 !== 4) return coseKeyProblem(bytes);
  try {
    const set = readCbor(bytes, { what: "COSE_KeySet", strict: false });
    if (set.kind !== "array") return "not an array";
    for (const item of set.items) {
      const problem = coseKeyProblem(item.encoded);
      if (problem !== undefined) return problem;
    }
    return undefined;
  } catch (error) {
    return asRejection(error).message;
  }
}

/** What is wrong with a value of one of several types. */
export function choiceProblem(choice: Choice): string | undefined {
  switch (choice.type) {
    case "pkix-base64-key":
      return pemProblem(choice.text, "PUBLIC KEY", isPublicKey, false);
    case "pkix-base64-cert":
      return pemProblem(choice.text, "CERTIFICATE", isCertificate, false);
    case "pkix-base64-cert-path":
      return pemProblem(choice.text, "CERTIFICATE", isCertificate, true);
    case "cose-key":
      return coseKeysProblem(choice.bytes);
    case "asn1-cert":
      if (choice.bytes === null || choice.bytes.length === 0) return "cert value not set";
      return isCertificate(choice.bytes) ? undefined : "could not parse x509 cert";
    case "thumbprint":
    case "cert-thumbprint":
    case "cert-path-thumbprint":
      return digestProblem(choice.digest);
    default:
      return undefined;
  }
}

/** What is wrong with a list of keys. */
export function cryptoKeysProblem(keys: CryptoKeys): string | undefined {
  if (keys === null || keys.length === 0) return "no keys to validate";
  for (const [i, key] of keys.entries()) {
    const choice = key?.value ?? null;
    const problem = choice === null ? "CryptoKey not set" : choiceProblem(choice);
    if (problem !== undefined) return `invalid key at index ${i}: ${problem}`;
  }
  return undefined;
}
