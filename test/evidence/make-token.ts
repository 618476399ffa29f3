/** Tokens made for tests, with test keys. */
import { concatBytes } from "../../src/bytes.ts";
import { PART_KEY, PLATFORM_CLAIM, REALM_CLAIM } from "../../src/evidence/claims.ts";
import type { EcSigner } from "../../src/evidence/crypto.ts";
import { type CborValue, cborMap, tagged, writeCbor } from "../../src/formats/cbor/write.ts";
import {
  ALGORITHM_ID,
  ALGORITHM_OF,
  type EcCurve,
  type EcPublicKey,
  signatureInput,
  writeCoseKey,
  writeSign1,
} from "../../src/formats/cose.ts";
import { DIGEST_SIZE, type HashAlgo } from "../../src/hash/hasher.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import { testSigner } from "./keys.ts";

/** What a token shall be like. */
export interface TokenWish {
  readonly hashAlgo?: HashAlgo;
  readonly rim?: Uint8Array;
  readonly rem?: readonly Uint8Array[];
  readonly rpv?: Uint8Array;
  readonly challenge?: Uint8Array;
  readonly wrapper?: "cca" | "cmw";
  readonly keyForm?: "COSE_Key" | "point";
  readonly platformCurve?: EcCurve;
  readonly realmCurve?: EcCurve;
  readonly bindingHash?: HashAlgo;
  readonly platformProfile?: string;
  /** null: none, as in the legacy form. */
  readonly realmProfile?: string | null;
  /** Claims that replace or join the usual ones; undefined takes one out. */
  readonly realmClaims?: readonly (readonly [number, CborValue | undefined])[];
  readonly platformClaims?: readonly (readonly [number, CborValue | undefined])[];
  /** Where the binding stands: draft -04 has a claim of its own. */
  readonly bindingClaim?: number;
}

/** The challenge of tokens that ask for none. */
export const CHALLENGE: Uint8Array = Uint8Array.from({ length: 64 }, (_, i) => i);
/** The RIM of tokens that ask for none. */
export const RIM: Uint8Array = new Uint8Array(32).fill(0xa5);

function point({ x, y }: EcPublicKey): Uint8Array {
  return concatBytes(Uint8Array.of(4), x, y);
}

/** Signs claims as COSE_Sign1. */
export function signed(claims: CborValue, signer: EcSigner): Uint8Array {
  const algorithm = ALGORITHM_ID[ALGORITHM_OF[signer.publicKey.curve]];
  const header = writeCbor(cborMap([[1, algorithm]]));
  const payload = writeCbor(claims);
  return writeSign1(header, payload, signer.sign(signatureInput(header, payload)));
}

function merged(
  claims: readonly (readonly [number, CborValue | undefined])[],
  changes: TokenWish["realmClaims"] = [],
): CborValue {
  return cborMap([...new Map<number, CborValue | undefined>([...claims, ...changes])]);
}

function realmToken(wish: TokenWish, key: Uint8Array): Uint8Array {
  const { hashAlgo = "sha-256", rpv = new Uint8Array(64), challenge = CHALLENGE } = wish;
  const rim =
    wish.rim ?? (hashAlgo === "sha-256" ? RIM : new Uint8Array(DIGEST_SIZE[hashAlgo]).fill(7));
  const rem = wish.rem ?? Array.from({ length: 4 }, () => new Uint8Array(rim.length));
  const profile =
    wish.realmProfile === undefined ? "tag:arm.com,2023:realm#1.0.0" : wish.realmProfile;
  const K = REALM_CLAIM;
  const claims = merged(
    [
      [K.challenge, challenge],
      [K.profile, profile ?? undefined],
      [K.personalizationValue, rpv],
      [K.hashAlgorithm, hashAlgo],
      [K.publicKey, key],
      [K.initialMeasurement, rim],
      [K.extensibleMeasurements, rem],
      [K.publicKeyHashAlgorithm, wish.bindingHash ?? "sha-256"],
    ],
    wish.realmClaims,
  );
  return signed(claims, testSigner(wish.realmCurve ?? "P-384"));
}

function platformToken(wish: TokenWish, key: Uint8Array): Uint8Array {
  const binding = nodeHashes(wish.bindingHash ?? "sha-256").digest(key);
  const K = PLATFORM_CLAIM;
  const claims = merged(
    [
      [K.challenge, new Uint8Array(32)],
      [K.profile, wish.platformProfile ?? "tag:arm.com,2023:cca_platform#1.0.0"],
      [K.implementationId, new Uint8Array(32).fill(1)],
      [K.instanceId, Uint8Array.of(1, ...new Uint8Array(32).fill(2))],
      [K.config, Uint8Array.of(0xcf)],
      [K.lifecycle, 0x3003],
      [K.hashAlgorithm, "sha-256"],
      [wish.bindingClaim ?? K.challenge, binding],
    ],
    wish.platformClaims,
  );
  return signed(claims, testSigner(wish.platformCurve ?? "P-384"));
}

/** Makes a token. */
export function makeToken(wish: TokenWish = {}): Uint8Array {
  const { publicKey } = testSigner(wish.realmCurve ?? "P-384");
  const key = wish.keyForm === "point" ? point(publicKey) : writeCoseKey(publicKey);
  const parts = [
    [PART_KEY.platform, platformToken(wish, key)],
    [PART_KEY.realm, realmToken(wish, key)],
  ] as const;
  if (wish.wrapper !== "cmw") return writeCbor(tagged(399, cborMap(parts)));
  return writeCbor(tagged(907, cborMap(parts.map(([name, part]) => [name, [263, part]]))));
}
