/**
 * Signatures over COSE_Sign1 messages, with the arithmetic left to whoever has it.
 *
 * @module
 */
import { entryOf } from "../formats/cbor/node.ts";
import {
  ALGORITHM_OF,
  type CoseSign1,
  CURVE_OF,
  type EcPublicKey,
  HEADER,
  signatureFault,
  signatureInput,
} from "../formats/cose.ts";

/** Checks an ECDSA signature: SHA-256 on P-256, SHA-384 on P-384, SHA-512 on P-521. */
export interface SignatureVerifier {
  /**
   * @param signature `r || s`, both in range and of the right length.
   * @returns false, too, if the key is not a point of its curve.
   */
  verify(key: EcPublicKey, message: Uint8Array, signature: Uint8Array): boolean;
}

/** Makes ECDSA signatures with one key. */
export interface EcSigner {
  readonly publicKey: EcPublicKey;
  /** @returns `r || s` */
  sign(message: Uint8Array): Uint8Array;
}

const UNDERSTOOD: readonly bigint[] = Object.values(HEADER).map(BigInt);

/** Header parameters that the signer calls critical must be understood. @see RFC 9052 3.1 */
function criticalProblem({ protectedHeader }: CoseSign1): string | undefined {
  const critical =
    protectedHeader === undefined ? undefined : entryOf(protectedHeader, HEADER.crit);
  if (critical === undefined) return undefined;
  const isUnderstood =
    critical.kind === "array" &&
    critical.items.every((item) => item.kind === "uint" && UNDERSTOOD.includes(item.value));
  return isUnderstood ? undefined : "its header calls a parameter critical that is not known here";
}

/**
 * Why the signature of a message does not verify with a key.
 *
 * @returns undefined if it verifies.
 */
export function signatureProblem(
  message: CoseSign1,
  key: EcPublicKey,
  verifier: SignatureVerifier,
): string | undefined {
  const { algorithm, algorithmText } = message;
  if (algorithm === undefined) {
    return `its algorithm is ${algorithmText}, not ES256, ES384 or ES512`;
  }
  if (CURVE_OF[algorithm] !== key.curve) {
    return `its algorithm is ${algorithm}, but the key is on ${key.curve} (${ALGORITHM_OF[key.curve]})`;
  }
  const critical = criticalProblem(message);
  if (critical !== undefined) return critical;
  const fault = signatureFault(message.signature, key.curve);
  if (fault !== undefined) return fault;
  const signed = signatureInput(message.protectedBytes, message.payload);
  return verifier.verify(key, signed, message.signature)
    ? undefined
    : "it does not verify with this key";
}
