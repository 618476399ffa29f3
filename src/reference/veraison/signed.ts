/**
 * Signed CoRIM as the library decodes and validates it: COSE_Sign1 by veraison/go-cose v1.3.0.
 *
 * @module
 */
import { type CborNode, hasIndefinite, isNil } from "../../formats/cbor/node.ts";
import { readCbor } from "../../formats/cbor/read.ts";
import { HEADER } from "../../formats/cose.ts";
import { TAGGED_URI } from "./comid-types.ts";
import { type Accepted, checkUnsigned, peekProfile, VALIDITY } from "./corim.ts";
import { type AnyValue, anyValue } from "./go-any.ts";
import { field, mapStruct, populated } from "./go-struct.ts";
import { decode, pointer, STRING, stripSelfDescribed } from "./go-types.ts";
import { Rejection, within } from "./rejection.ts";
import { isCertificate } from "./x509/certificate.ts";

const CONTENT_TYPE = "application/rim+cbor";

const MIN_INT64 = -(1n << 63n);

/** Header parameters by label: integers in decimal digits, texts in quotes. */
type Header = ReadonlyMap<string, AnyValue>;

/** A signed document that the library accepts. */
export interface AcceptedSigned extends Accepted {
  /** DER of the signing certificate; undefined if the protected header has none. */
  readonly certificate: Uint8Array | undefined;
}

function hasTag(node: CborNode): boolean {
  if (node.kind === "tag") return true;
  if (node.kind === "array") return node.items.some(hasTag);
  return node.kind === "map" && node.entries.some(({ key, value }) => hasTag(key) || hasTag(value));
}

/** Reads bytes as the COSE library does: no indefinite lengths. */
function readDefinite(bytes: Uint8Array, base: number, what: string): CborNode {
  const node = readCbor(bytes, { what, base, strict: false });
  if (!hasIndefinite(node)) return node;
  throw new Rejection("cbor: indefinite-length items aren't allowed", node.offset);
}

function headerOf(node: CborNode, what: string): Header {
  if (node.kind !== "map") throw new Rejection(`cbor: ${what}: require map type`, node.offset);
  const header = new Map<string, AnyValue>();
  for (const { key: label, value } of node.entries) {
    const key = stripSelfDescribed(label);
    const isLabel = key.kind === "uint" || key.kind === "nint" || key.kind === "text";
    if (!isLabel) {
      throw new Rejection("cbor: header label: require int / tstr type", key.offset);
    }
    if (key.kind === "nint" && key.value < MIN_INT64) {
      const problem = "int key must not be higher than 1<<63 - 1";
      throw new Rejection(`cbor: header label: ${problem}`, key.offset);
    }
    const name = key.kind === "text" ? JSON.stringify(key.value) : String(key.value);
    if (header.has(name)) throw new Rejection("cbor: found duplicate map key", key.offset);
    anyValue(key, "cose");
    header.set(name, anyValue(stripSelfDescribed(value), "cose"));
  }
  return header;
}

function labelled(header: Header, label: number): AnyValue | undefined {
  return header.get(String(label));
}

function mediaTypeProblem(value: AnyValue, name: string): string | undefined {
  if (value.is === "int" && value.value >= 0n) return undefined;
  if (value.is !== "text") return `${name}: require tstr / uint type`;
  const text = value.value;
  if (text === "") return `${name}: require non-empty string`;
  if (text.startsWith(" ") || text.endsWith(" ")) {
    return `${name}: require no leading/trailing whitespace`;
  }
  return text.split("/").length === 2 ? undefined : `${name}: require text of form type/subtype`;
}

function criticalProblem(value: AnyValue, header: Header): string | undefined {
  if (value.is !== "array") return "crit: invalid crit header";
  if (value.items.length === 0) return "crit: empty crit header";
  for (const label of value.items) {
    if (label.is !== "int" && label.is !== "text") return "crit: require int / tstr type";
    const key = label.is === "text" ? JSON.stringify(label.value) : String(label.value);
    if (!header.has(key)) return `crit: missing critical header: ${key}`;
  }
  return undefined;
}

function requireBytes(value: AnyValue, name: string): string | undefined {
  return value.is === "bytes" ? undefined : `${name}: require bstr type`;
}

const IV = 5;
const PARTIAL_IV = 6;

/** Checks of generic header parameters by label. */
const CHECKS: Readonly<
  Record<number, (value: AnyValue, header: Header, isProtected: boolean) => string | undefined>
> = {
  1: (value) =>
    value.is === "int" || value.is === "text" ? undefined : "alg: require int / tstr type",
  2: (value, header, isProtected) =>
    isProtected ? criticalProblem(value, header) : "crit: not allowed",
  3: (value) => mediaTypeProblem(value, "content type"),
  4: (value) => requireBytes(value, "kid"),
  [IV]: (value, header) =>
    requireBytes(value, "IV") ??
    (labelled(header, PARTIAL_IV) === undefined ? undefined : "IV and PartialIV"),
  [PARTIAL_IV]: (value) => requireBytes(value, "Partial IV"),
  7: (_, __, isProtected) => (isProtected ? "counter signature: not allowed" : undefined),
  9: (value, _, isProtected) =>
    isProtected ? "countersignature0: not allowed" : requireBytes(value, "countersignature0"),
  11: (_, __, isProtected) => (isProtected ? "Countersignature version 2: not allowed" : undefined),
  12: (value, _, isProtected) =>
    isProtected
      ? "Countersignature0 version 2: not allowed"
      : requireBytes(value, "Countersignature0 version 2"),
  16: (value) => mediaTypeProblem(value, "type"),
};

function checkParameters(header: Header, isProtected: boolean): void {
  for (const [label, check] of Object.entries(CHECKS)) {
    const value = header.get(label);
    const problem = value === undefined ? undefined : check(value, header, isProtected);
    if (problem !== undefined) throw new Rejection(`header parameter: ${problem}`);
  }
}

function isCountersignature(value: AnyValue): boolean {
  if (value.is !== "array") return false;
  const [head, unprotected, signature] = value.items;
  const isOne =
    value.items.length === 3 &&
    head?.is === "bytes" &&
    unprotected?.is === "map" &&
    signature?.is === "bytes" &&
    signature.value.length > 0;
  return isOne || (value.items.length > 0 && value.items.every(isCountersignature));
}

function unprotectedHeader(node: CborNode): Header {
  const header = headerOf(node, "unprotected header");
  for (const label of [7, 11]) {
    const value = labelled(header, label);
    if (value !== undefined && !isCountersignature(value)) {
      throw new Rejection("invalid Countersignature object / list of objects", node.offset);
    }
  }
  checkParameters(header, false);
  return header;
}

function protectedHeader(node: CborNode): Header {
  if (isNil(node) && node.kind === "simple" && node.value === 22) {
    throw new Rejection("cbor: nil protected header", node.offset);
  }
  if (node.kind !== "bytes") throw new Rejection("cbor: require bstr type", node.offset);
  if (node.value.length === 0) return new Map();
  const content = readDefinite(node.value, node.contentOffset, "protected header");
  const header = headerOf(content, "protected header");
  checkParameters(header, true);
  return header;
}

interface Message {
  readonly header: Header;
  readonly payload: Uint8Array | null;
  readonly payloadOffset: number;
}

function checkIvs(inner: Header, outer: Header): void {
  for (const [a, b] of [
    [IV, PARTIAL_IV],
    [PARTIAL_IV, IV],
  ] as const) {
    if (labelled(inner, a) !== undefined && labelled(outer, b) !== undefined) {
      throw new Rejection("IV and PartialIV parameters must not both be present");
    }
  }
}

function bytesOrNull(node: CborNode): Uint8Array | null {
  if (node.kind === "bytes") return node.value;
  if (node.kind === "simple" && node.value === 22) return null;
  throw new Rejection("cbor: require bstr type", node.offset);
}

function readMessage(bytes: Uint8Array, base: number): Message {
  if (bytes[0] !== 0xd2 || bytes[1] !== 0x84) {
    throw new Rejection("cbor: invalid COSE_Sign1_Tagged object", base);
  }
  const node = readDefinite(bytes.subarray(1), base + 1, "cbor");
  if (hasTag(node)) throw new Rejection("cbor: CBOR tag isn't allowed", base);
  const [head, unprotected, payload, signature] = node.kind === "array" ? node.items : [];
  if (!(head && unprotected && payload && signature)) {
    throw new Rejection("cbor: invalid COSE_Sign1_Tagged object", base);
  }
  const content = bytesOrNull(payload);
  if ((bytesOrNull(signature)?.length ?? 0) === 0) {
    throw new Rejection("empty signature", signature.offset);
  }
  const header = within("cbor: invalid protected header", () => protectedHeader(head));
  const outer = within("cbor: invalid unprotected header", () => unprotectedHeader(unprotected));
  checkIvs(header, outer);
  const payloadOffset = payload.kind === "bytes" ? payload.contentOffset : payload.offset;
  return { header, payload: content, payloadOffset };
}

const META = mapStruct("corim.Meta", {
  signer: field(
    0,
    populated(
      "corim.Signer",
      { name: field(0, STRING, "Name"), uri: field(1, pointer(TAGGED_URI)) },
      "corim",
    ),
  ),
  validity: field(1, pointer(VALIDITY)),
});

function checkMeta(header: Header): void {
  const meta = labelled(header, HEADER.corimMeta);
  if (meta === undefined) throw new Rejection("missing mandatory corim.meta");
  if (meta.is !== "bytes") throw new Rejection("expecting CBOR-encoded CoRIM Meta");
  within("unable to decode CoRIM Meta", () => {
    decode(META, readCbor(meta.value, { what: "cbor", strict: false }), "corim");
  });
}

function checkContentType(header: Header): void {
  const type = labelled(header, HEADER.contentType);
  if (type === undefined) throw new Rejection("missing mandatory content type");
  if (type.is === "text" && type.value === CONTENT_TYPE) return;
  const found = type.is === "text" ? `"${type.value}"` : "something else";
  throw new Rejection(`expecting content type "${CONTENT_TYPE}", got ${found} instead`);
}

function chainOf(header: Header): Uint8Array | undefined {
  const chain = labelled(header, HEADER.x5chain);
  if (chain === undefined) return undefined;
  const items = chain.is === "array" ? chain.items : [chain];
  if (items.length === 0) throw new Rejection("decoding x5chain: empty certificate array");
  const ders = items.map((item) => {
    if (item.is === "bytes") return item.value;
    throw new Rejection("decoding x5chain: want []byte");
  });
  for (const [i, der] of ders.entries()) {
    if (!isCertificate(der)) {
      const which = i === 0 ? "signing certificate" : `intermediate certificate at index ${i}`;
      throw new Rejection(`decoding x5chain: invalid ${which}`);
    }
  }
  return ders[0];
}

/**
 * Decodes and validates a signed document. The signature is not part of the library's verdict.
 *
 * @throws Rejection
 */
export function checkSigned(bytes: Uint8Array): AcceptedSigned {
  const { header, payload, payloadOffset } = within(
    "failed CBOR decoding for COSE-Sign1 signed CoRIM",
    () => readMessage(bytes, 0),
  );
  const content = payload ?? new Uint8Array(0);
  const profile = peekProfile(content, payloadOffset);
  const certificate = within("processing COSE headers", () => {
    checkContentType(header);
    checkMeta(header);
    return chainOf(header);
  });
  return { ...checkUnsigned(content, payloadOffset, profile), certificate };
}
