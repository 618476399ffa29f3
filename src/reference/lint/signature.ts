/**
 * What is wrong with the signature of a signed CoRIM.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import { bytesOf, type CborNode, entryOf, keyIdentity } from "../../formats/cbor/node.ts";
import { readCbor } from "../../formats/cbor/read.ts";
import { type CoseSign1, type EcPublicKey, HEADER } from "../../formats/cose.ts";
import type { Finding } from "./finding.ts";

/** A certificate, as far as a chain is checked here. */
export interface LintCertificate {
  readonly publicKey: EcPublicKey;
  readonly subject: string;
  readonly der: Uint8Array;
  isSignedBy(next: LintCertificate): boolean;
}

/** Cryptography, by whoever has it. */
export interface LintTools {
  /** Why a message's signature does not verify with a key; undefined if it does. */
  readonly signatureProblem: (message: CoseSign1, key: EcPublicKey) => string | undefined;
  /** @throws CcaRimError if bytes are no certificate of an EC key */
  readonly certificate: (der: Uint8Array, what: string) => LintCertificate;
}

function ders(node: CborNode): readonly Uint8Array[] {
  const items = node.kind === "array" ? node.items : [node];
  return items.map((item, i) => bytesOf(item, `x5chain: certificate ${i + 1}`));
}

function chainFindings(
  message: CoseSign1,
  node: CborNode,
  tools: LintTools,
  path: string,
): readonly Finding[] {
  const at = { offset: node.offset, path: `${path}.x5chain` };
  try {
    const chain = ders(node).map((der, i) => tools.certificate(der, `certificate ${i + 1}`));
    const [leaf] = chain;
    if (leaf === undefined) return [{ rule: "chain-missing", message: "an empty chain", ...at }];
    const broken = chain.findIndex((certificate, i) => {
      const issuer = chain[i + 1];
      return issuer !== undefined && !certificate.isSignedBy(issuer);
    });
    const findings: Finding[] = [];
    if (broken >= 0) {
      const message = `certificate ${broken + 1} is not signed by certificate ${broken + 2}`;
      findings.push({ rule: "chain-order", message, ...at });
    }
    const problem = tools.signatureProblem(message, leaf.publicKey);
    if (problem !== undefined) {
      const text = `the signature is not that of ${leaf.subject}: ${problem}`;
      findings.push({ rule: "signature", message: text, offset: message.signatureOffset, path });
    }
    return findings;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return [{ rule: "signature-unchecked", message: text, ...at }];
  }
}

function outerFindings(message: CoseSign1, path: string): readonly Finding[] {
  return message.unprotectedHeader.entries.map(({ key }) => {
    const isChain = keyIdentity(key) === String(HEADER.x5chain);
    return {
      rule: isChain ? "chain-unprotected" : "unprotected-header",
      message: isChain
        ? "the certificates stand in the unprotected header, where verifiers do not look"
        : `header parameter ${keyIdentity(key)} is not covered by the signature`,
      offset: key.offset,
      path,
    };
  });
}

const META_SIGNER = 0;
const SIGNER_NAME = 0;

/** Who signed stands in the corim-meta, which the library lets be empty. */
function signerFindings({ protectedHeader }: CoseSign1, path: string): readonly Finding[] {
  const meta =
    protectedHeader === undefined ? undefined : entryOf(protectedHeader, HEADER.corimMeta);
  // Without it, or where it is no CBOR, the library says so.
  if (meta?.kind !== "bytes") return [];
  try {
    const reading = { what: "corim-meta", base: meta.contentOffset, strict: false };
    const map = readCbor(meta.value, reading);
    const signer = map.kind === "map" ? entryOf(map, META_SIGNER) : undefined;
    const name = signer?.kind === "map" ? entryOf(signer, SIGNER_NAME) : undefined;
    if (name?.kind === "text" && name.value !== "") return [];
    const message = "the corim-meta does not name the signer";
    return [{ rule: "signer-missing", message, offset: meta.offset, path: `${path}.corim-meta` }];
  } catch (error) {
    if (error instanceof CcaRimError) return [];
    throw error;
  }
}

/** What is wrong with a signature and what stands around it. */
export function signatureFindings(message: CoseSign1, tools: LintTools): readonly Finding[] {
  const path = "signature";
  const { protectedHeader } = message;
  const chain =
    protectedHeader === undefined ? undefined : entryOf(protectedHeader, HEADER.x5chain);
  const inner: readonly Finding[] =
    chain === undefined
      ? [
          {
            rule: "chain-missing",
            message:
              "no certificate in the protected header: the signature cannot be checked, and verification services refuse it",
            offset: message.offset,
            path,
          },
        ]
      : chainFindings(message, chain, tools, path);
  return [...inner, ...signerFindings(message, path), ...outerFindings(message, path)];
}
