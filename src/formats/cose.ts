/**
 * COSE_Sign1 messages and EC2 COSE_Keys (RFC 9052, RFC 9053): structure only. Who computes and
 * checks signatures is up to the caller.
 *
 * @module
 */
import { equalBytes } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import {
  bytesOf,
  type CborNode,
  type CborOf,
  describeNode,
  entryOf,
  expectKind,
} from "./cbor/node.ts";
import { readCbor } from "./cbor/read.ts";
import { cborMap, tagged, writeCbor } from "./cbor/write.ts";

/** ECDSA as COSE names it. @see RFC 9053 2.1 */
export type CoseAlgorithm = "ES256" | "ES384" | "ES512";

/** Curves of EC2 keys. @see RFC 9053 7.1 */
export type EcCurve = "P-256" | "P-384" | "P-521";

/** A public key: a point, both coordinates big-endian and as long as the field. */
export interface EcPublicKey {
  readonly curve: EcCurve;
  readonly x: Uint8Array;
  readonly y: Uint8Array;
}

/** Values of the header parameter alg. */
export const ALGORITHM_ID: Readonly<Record<CoseAlgorithm, number>> = {
  ES256: -7,
  ES384: -35,
  ES512: -36,
};

/** The curve that each algorithm is used with here. */
export const CURVE_OF: Readonly<Record<CoseAlgorithm, EcCurve>> = {
  ES256: "P-256",
  ES384: "P-384",
  ES512: "P-521",
};

/** The algorithm for a curve. */
export const ALGORITHM_OF: Readonly<Record<EcCurve, CoseAlgorithm>> = {
  "P-256": "ES256",
  "P-384": "ES384",
  "P-521": "ES512",
};

/** Length of a coordinate, and of each half of a signature, in bytes. */
export const FIELD_SIZE: Readonly<Record<EcCurve, number>> = {
  "P-256": 32,
  "P-384": 48,
  "P-521": 66,
};

const CURVE_ID: Readonly<Record<number, EcCurve>> = { 1: "P-256", 2: "P-384", 3: "P-521" };

/** Labels of header parameters. @see RFC 9052 3.1, RFC 9360 2 */
export const HEADER = {
  alg: 1,
  crit: 2,
  contentType: 3,
  keyId: 4,
  corimMeta: 8,
  x5chain: 33,
} as const;

/** Tag of COSE_Sign1. */
export const SIGN1_TAG = 18;

/** A signed message, taken apart. */
export interface CoseSign1 {
  /** Offset of the message in the file. */
  readonly offset: number;
  /** Whether it carries tag 18. */
  readonly isTagged: boolean;
  /** Content of the protected byte string, as it is signed. */
  readonly protectedBytes: Uint8Array;
  /** The protected header; undefined if the byte string is empty. */
  readonly protectedHeader: CborOf<"map"> | undefined;
  readonly unprotectedHeader: CborOf<"map">;
  readonly payload: Uint8Array;
  /** Offset of the payload's first byte in the file. */
  readonly payloadOffset: number;
  readonly signature: Uint8Array;
  readonly signatureOffset: number;
  /** The alg of the protected header, undefined if there is none that is known. */
  readonly algorithm: CoseAlgorithm | undefined;
  /** What stands there as alg, for messages. */
  readonly algorithmText: string;
}

function coseError(message: string, offset: number): CcaRimError {
  return new CcaRimError("COSE_FORMAT", message, { where: { offset } });
}

function algorithmOf(header: CborOf<"map"> | undefined): {
  readonly algorithm: CoseAlgorithm | undefined;
  readonly algorithmText: string;
} {
  const alg = header === undefined ? undefined : entryOf(header, HEADER.alg);
  if (alg === undefined) return { algorithm: undefined, algorithmText: "none" };
  if (alg.kind !== "nint" && alg.kind !== "uint") {
    return { algorithm: undefined, algorithmText: describeNode(alg) };
  }
  const id = Number(alg.value);
  const algorithm = (Object.keys(ALGORITHM_ID) as CoseAlgorithm[]).find(
    (name) => ALGORITHM_ID[name] === id,
  );
  return { algorithm, algorithmText: algorithm ?? String(id) };
}

/**
 * Takes a COSE_Sign1 apart. The payload must be there (not detached).
 *
 * @param what What the message is, for errors, e.g. "platform token".
 * @param strict Whether the protected header is read strictly; see {@link readCbor}.
 * @throws CcaRimError COSE_FORMAT, CBOR_* with the offset
 */
export function readSign1(node: CborNode, what: string, strict = true): CoseSign1 {
  const isTagged = node.kind === "tag" && node.tag === BigInt(SIGN1_TAG);
  const message = expectKind(isTagged ? node.content : node, "array", `${what}: COSE_Sign1`);
  const [head, unprotected, payload, signature] = message.items;
  if (
    head === undefined ||
    unprotected === undefined ||
    payload === undefined ||
    signature === undefined ||
    message.items.length !== 4
  ) {
    throw coseError(
      `${what}: a COSE_Sign1 has 4 elements, this one ${message.items.length}`,
      message.offset,
    );
  }
  const protectedNode = expectKind(head, "bytes", `${what}: protected header`);
  const payloadNode = expectKind(payload, "bytes", `${what}: payload`);
  const signatureNode = expectKind(signature, "bytes", `${what}: signature`);
  const protectedHeader = protectedMap(protectedNode, what, strict);
  return {
    offset: node.offset,
    isTagged,
    protectedBytes: protectedNode.value,
    protectedHeader,
    unprotectedHeader: expectKind(unprotected, "map", `${what}: unprotected header`),
    payload: payloadNode.value,
    payloadOffset: payloadNode.contentOffset,
    signature: signatureNode.value,
    signatureOffset: signatureNode.contentOffset,
    ...algorithmOf(protectedHeader),
  };
}

function protectedMap(
  node: CborOf<"bytes">,
  what: string,
  strict: boolean,
): CborOf<"map"> | undefined {
  if (node.value.length === 0) return undefined;
  const name = `${what}: protected header`;
  const header = readCbor(node.value, { what: name, base: node.contentOffset, strict });
  return expectKind(header, "map", name);
}

/** The bytes that a COSE_Sign1 signs, without external data. @see RFC 9052 4.4 */
export function signatureInput(protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  return writeCbor(["Signature1", protectedBytes, new Uint8Array(0), payload]);
}

/** Puts a COSE_Sign1 together, tagged, with an empty unprotected header. */
export function writeSign1(
  protectedBytes: Uint8Array,
  payload: Uint8Array,
  signature: Uint8Array,
): Uint8Array {
  return writeCbor(tagged(SIGN1_TAG, [protectedBytes, cborMap([]), payload, signature]));
}

const KEY_TYPE = 1;
const EC2 = 2;
const CURVE = -1;
const X = -2;
const Y = -3;

function keyError(message: string, offset: number): CcaRimError {
  return new CcaRimError("COSE_KEY", message, { where: { offset } });
}

/**
 * Reads an EC2 COSE_Key with an uncompressed point.
 *
 * @throws CcaRimError COSE_KEY, CBOR_* with the offset
 */
export function readCoseKey(node: CborNode, what: string): EcPublicKey {
  const map = expectKind(node, "map", what);
  const type = entryOf(map, KEY_TYPE);
  if (type?.kind !== "uint" || type.value !== BigInt(EC2)) {
    throw keyError(`${what}: the key type (1) is not EC2 (2)`, type?.offset ?? map.offset);
  }
  const curveNode = entryOf(map, CURVE);
  const curve = curveNode?.kind === "uint" ? CURVE_ID[Number(curveNode.value)] : undefined;
  if (curve === undefined) {
    throw keyError(`${what}: the curve (-1) is none of 1, 2, 3`, curveNode?.offset ?? map.offset);
  }
  const coordinate = (label: number): Uint8Array => {
    const value = entryOf(map, label);
    if (value === undefined) throw keyError(`${what}: coordinate ${label} is missing`, map.offset);
    const bytes = bytesOf(value, `${what}: coordinate ${label}`);
    if (bytes.length === FIELD_SIZE[curve]) return bytes;
    throw keyError(
      `${what}: coordinate ${label} has ${bytes.length} bytes, ${curve} has ${FIELD_SIZE[curve]}`,
      value.offset,
    );
  };
  return { curve, x: coordinate(X), y: coordinate(Y) };
}

/** Writes a public key as a COSE_Key. */
export function writeCoseKey({ curve, x, y }: EcPublicKey): Uint8Array {
  const id = Number(Object.keys(CURVE_ID).find((key) => CURVE_ID[Number(key)] === curve));
  return writeCbor(
    cborMap([
      [KEY_TYPE, EC2],
      [CURVE, id],
      [X, x],
      [Y, y],
    ]),
  );
}

const UNCOMPRESSED = 0x04;

/**
 * Reads an uncompressed point, `04 x y` (SEC 1, 2.3.3).
 *
 * @returns undefined if it is none, or of no length that belongs to a known curve.
 */
export function readPoint(bytes: Uint8Array): EcPublicKey | undefined {
  if (bytes[0] !== UNCOMPRESSED) return undefined;
  const curves = Object.keys(FIELD_SIZE) as EcCurve[];
  const curve = curves.find((name) => bytes.length === 1 + 2 * FIELD_SIZE[name]);
  if (curve === undefined) return undefined;
  const middle = 1 + FIELD_SIZE[curve];
  return { curve, x: bytes.subarray(1, middle), y: bytes.subarray(middle) };
}

/** Whether two public keys are the same point of the same curve. */
export function sameKey(a: EcPublicKey, b: EcPublicKey): boolean {
  return a.curve === b.curve && equalBytes(a.x, b.x) && equalBytes(a.y, b.y);
}

/** Order of each curve's base point. @see FIPS 186-5, SP 800-186 3.2.1 */
const ORDER: Readonly<Record<EcCurve, bigint>> = {
  "P-256": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  "P-384":
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  "P-521":
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
};

function scalar(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

/**
 * Why a raw signature `r || s` cannot be one on that curve: its length, or a half outside
 * 1 .. order - 1.
 *
 * @returns undefined if the form is right.
 */
export function signatureFault(signature: Uint8Array, curve: EcCurve): string | undefined {
  const size = FIELD_SIZE[curve];
  if (signature.length !== 2 * size) {
    return `a signature on ${curve} has ${2 * size} bytes, this one ${signature.length}`;
  }
  for (const [name, half] of [
    ["r", signature.subarray(0, size)],
    ["s", signature.subarray(size)],
  ] as const) {
    const value = scalar(half);
    if (value === 0n) return `${name} of the signature is zero`;
    if (value >= ORDER[curve]) return `${name} of the signature is not below the curve's order`;
  }
  return undefined;
}
