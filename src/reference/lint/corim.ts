/**
 * The linter for CoRIM documents: all that the Go library rejects, and what it lets pass and
 * should not.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import { PLATFORM_PROFILE, REALM_PROFILE } from "../corim/names.ts";
import type { CorimParts } from "../corim/parts.ts";
import { walkCorim } from "../corim/walk.ts";
import { veraisonVerdict } from "../veraison/verdict.ts";
import { encodingFindings } from "./encoding.ts";
import type { Finding } from "./finding.ts";
import { realmFindings, repeatedRealms } from "./realm.ts";
import { type LintTools, signatureFindings } from "./signature.ts";

const REALM_PROFILES: readonly string[] = Object.values(REALM_PROFILE);
const PLATFORM_PROFILES: readonly string[] = Object.values(PLATFORM_PROFILE);

function profileFindings({ profile, roots, isProfileBare }: CorimParts): readonly Finding[] {
  const offset = profile?.node.offset ?? roots[0]?.node.offset ?? 0;
  if (profile === undefined) {
    const message = "no profile: verifiers cannot tell what the values mean, and check little";
    return [{ rule: "profile-missing", message, offset, path: "corim" }];
  }
  if (isProfileBare) {
    const message = "the profile has no tag 32, as in generation 0: current verifiers refuse it";
    return [{ rule: "profile-bare", message, offset, path: profile.path }];
  }
  if (REALM_PROFILES.includes(profile.value) || PLATFORM_PROFILES.includes(profile.value))
    return [];
  const message = `${profile.value} is no CCA profile: nothing in it is checked`;
  return [{ rule: "profile-unknown", message, offset, path: profile.path }];
}

function realmParts(parts: CorimParts): readonly Finding[] {
  const { profile, comids } = parts;
  if (profile === undefined || !REALM_PROFILES.includes(profile.value)) return [];
  const isGeneration2 = profile.value === REALM_PROFILE[2];
  const triples = comids.flatMap((comid) => comid.triples);
  if (triples.length === 0) {
    // They may stand in what could not be read.
    if (parts.findings.some(({ rule }) => rule === "structure")) return [];
    const message = "there are no reference values of Realms in it";
    return [
      { rule: "references-missing", message, offset: profile.node.offset, path: "corim.tags" },
    ];
  }
  return [
    ...triples.flatMap((triple) => realmFindings(triple, isGeneration2)),
    ...repeatedRealms(triples),
  ];
}

function malformed(error: unknown): readonly Finding[] {
  if (!(error instanceof CcaRimError)) throw error;
  const { message, where } = error;
  return [{ rule: "structure", message, offset: where?.offset ?? 0, path: "file" }];
}

function ownFindings(bytes: Uint8Array, tools: LintTools): readonly Finding[] {
  let parts: CorimParts;
  try {
    parts = walkCorim(bytes);
  } catch (error) {
    return malformed(error);
  }
  const { message, roots, findings } = parts;
  return [
    ...findings,
    ...profileFindings(parts),
    ...realmParts(parts),
    ...(message === undefined ? [] : signatureFindings(message, tools)),
    ...roots.flatMap(({ node, path }) => encodingFindings(node, path)),
  ];
}

/**
 * Lints a document.
 *
 * @returns findings in the order of the file; the Go library's rejection first.
 */
export function lintCorim(bytes: Uint8Array, tools: LintTools): readonly Finding[] {
  const found = veraisonVerdict(bytes);
  const own = ownFindings(bytes, tools).toSorted((a, b) => (a.offset ?? 0) - (b.offset ?? 0));
  if (found.verdict === "accept") return own;
  const rejection: Finding = {
    rule: "rejected",
    message: `the Go library rejects it: ${found.message}`,
    offset: found.offset ?? 0,
    path: "file",
  };
  return [rejection, ...own];
}
