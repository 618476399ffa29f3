/**
 * ECDSA, keys and certificates from node:crypto, which is OpenSSL. Not for browsers.
 *
 * @module
 */
import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
  X509Certificate,
} from "node:crypto";
import { CcaRimError } from "../errors.ts";
import { type EcCurve, type EcPublicKey, FIELD_SIZE } from "../formats/cose.ts";
import type { EcSigner, SignatureVerifier } from "./crypto.ts";

const HASH_OF: Readonly<Record<EcCurve, string>> = {
  "P-256": "sha256",
  "P-384": "sha384",
  "P-521": "sha512",
};

function base64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

function plainBytes(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}

/** @throws Error if the point is not on its curve */
function publicKeyObject({ curve, x, y }: EcPublicKey): KeyObject {
  const key = { kty: "EC", crv: curve, x: base64Url(x), y: base64Url(y) };
  return createPublicKey({ key, format: "jwk" });
}

/** ECDSA verification by OpenSSL. */
export const nodeVerifier: SignatureVerifier = {
  verify(key, message, signature) {
    try {
      const options = { key: publicKeyObject(key), dsaEncoding: "ieee-p1363" } as const;
      return verify(HASH_OF[key.curve], message, options, signature);
    } catch {
      // Not a point of the curve: nothing verifies with it.
      return false;
    }
  },
};

function keyError(what: string, problem: string, cause?: unknown): CcaRimError {
  return new CcaRimError("COSE_KEY", `${what}: ${problem}`, {
    hint: "an EC key on P-256, P-384 or P-521, as a JWK or in PEM",
    cause,
  });
}

function coordinate(value: string | undefined, curve: EcCurve, what: string): Uint8Array {
  const bytes = plainBytes(Buffer.from(value ?? "", "base64url"));
  if (bytes.length === FIELD_SIZE[curve]) return bytes;
  throw keyError(what, `a coordinate has ${bytes.length} bytes, not ${FIELD_SIZE[curve]}`);
}

function pointOf(key: KeyObject, what: string): EcPublicKey {
  const { kty, crv, x, y } = key.export({ format: "jwk" });
  if (kty !== "EC" || (crv !== "P-256" && crv !== "P-384" && crv !== "P-521")) {
    throw keyError(
      what,
      `a key of type ${kty ?? "unknown"}${crv === undefined ? "" : ` on ${crv}`}`,
    );
  }
  return { curve: crv, x: coordinate(x, crv, what), y: coordinate(y, crv, what) };
}

/**
 * A public key in PEM: a key, a private key (its public half), or a certificate (its key).
 *
 * @throws CcaRimError COSE_KEY
 */
export function publicKeyFromPem(text: string, what: string): EcPublicKey {
  return pointOf(
    importKey(() => createPublicKey(text), what),
    what,
  );
}

/**
 * A public key as a JWK; a private part is ignored.
 *
 * @throws CcaRimError COSE_KEY
 */
export function publicKeyFromJwk(jwk: object, what: string): EcPublicKey {
  const { kty, crv, x, y } = jwk as JsonWebKey;
  const key = { kty, crv, x, y } as JsonWebKey;
  return pointOf(
    importKey(() => createPublicKey({ key, format: "jwk" }), what),
    what,
  );
}

function importKey(read: () => KeyObject, what: string, kind = "key"): KeyObject {
  try {
    return read();
  } catch (error) {
    throw keyError(what, `no ${kind} can be read from it`, error);
  }
}

function signerOf(key: KeyObject, what: string): EcSigner {
  const publicKey = pointOf(createPublicKey(key), what);
  return {
    publicKey,
    sign: (message) =>
      plainBytes(sign(HASH_OF[publicKey.curve], message, { key, dsaEncoding: "ieee-p1363" })),
  };
}

/**
 * A private key from a JWK or PEM file.
 *
 * @throws CcaRimError COSE_KEY
 */
export function signerFromText(text: string, what: string): EcSigner {
  const key = importKey(
    () => {
      if (!text.trimStart().startsWith("{")) return createPrivateKey(text);
      return createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: "jwk" });
    },
    what,
    "private key",
  );
  return signerOf(key, what);
}

/** What of a certificate matters here. */
export interface CertificateFacts {
  readonly der: Uint8Array;
  readonly publicKey: EcPublicKey;
  /** Subject as one line. */
  readonly subject: string;
  readonly isAuthority: boolean;
  /** Whether the certificate with that DER has signed this one. */
  isSignedBy(issuer: Uint8Array): boolean;
}

/**
 * Reads one certificate in DER.
 *
 * @throws CcaRimError COSE_KEY
 */
export function certificateFromDer(der: Uint8Array, what: string): CertificateFacts {
  const certificate = importCertificate(der, what);
  return {
    der,
    publicKey: pointOf(certificate.publicKey, what),
    subject: certificate.subject.replaceAll("\n", ", "),
    isAuthority: certificate.ca,
    isSignedBy: (issuerDer) => {
      const issuer = importCertificate(issuerDer, what);
      return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
    },
  };
}

function importCertificate(der: Uint8Array, what: string): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch (error) {
    throw keyError(what, "no X.509 certificate", error);
  }
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;

/**
 * Reads the certificates of a PEM file, the signer's first.
 *
 * @throws CcaRimError COSE_KEY if there is none
 */
export function certificatesFromPem(text: string, what: string): readonly CertificateFacts[] {
  const chain = [...text.matchAll(PEM_CERTIFICATE)].map(([, body = ""], i) =>
    certificateFromDer(plainBytes(Buffer.from(body, "base64")), `${what}: certificate ${i + 1}`),
  );
  if (chain.length > 0) return chain;
  throw new CcaRimError("COSE_KEY", `${what}: there is no certificate in it`, {
    hint: "PEM, the certificate of the signing key first, then each issuer",
  });
}
