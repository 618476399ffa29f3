/**
 * Extensions of certificates as Go's crypto/x509 parses them.
 *
 * @module
 */
import { uriProblem } from "../url.ts";
import { context, DER, type DerElement, DerReader, demand } from "./der.ts";

/** An extension. */
export interface Extension {
  /** Content octets of its OID in hex. */
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

const UINT64 = 2n ** 64n;
const MAX_INT64 = 2n ** 63n - 1n;

const utf8 = new TextDecoder();

function ascii(content: Uint8Array): string {
  demand(
    content.every((byte) => byte < 0x80),
    "text that is not ASCII",
  );
  return utf8.decode(content);
}

/** @param isConstraint Whether a leading dot, for all below, is allowed. */
function isDomain(text: string, isConstraint: boolean): boolean {
  if (text === "") return true;
  const name = isConstraint && text.startsWith(".") ? text.slice(1) : text;
  return /^[!-~]+$/.test(name) && name.split(".").every((label) => label !== "");
}

function checkUri(text: string): void {
  demand(text === "" || uriProblem(text) === undefined, "a URI");
  const [, host = ""] = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(text) ?? [];
  demand(isDomain(host, false), "a URI's domain");
}

/** Numbers of the kinds of general names. */
const NAME = { email: 1, dns: 2, uri: 6, ip: 7 } as const;

function checkAlternativeName({ tag, content }: DerElement): void {
  switch (tag ^ 0x80) {
    case NAME.email:
    case NAME.dns:
      ascii(content);
      break;
    case NAME.uri:
      checkUri(ascii(content));
      break;
    case NAME.ip:
      demand(content.length === 4 || content.length === 16, "an address");
      break;
    default:
  }
}

function isMask(mask: Uint8Array): boolean {
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return /^1*0*$/.test(bits);
}

function checkConstraint({ tag, content }: DerElement): void {
  switch (tag) {
    case context(NAME.dns):
      demand(isDomain(ascii(content), true), "a domain");
      break;
    case context(NAME.email): {
      const text = ascii(content);
      const isGood = text.includes("@") ? /^[^@\s]+@[!-~]+$/.test(text) : isDomain(text, true);
      demand(isGood, "a mailbox");
      break;
    }
    case context(NAME.uri): {
      const text = ascii(content);
      demand(isDomain(text, true) && !/^\d+(?:\.\d+){3}$|:/.test(text), "a domain");
      break;
    }
    case context(NAME.ip): {
      const half = content.length / 2;
      demand((half === 4 || half === 16) && isMask(content.subarray(half)), "addresses");
      break;
    }
    default:
  }
}

function checkNameConstraints(value: DerReader): void {
  const top = value.inside(DER.sequence);
  demand(value.isEmpty, "something behind it");
  const trees = [top.optional(context(0, true)), top.optional(context(1, true))];
  demand(
    top.isEmpty && trees.some((tree) => tree?.isEmpty === false),
    "neither permitted nor excluded names",
  );
  for (const tree of trees) {
    while (tree !== undefined && !tree.isEmpty) checkConstraint(tree.inside(DER.sequence).any());
  }
}

function eachOf(value: DerReader, check: (items: DerReader) => void): void {
  const items = value.inside(DER.sequence);
  while (!items.isEmpty) check(items);
}

function checkBasicConstraints(value: DerReader): void {
  const constraints = value.inside(DER.sequence);
  if (constraints.isNext(DER.boolean)) constraints.boolean();
  if (!constraints.isNext(DER.integer)) return;
  const length = constraints.integer();
  demand(length >= 0n && length <= MAX_INT64, "a path length");
}

function checkDistributionPoint(points: DerReader): void {
  const name = points.inside(DER.sequence).optional(context(0, true))?.inside(context(0, true));
  while (name?.isNext(context(NAME.uri)) === true) name.any();
}

function checkPolicyConstraints(value: DerReader): void {
  const constraints = value.inside(DER.sequence);
  for (const tag of [context(0), context(1)]) {
    if (!constraints.isNext(tag)) continue;
    const count = constraints.integer(tag);
    demand(BigInt.asIntN(64, count) === count, "a count");
  }
}

function checkAuthorityKey(value: DerReader): void {
  const identifier = value.inside(DER.sequence);
  if (identifier.isNext(context(0))) identifier.any();
}

function policyChecker(): (policies: DerReader) => void {
  const seen = new Set<string>();
  return (policies) => {
    const oid = policies.inside(DER.sequence).content(DER.oid);
    const [first, last] = [oid[0], oid.at(-1)];
    const isWhole = first !== undefined && last !== undefined && last < 0x80;
    const isMinimal = oid.every((octet, i) => octet !== 0x80 || (oid[i - 1] ?? 0) >= 0x80);
    const key = oid.join();
    demand(isWhole && isMinimal && !seen.has(key), "a policy");
    seen.add(key);
  };
}

function checkAccess(descriptions: DerReader): void {
  const description = descriptions.inside(DER.sequence);
  description.oid();
  if (description.isNext(context(NAME.uri))) description.any();
}

/** Checks by the last octet of OIDs 2.5.29.n. */
const CHECKS: Readonly<Record<number, (value: DerReader) => void>> = {
  14: (value) => void value.content(DER.octetString),
  15: (value) => void value.bits(),
  17: (value) => eachOf(value, (names) => checkAlternativeName(names.any())),
  19: checkBasicConstraints,
  30: checkNameConstraints,
  31: (value) => eachOf(value, checkDistributionPoint),
  32: (value) => eachOf(value, policyChecker()),
  33: (value) =>
    eachOf(value, (mappings) => {
      const mapping = mappings.inside(DER.sequence);
      mapping.content(DER.oid);
      mapping.content(DER.oid);
    }),
  35: checkAuthorityKey,
  36: checkPolicyConstraints,
  37: (value) => eachOf(value, (usages) => void usages.oid()),
  54: (value) => {
    const count = value.integer();
    demand(count >= -(2n ** 63n) && count < UINT64 / 2n, "a count");
  },
};

const CERTIFICATE_EXTENSION = /^551d([0-7][0-9a-f])$/;
const AUTHORITY_INFO_ACCESS = "2b06010505070101";
/** Those that must not be critical: key identifiers, and where to ask about the issuer. */
const NEVER_CRITICAL: readonly string[] = ["551d0e", "551d23", AUTHORITY_INFO_ACCESS];

/** Checks an extension; those that nobody knows may hold anything. @throws Malformed */
export function checkExtension({ oid, critical, value }: Extension): void {
  demand(!critical || !NEVER_CRITICAL.includes(oid), "an extension is marked critical");
  if (oid === AUTHORITY_INFO_ACCESS) {
    eachOf(new DerReader(value), checkAccess);
    return;
  }
  const [, octet] = CERTIFICATE_EXTENSION.exec(oid) ?? [];
  if (octet !== undefined) CHECKS[Number.parseInt(octet, 16)]?.(new DerReader(value));
}
