/**
 * Signed CoRIM: COSE_Sign1 around an unsigned document.
 *
 * @see draft-ietf-rats-corim-11, 4.2
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import { type CborValue, cborMap, tagged, writeCbor } from "../../formats/cbor/write.ts";
import {
  ALGORITHM_ID,
  ALGORITHM_OF,
  type EcPublicKey,
  HEADER,
  sameKey,
  signatureInput,
  writeSign1,
} from "../../formats/cose.ts";
import { type Validity, validityValue } from "./build.ts";
import { TAG } from "./names.ts";

/** The only content type that verifiers take. */
export const CONTENT_TYPE = "application/rim+cbor";

const META = { signer: 0, validity: 1 } as const;
const SIGNER = { name: 0, uri: 1 } as const;

const CHAIN_HINT = "put the certificate of the key first, then that of each issuer";

/** Makes signatures, ECDSA with the key's own hash. */
export interface CorimSigner {
  readonly publicKey: EcPublicKey;
  /** @returns `r || s` */
  sign(message: Uint8Array): Uint8Array;
}

/** A certificate, as far as signing needs it. */
export interface ChainCertificate {
  readonly der: Uint8Array;
  readonly publicKey: EcPublicKey;
  /** Whether the certificate with that DER has signed this one. */
  isSignedBy(issuer: Uint8Array): boolean;
}

/** What is said about the signature. */
export interface SigningOptions {
  /** Certificate of the signing key first. */
  readonly chain: readonly ChainCertificate[];
  readonly signerName: string;
  readonly signerUri?: string;
  readonly validity?: Validity;
  readonly keyId?: Uint8Array;
}

function metaValue({ signerName, signerUri, validity }: SigningOptions): CborValue {
  const signer = cborMap([
    [SIGNER.name, signerName],
    [SIGNER.uri, signerUri === undefined ? undefined : tagged(TAG.uri, signerUri)],
  ]);
  return cborMap([
    [META.signer, signer],
    [META.validity, validity === undefined ? undefined : validityValue(validity)],
  ]);
}

function chainValue(chain: readonly ChainCertificate[]): CborValue | undefined {
  const [only, ...others] = chain;
  if (only === undefined) return undefined;
  return others.length === 0 ? only.der : chain.map(({ der }) => der);
}

/**
 * Signs a document: ES256, ES384 or ES512, as the key's curve has it. The certificates stand in
 * the protected header, where verifiers look for them.
 *
 * @param corim An unsigned document, tag 501 included.
 * @throws CcaRimError REFERENCE_VALUE if the first certificate is not for the signing key, or one is
 *   not signed by the next
 */
export function signCorim(
  corim: Uint8Array,
  signer: CorimSigner,
  options: SigningOptions,
): Uint8Array {
  const [leaf] = options.chain;
  if (leaf !== undefined && !sameKey(leaf.publicKey, signer.publicKey)) {
    throw new CcaRimError("REFERENCE_VALUE", "the first certificate is not for the signing key", {
      hint: CHAIN_HINT,
    });
  }
  const broken = options.chain.findIndex((certificate, i) => {
    const issuer = options.chain[i + 1];
    return issuer !== undefined && !certificate.isSignedBy(issuer.der);
  });
  if (broken >= 0) {
    const message = `certificate ${broken + 1} of the chain is not signed by certificate ${broken + 2}`;
    throw new CcaRimError("REFERENCE_VALUE", message, { hint: CHAIN_HINT });
  }
  const header = writeCbor(
    cborMap([
      [HEADER.alg, ALGORITHM_ID[ALGORITHM_OF[signer.publicKey.curve]]],
      [HEADER.contentType, CONTENT_TYPE],
      [HEADER.keyId, options.keyId],
      [HEADER.corimMeta, writeCbor(metaValue(options))],
      [HEADER.x5chain, chainValue(options.chain)],
    ]),
  );
  return writeSign1(header, corim, signer.sign(signatureInput(header, corim)));
}
