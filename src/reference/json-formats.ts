/**
 * Reference values as JSON documents and as a policy snippet.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import { DIGEST_SIZE } from "../hash/hasher.ts";
import { RPV_SIZE } from "../rmm/params.ts";
import { base64Text } from "./base64.ts";
import { hashOf, type RealmReference } from "./values.ts";

/** The name under which Trustee's policies find RIMs. */
export const RVPS_RIM = "cca.realm.cca-realm-initial-measurement";

/** Reference values by name, as Trustee's RVPS takes them: a list of base64 texts for each. */
export function rvpsValues(
  references: readonly RealmReference[],
): Readonly<Record<string, readonly string[]>> {
  return { [RVPS_RIM]: references.map(({ rim }) => base64Text(rim)) };
}

/** A message for `rvps-tool register`. */
export function rvpsMessage(
  references: readonly RealmReference[],
): Readonly<Record<string, string>> {
  const payload = new TextEncoder().encode(JSON.stringify(rvpsValues(references)));
  return { version: "0.1.0", type: "sample", payload: base64Text(payload) };
}

/** What a ccatoken store says of one Realm. */
export interface StoreRealm {
  readonly "initial-measurement": string;
  readonly "rak-hash-algorithm": string;
  readonly "extensible-measurements": readonly string[];
  readonly "personalization-value": string;
}

/**
 * A reference value store of ccatoken and of Trustee's local verifier. It demands four REMs and
 * an RPV: where nothing is claimed, zeros stand.
 *
 * @param rakHashAlgo Hash of the RAK that tokens must name.
 */
export function ccatokenStore(
  references: readonly RealmReference[],
  rakHashAlgo: string,
): { readonly platform: readonly never[]; readonly realm: readonly StoreRealm[] } {
  const realm = references.map((reference) => {
    const zero = new Uint8Array(DIGEST_SIZE[hashOf(reference)]);
    return {
      "initial-measurement": toHex(reference.rim),
      "rak-hash-algorithm": rakHashAlgo,
      "extensible-measurements": reference.rem.map((value) => toHex(value ?? zero)),
      "personalization-value": toHex(reference.rpv ?? new Uint8Array(RPV_SIZE)),
    };
  });
  return { platform: [], realm };
}

/** One entry of the plain document. */
export interface PlainReference {
  readonly origin: string;
  readonly hashAlgo: string;
  readonly rim: string;
  /** Null where nothing is claimed. */
  readonly rem: readonly (string | null)[];
  readonly rpv: string | null;
}

/** All there is to say, for programs of one's own: hex, null where nothing is claimed. */
export function plainReferences(references: readonly RealmReference[]): {
  readonly schemaVersion: 1;
  readonly references: readonly PlainReference[];
} {
  return {
    schemaVersion: 1,
    references: references.map((reference) => ({
      origin: reference.origin,
      hashAlgo: hashOf(reference),
      rim: toHex(reference.rim),
      rem: reference.rem.map((value) => (value === undefined ? null : toHex(value))),
      rpv: reference.rpv === undefined ? null : toHex(reference.rpv),
    })),
  };
}

function regoValue(value: Uint8Array | undefined): string {
  return value === undefined ? "null" : JSON.stringify(base64Text(value));
}

function regoEntry(reference: RealmReference): string {
  const { rim, rem, rpv } = reference;
  const lines = [
    "  {",
    `    "hash": ${JSON.stringify(hashOf(reference))},`,
    `    "rim": ${regoValue(rim)},`,
    `    "rem": [${rem.map(regoValue).join(", ")}],`,
    `    "rpv": ${regoValue(rpv)}`,
    "  }",
  ];
  return lines.join("\n");
}

/** A rule for Trustee's attestation policies, with the values in it. */
export function regoSnippet(references: readonly RealmReference[]): string {
  const hasRem = references.some(({ rem }) => rem.some((value) => value !== undefined));
  const hasRpv = references.some(({ rpv }) => rpv !== undefined);
  return `# Checked: the Realm's hash, its RIM${hasRem ? ", its REMs where a value stands" : ""}${hasRpv ? ", its RPV" : ""}.
# Not checked: ${hasRem ? "" : "REMs; "}the platform token; signatures, binding and challenge, which are
# the verifier's part. A null means that nothing is claimed.
#
# To use it: put it into a policy, below its "package" line (leave the import out if the policy has
# it), and say there: executables := 3 if cca_realm_is_expected

import rego.v1

cca_realm_references := [
${references.map(regoEntry).join(",\n")}
]

cca_realm_is_expected if {
  some reference in cca_realm_references
  realm := input.cca.realm
  realm["cca-realm-hash-algo-id"] == reference.hash
  realm["cca-realm-initial-measurement"] == reference.rim
  every i, rem in reference.rem {
    cca_claim_is(realm["cca-realm-extensible-measurements"][i], rem)
  }
  cca_claim_is(realm["cca-realm-personalization-value"], reference.rpv)
}

cca_claim_is(_, expected) if expected == null

cca_claim_is(found, expected) if {
  expected != null
  found == expected
}
`;
}
