/**
 * What a linter finds: data first, wording in one place each.
 *
 * @module
 */

/** Identifiers of what can be wrong with a CoRIM. */
export const LINT_RULES = [
  "rejected",
  "structure",
  "old-wrapper",
  "profile-missing",
  "profile-bare",
  "profile-unknown",
  "class-differs",
  "rim-missing",
  "register-twice",
  "realm-twice",
  "register-unknown",
  "algorithm-unknown",
  "digest-length",
  "digest-padded",
  "digest-flat",
  "digest-count",
  "rpv-length",
  "rpv-form",
  "hash-differs",
  "references-missing",
  "environment-more",
  "value-more",
  "instance-too",
  "authorized-by",
  "key-order",
  "key-twice",
  "key-unknown",
  "long-form",
  "indefinite-length",
  "not-utf8",
  "signature",
  "signature-unchecked",
  "chain-missing",
  "chain-unprotected",
  "chain-order",
  "signer-missing",
  "unprotected-header",
] as const;

/** What can be wrong with a CoRIM. */
export type CorimRule = (typeof LINT_RULES)[number];

/** Identifiers of what can be wrong with reference values in JSON. */
export type JsonRule =
  | "json-value"
  | "json-missing"
  | "json-unknown"
  | "json-encoding"
  | "json-length"
  | "json-twice"
  | "json-version";

/** Identifiers of what makes a manifest irreproducible. */
export type ManifestRule =
  | "assumed"
  | "not-checked"
  | "file-digest"
  | "file-path"
  | "randomness"
  | "host-value"
  | "guess"
  | "refused-step";

/** One finding. */
export interface Finding {
  readonly rule: CorimRule | JsonRule | ManifestRule;
  /** One clear sentence. */
  readonly message: string;
  /** Byte offset in a binary file. */
  readonly offset?: number;
  /** Line and column in a text file, from 1. */
  readonly line?: number;
  readonly column?: number;
  /** What to do about it. */
  readonly fix?: string;
  /** Where in the structure, e.g. `tags[0].triples.reference[1]` or a JSON pointer. */
  readonly path?: string;
}
