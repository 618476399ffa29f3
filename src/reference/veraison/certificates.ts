/**
 * What the library asks of X.509, answered by whoever can parse it.
 *
 * @module
 */

/** Parsers of DER. */
export interface CertificateParser {
  /** Whether bytes are a SubjectPublicKeyInfo with a key of a known type. */
  readonly isPublicKey: (der: Uint8Array) => boolean;
  /** Whether bytes are one X.509 certificate. */
  readonly isCertificate: (der: Uint8Array) => boolean;
}
