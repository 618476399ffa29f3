/**
 * The verdict of the Go library veraison/corim, at commit 53b3014 with its CCA profiles, on a
 * document: exactly what it accepts, what it rejects, and what it says then.
 *
 * @module
 */
import { checkCorimTag, checkUnsigned, peekProfile } from "./corim.ts";
import { asRejection } from "./rejection.ts";
import { checkSigned } from "./signed.ts";

/** What the library says. */
export type VeraisonVerdict =
  | {
      readonly verdict: "accept";
      /** One line in the library's manner. */
      readonly message: string;
      readonly id: string;
      readonly profile: string;
      readonly signed: boolean;
      /** DER of the signing certificate; undefined if the protected header has none. */
      readonly certificate: Uint8Array | undefined;
    }
  | {
      readonly verdict: "reject";
      readonly message: string;
      /** Offset of what it stumbles over, where that is known. */
      readonly offset: number | undefined;
      readonly signed: boolean;
    };

/** Tag 500 around tag 502: how drafts before -03 wrapped signed documents. */
const OLD_PREFIX: readonly number[] = [0xd9, 0x01, 0xf4, 0xd9, 0x01, 0xf6];

/** Whether bytes begin like a signed document. */
export function looksSigned(bytes: Uint8Array): boolean {
  return bytes[0] === 0xd2 || OLD_PREFIX.every((byte, i) => bytes[i] === byte);
}

/** Judges a document. */
export function veraisonVerdict(bytes: Uint8Array): VeraisonVerdict {
  const signed = looksSigned(bytes);
  try {
    if (signed) {
      const { id, profile, certificate } = checkSigned(bytes);
      const message =
        certificate === undefined
          ? "signed, no signing certificate (services would refuse)"
          : "signed, with a signing certificate";
      return { verdict: "accept", message, id, profile, signed, certificate };
    }
    checkCorimTag(bytes, 0);
    const peeked = peekProfile(bytes.subarray(3), 3);
    const { id, profile } = checkUnsigned(bytes, 0, peeked);
    const message = `corim ok id=${id} profile=${profile}`;
    return { verdict: "accept", message, id, profile, signed, certificate: undefined };
  } catch (error) {
    const { message, offset } = asRejection(error);
    return { verdict: "reject", message, offset, signed };
  }
}
