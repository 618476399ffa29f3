/**
 * CCA attestation tokens, taken apart: both wrappers, both forms of the Realm Attestation Key.
 * Nothing is verified here; see `verify.ts`.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import {
  bytesOf,
  type CborNode,
  type CborOf,
  describeNode,
  entryOf,
  expectKind,
  textOf,
  typeError,
} from "../formats/cbor/node.ts";
import { readCbor } from "../formats/cbor/read.ts";
import {
  type CoseSign1,
  type EcPublicKey,
  readCoseKey,
  readPoint,
  readSign1,
} from "../formats/cose.ts";
import { REM_COUNT } from "../rmm/measurement.ts";
import { EAT_CWT_FORMAT, PART_KEY, PLATFORM_CLAIM, REALM_CLAIM, WRAPPER_TAG } from "./claims.ts";

/** Major type of tags in CBOR. */
const TAG_MAJOR = 6;

/** How the two parts are put together. */
export type TokenWrapper = "cca-token (tag 399)" | "CMW collection (tag 907)";

/** One of the two signed parts. */
export interface TokenPart {
  readonly message: CoseSign1;
  readonly claims: CborOf<"map">;
  /** Profile claim; undefined in realm tokens of the legacy form. */
  readonly profile: string | undefined;
}

/** The platform token. */
export interface PlatformToken extends TokenPart {
  /** What the platform token attests to: the hash of the RAK claim. */
  readonly challenge: Uint8Array;
  /** 32 bytes. */
  readonly implementationId: Uint8Array;
  /** 33 bytes, the first is 0x01. */
  readonly instanceId: Uint8Array;
  readonly lifecycle: bigint;
  /** Draft -04 says that this claim, too, binds the realm token. */
  readonly workloadBinding: Uint8Array | undefined;
}

/** The realm token. */
export interface RealmToken extends TokenPart {
  /** 64 bytes. */
  readonly challenge: Uint8Array;
  /** 64 bytes. */
  readonly personalizationValue: Uint8Array;
  /** Name of the Realm's hash, as it stands there. */
  readonly hashAlgorithm: string;
  /** The claim as it is carried: a COSE_Key or a point. */
  readonly publicKeyClaim: Uint8Array;
  readonly publicKey: EcPublicKey;
  readonly publicKeyForm: "COSE_Key" | "point";
  /** Name of the hash that binds the RAK to the platform token. */
  readonly publicKeyHashAlgorithm: string;
  readonly initialMeasurement: Uint8Array;
  /** REM0 .. REM3. */
  readonly extensibleMeasurements: readonly Uint8Array[];
}

/** A token with both parts. */
export interface CcaToken {
  readonly wrapper: TokenWrapper;
  readonly platform: PlatformToken;
  readonly realm: RealmToken;
}

function tokenError(message: string, offset: number, hint?: string): CcaRimError {
  return new CcaRimError("TOKEN_FORMAT", message, {
    where: { offset },
    ...(hint === undefined ? {} : { hint }),
  });
}

function claimError(message: string, offset: number): CcaRimError {
  return new CcaRimError("TOKEN_CLAIM", message, { where: { offset } });
}

/** Reads claims of one part, each with its name in errors. */
class ClaimReader {
  readonly #claims: CborOf<"map">;
  readonly #what: string;

  constructor(claims: CborOf<"map">, what: string) {
    this.#claims = claims;
    this.#what = what;
  }

  find(key: number): CborNode | undefined {
    return entryOf(this.#claims, key);
  }

  name(key: number, name: string): string {
    return `${this.#what}: claim ${key} (${name})`;
  }

  need(key: number, name: string): CborNode {
    const node = this.find(key);
    if (node !== undefined) return node;
    throw claimError(`${this.name(key, name)} is missing`, this.#claims.offset);
  }

  bytes(key: number, name: string, sizes: readonly number[]): Uint8Array {
    return this.sized(this.need(key, name), this.name(key, name), sizes);
  }

  sized(node: CborNode, what: string, sizes: readonly number[]): Uint8Array {
    const bytes = bytesOf(node, what);
    if (sizes.includes(bytes.length)) return bytes;
    throw claimError(
      `${what} has ${bytes.length} bytes, expected ${sizes.join(" or ")}`,
      node.offset,
    );
  }

  text(key: number, name: string): string {
    return textOf(this.need(key, name), this.name(key, name));
  }

  optionalText(key: number, name: string): string | undefined {
    const node = this.find(key);
    return node === undefined ? undefined : textOf(node, this.name(key, name));
  }
}

/** Lengths of digests. */
const DIGESTS = [32, 48, 64] as const;

function readPlatform(part: TokenPart): PlatformToken {
  const reader = new ClaimReader(part.claims, "platform token");
  const K = PLATFORM_CLAIM;
  if (part.profile === undefined) reader.need(K.profile, "profile");
  const lifecycle = expectKind(
    reader.need(K.lifecycle, "lifecycle"),
    "uint",
    reader.name(K.lifecycle, "lifecycle"),
  );
  const binding = reader.find(K.workloadBinding);
  return {
    ...part,
    challenge: reader.bytes(K.challenge, "challenge", DIGESTS),
    implementationId: reader.bytes(K.implementationId, "implementation id", [32]),
    instanceId: reader.bytes(K.instanceId, "instance id", [33]),
    lifecycle: lifecycle.value,
    workloadBinding:
      binding === undefined
        ? undefined
        : bytesOf(binding, reader.name(K.workloadBinding, "workload binding")),
  };
}

function readPublicKey(
  reader: ClaimReader,
): Pick<RealmToken, "publicKey" | "publicKeyClaim" | "publicKeyForm"> {
  const what = reader.name(REALM_CLAIM.publicKey, "public key");
  const node = expectKind(reader.need(REALM_CLAIM.publicKey, "public key"), "bytes", what);
  const publicKeyClaim = node.value;
  const point = readPoint(publicKeyClaim);
  if (point !== undefined) return { publicKeyClaim, publicKey: point, publicKeyForm: "point" };
  const key = readCbor(publicKeyClaim, { what, base: node.contentOffset });
  return { publicKeyClaim, publicKey: readCoseKey(key, what), publicKeyForm: "COSE_Key" };
}

function readRems(reader: ClaimReader, size: number): readonly Uint8Array[] {
  const key = REALM_CLAIM.extensibleMeasurements;
  const what = reader.name(key, "extensible measurements");
  const { items, offset } = expectKind(reader.need(key, "extensible measurements"), "array", what);
  if (items.length !== REM_COUNT) {
    throw claimError(`${what}: ${items.length} values, expected ${REM_COUNT}`, offset);
  }
  return items.map((item, i) => reader.sized(item, `${what}: REM${i}`, [size]));
}

function readRealm(part: TokenPart): RealmToken {
  const reader = new ClaimReader(part.claims, "realm token");
  const K = REALM_CLAIM;
  const initialMeasurement = reader.bytes(K.initialMeasurement, "initial measurement", DIGESTS);
  return {
    ...part,
    challenge: reader.bytes(K.challenge, "challenge", [64]),
    personalizationValue: reader.bytes(K.personalizationValue, "personalization value", [64]),
    hashAlgorithm: reader.text(K.hashAlgorithm, "hash algorithm"),
    ...readPublicKey(reader),
    publicKeyHashAlgorithm: reader.text(K.publicKeyHashAlgorithm, "public key hash algorithm"),
    initialMeasurement,
    extensibleMeasurements: readRems(reader, initialMeasurement.length),
  };
}

function readPart(node: CborNode, what: "platform token" | "realm token"): TokenPart {
  const bytes = expectKind(node, "bytes", what);
  const message = readSign1(readCbor(bytes.value, { what, base: bytes.contentOffset }), what);
  if (!message.isTagged) throw tokenError(`${what}: a COSE_Sign1 without tag 18`, message.offset);
  const payload = readCbor(message.payload, {
    what: `${what}: claims`,
    base: message.payloadOffset,
  });
  const claims = expectKind(payload, "map", `${what}: claims`);
  const profile = new ClaimReader(claims, what).optionalText(REALM_CLAIM.profile, "profile");
  return { message, claims, profile };
}

function wrapperOf(node: CborNode): {
  readonly wrapper: TokenWrapper;
  readonly collection: CborOf<"map">;
} {
  if (node.kind === "tag") {
    const what = "the token";
    if (node.tag === BigInt(WRAPPER_TAG.cca)) {
      return { wrapper: "cca-token (tag 399)", collection: expectKind(node.content, "map", what) };
    }
    if (node.tag === BigInt(WRAPPER_TAG.cmw)) {
      const collection = expectKind(node.content, "map", what);
      return { wrapper: "CMW collection (tag 907)", collection };
    }
  }
  throw tokenError(
    `the token: expected tag 399 or tag 907, found ${describeNode(node)}`,
    node.offset,
    "a CCA token is a collection of a platform token and a realm token",
  );
}

/** A part of the collection; in a CMW collection, behind its content format. */
function partNode(
  collection: CborOf<"map">,
  wrapper: TokenWrapper,
  key: number,
  what: string,
): CborNode {
  const node = entryOf(collection, key);
  if (node === undefined) throw tokenError(`there is no ${what} (${key})`, collection.offset);
  if (wrapper === "cca-token (tag 399)") return node;
  const [format, content] = expectKind(node, "array", what).items;
  if (format === undefined || content === undefined) {
    throw tokenError(`${what}: a CMW record has a type and a value`, node.offset);
  }
  if (format.kind === "uint" && format.value === BigInt(EAT_CWT_FORMAT)) return content;
  throw typeError(format, `${what}: type of the CMW record`, `${EAT_CWT_FORMAT} (eat+cwt)`);
}

/** Whether bytes begin like a CCA token: tag 399 or 907. */
export function looksLikeToken(bytes: Uint8Array): boolean {
  const tag = bytes[0] === 0xd9 ? ((bytes[1] ?? 0) << 8) | (bytes[2] ?? 0) : 0;
  return tag === WRAPPER_TAG.cca || tag === WRAPPER_TAG.cmw;
}

/**
 * Takes a token apart.
 *
 * @throws CcaRimError TOKEN_FORMAT, TOKEN_CLAIM, COSE_*, CBOR_* with the offset
 */
export function readToken(bytes: Uint8Array): CcaToken {
  // What does not even begin with a tag is something else, and its bytes mean nothing here.
  if (bytes.length > 0 && (bytes[0] ?? 0) >> 5 !== TAG_MAJOR) {
    const hint = "a token is binary CBOR; one in base64 or hex has to be decoded before";
    throw tokenError("the token: it does not begin with tag 399 or tag 907", 0, hint);
  }
  const { wrapper, collection } = wrapperOf(readCbor(bytes, { what: "the token" }));
  const platform = partNode(collection, wrapper, PART_KEY.platform, "platform token");
  const realm = partNode(collection, wrapper, PART_KEY.realm, "realm token");
  return {
    wrapper,
    platform: readPlatform(readPart(platform, "platform token")),
    realm: readRealm(readPart(realm, "realm token")),
  };
}
