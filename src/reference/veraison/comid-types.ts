/**
 * The tagged types of CoMID: what each tag decodes to, and where it may stand.
 *
 * @see package comid of veraison/corim 53b3014
 * @module
 */
import type { CborNode } from "../../formats/cbor/node.ts";
import { isNil } from "../../formats/cbor/node.ts";
import { base64Text } from "../base64.ts";
import { REGISTRY } from "./go-any.ts";
import { arrayStruct, field } from "./go-struct.ts";
import {
  BYTES,
  byteArray,
  checkBuiltinTags,
  decode,
  type GoType,
  INT64,
  integer,
  type Mode,
  mismatch,
  pointer,
  type Ref,
  registered,
  STRING,
  stripSelfDescribed,
  tagChain,
  UINT64,
} from "./go-types.ts";
import { oidText } from "./oid.ts";
import { Rejection } from "./rejection.ts";

/** A value of one of several types. */
export type Choice =
  | {
      readonly type: "uri" | "pkix-base64-key" | "pkix-base64-cert" | "pkix-base64-cert-path";
      readonly text: string;
    }
  | {
      readonly type: "bytes" | "ueid" | "oid" | "uuid" | "cose-key" | "asn1-cert";
      readonly bytes: Uint8Array | null;
    }
  | {
      readonly type: "thumbprint" | "cert-thumbprint" | "cert-path-thumbprint";
      readonly digest: Digest;
    }
  | { readonly type: "exact-value" | "min-value"; readonly number: bigint }
  | {
      readonly type: "masked";
      readonly bytes: Uint8Array | null;
      readonly maskLength: number;
    }
  | { readonly type: "rawIntRange"; readonly range: IntegerRange }
  /** Not by a tag, but by the type of the item. */
  | { readonly type: "string"; readonly text: string }
  | { readonly type: "uint"; readonly number: bigint };

/** What a type can do decides where it may stand. */
type Ability = "choice" | "bytes" | "key";

/** A digest with its algorithm. */
export interface Digest {
  readonly algorithm: bigint | string | null;
  readonly value: Uint8Array | null;
}

const DIGEST_ALGORITHM: GoType<bigint | string | null> = {
  name: "comid.DigestAlgorithm",
  zero: null,
  special(node, mode) {
    if (node.kind === "uint" || node.kind === "nint") return decode(INT64, node, mode);
    if (node.kind === "text") return node.value;
    throw new Rejection("unexpected CBOR major type for DigestAlgID", node.offset);
  },
};

/** comid.Digest. */
export const DIGEST: GoType<Digest> = arrayStruct("comid.Digest", {
  algorithm: field(0, DIGEST_ALGORITHM),
  value: field(1, BYTES),
});

const UUID: GoType<Uint8Array> = byteArray("comid.UUID", 16);

/** comid.UUID, which is not checked when it is decoded. */
export const PLAIN_UUID: GoType<Uint8Array> = UUID;

const COSE_KEY: GoType<Uint8Array | null> = {
  name: "comid.TaggedCOSEKey",
  zero: null,
  special(node) {
    const [a, b, c] = node.encoded;
    if (a === 0xd9 && b === 0x02 && c === 0x2e) return node.encoded.subarray(3);
    throw new Rejection(
      "did not see CBOR tag 588 at the beginning of COSE_Key structure",
      node.offset,
    );
  },
};

/** Both ends included; nil for none. */
export interface IntegerRange {
  readonly min: Ref<bigint> | null;
  readonly max: Ref<bigint> | null;
}

/** comid.TaggedRawIntRange, without its tag. */
export const RAW_INT_RANGE: GoType<IntegerRange> = arrayStruct("comid.TaggedRawIntRange", {
  min: field(0, pointer(INT64)),
  max: field(1, pointer(INT64)),
});

const MASKED: GoType<{
  readonly value: Uint8Array | null;
  readonly mask: Uint8Array | null;
}> = arrayStruct("comid.TaggedMaskedRawValue", { value: field(0, BYTES), mask: field(1, BYTES) });

// A struct that embeds a Digest has the fields of the Digest, but not its form of an array.
const THUMBPRINT: GoType<Digest> = {
  name: "comid.TaggedThumbprint",
  zero: { algorithm: null, value: null },
  fill: (node, mode) => thumbprint(node, mode),
};

function thumbprint(node: CborNode, mode: Mode): Digest {
  return decode(DIGEST, node, mode);
}

interface Tagged {
  readonly type: GoType<unknown>;
  readonly abilities: readonly Ability[];
  readonly canBeKey: boolean;
  readonly choice: (value: never) => Choice;
}

function tagged<T>(
  tag: number,
  base: GoType<T>,
  name: string,
  abilities: readonly Ability[],
  canBeKey: boolean,
  choice: (value: T) => Choice,
): readonly [number, Tagged] {
  const type = base.special === undefined ? registered(base, tag, `comid.${name}`) : base;
  return [tag, { type, abilities, canBeKey, choice }];
}

const C: readonly Ability[] = ["choice"];
const CB: readonly Ability[] = ["choice", "bytes"];
const CBK: readonly Ability[] = ["choice", "bytes", "key"];

/** Types by tag. */
const TYPES: ReadonlyMap<number, Tagged> = new Map([
  tagged(32, STRING, "TaggedURI", C, true, (text) => ({ type: "uri", text })),
  tagged(37, UUID, "TaggedUUID", CB, true, (bytes) => ({ type: "uuid", bytes })),
  tagged(111, BYTES, "TaggedOID", CB, false, (bytes) => ({ type: "oid", bytes })),
  tagged(550, BYTES, "TaggedUEID", CB, false, (bytes) => ({ type: "ueid", bytes })),
  tagged(552, UINT64, "TaggedSVN", C, true, (number) => ({ type: "exact-value", number })),
  tagged(553, UINT64, "TaggedMinSVN", C, true, (number) => ({ type: "min-value", number })),
  tagged(554, STRING, "TaggedPKIXBase64Key", CBK, true, (text) => ({
    type: "pkix-base64-key",
    text,
  })),
  tagged(555, STRING, "TaggedPKIXBase64Cert", CBK, true, (text) => ({
    type: "pkix-base64-cert",
    text,
  })),
  tagged(556, STRING, "TaggedPKIXBase64CertPath", CBK, true, (text) => ({
    type: "pkix-base64-cert-path",
    text,
  })),
  tagged(557, THUMBPRINT, "TaggedThumbprint", CBK, false, (digest) => ({
    type: "thumbprint",
    digest,
  })),
  tagged(558, COSE_KEY, "TaggedCOSEKey", CBK, false, (bytes) => ({ type: "cose-key", bytes })),
  tagged(559, THUMBPRINT, "TaggedCertThumbprint", CBK, false, (digest) => ({
    type: "cert-thumbprint",
    digest,
  })),
  tagged(560, BYTES, "TaggedBytes", CBK, false, (bytes) => ({ type: "bytes", bytes })),
  tagged(561, THUMBPRINT, "TaggedCertPathThumbprint", CBK, false, (digest) => ({
    type: "cert-path-thumbprint",
    digest,
  })),
  tagged(562, BYTES, "TaggedPKIXAsn1DerCert", CBK, false, (bytes) => ({
    type: "asn1-cert",
    bytes,
  })),
  tagged(563, MASKED, "TaggedMaskedRawValue", CB, false, ({ value, mask }) => ({
    type: "masked",
    bytes: value,
    maskLength: mask?.length ?? 0,
  })),
  tagged(564, RAW_INT_RANGE, "TaggedRawIntRange", C, true, (range) => ({
    type: "rawIntRange",
    range,
  })),
]);

for (const [tag, { type, canBeKey }] of TYPES) {
  REGISTRY.comid.set(tag, { type, canBeKey });
  if (tag === 32 || tag === 111) REGISTRY.corim.set(tag, { type, canBeKey });
}

/** TaggedURI. */
export const TAGGED_URI: GoType<string> = registered(STRING, 32, "comid.TaggedURI");

/**
 * An interface that a value of a tagged type can be put into: decodes the tag's type, looks
 * through tags that it does not know, and leaves nil where null is.
 */
function throughTags(node: CborNode, name: string, ability: Ability, mode: Mode): Choice | null {
  const { tags } = tagChain(node);
  const found = tags.length === 1 ? TYPES.get(Number(tags[0])) : undefined;
  const isKnown = found !== undefined && REGISTRY[mode].has(Number(tags[0]));
  if (isKnown && found.abilities.includes(ability)) {
    return found.choice(decode(found.type, node, mode) as never);
  }
  const item = stripSelfDescribed(node);
  checkBuiltinTags(item);
  if (item.kind === "tag" && item.tag !== 2n && item.tag !== 3n) {
    return throughTags(item.content, name, ability, mode);
  }
  if (isNil(item)) return null;
  throw mismatch(item, name);
}

/** A struct around an interface; nil is null. */
export function choiceOf(
  name: string,
  ability: Ability,
  mode: "comid" | "corim",
): GoType<Choice | null> {
  return { name, zero: null, special: (node) => throughTags(node, name, ability, mode) };
}

/** An integer type with only some meaning, as roles and relations are. */
export const ROLE: GoType<bigint> = integer("Role", -(1n << 63n), (1n << 63n) - 1n);

/** What Go's String() gives; only whether it is empty matters. */
export function choiceText(choice: Choice): string {
  switch (choice.type) {
    case "oid":
      return oidText(choice.bytes ?? new Uint8Array(0));
    case "bytes":
    case "ueid":
    case "cose-key":
    case "masked":
      return base64Text(choice.bytes ?? new Uint8Array(0));
    case "uri":
    case "pkix-base64-key":
    case "pkix-base64-cert":
    case "pkix-base64-cert-path":
    case "string":
      return choice.text;
    default:
      return choice.type;
  }
}
