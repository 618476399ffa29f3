/**
 * Cryptography for linters, from node:crypto.
 *
 * @module
 */
import { signatureProblem } from "../evidence/crypto.ts";
import { certificateFromDer, nodeVerifier } from "../evidence/node-crypto.ts";
import type { LintCertificate, LintTools } from "../reference/lint/signature.ts";

function certificate(der: Uint8Array, what: string): LintCertificate {
  const facts = certificateFromDer(der, what);
  return {
    publicKey: facts.publicKey,
    subject: facts.subject,
    der,
    isSignedBy: (issuer) => facts.isSignedBy(issuer.der),
  };
}

/** What linters need. */
export const lintTools: LintTools = {
  signatureProblem: (message, key) => signatureProblem(message, key, nodeVerifier),
  certificate,
};
