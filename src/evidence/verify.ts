/**
 * Verification of a token: every check by name, none silently left out.
 *
 * @module
 */
import { equalBytes, toHex } from "../bytes.ts";
import type { EcPublicKey } from "../formats/cose.ts";
import { DIGEST_SIZE, type HashProvider } from "../hash/hasher.ts";
import { asHashAlgo, isZero, type RealmReference } from "../reference/values.ts";
import { REM_COUNT } from "../rmm/measurement.ts";
import { CHECK_NAMES, type Check, differs, fail, notChecked, ok } from "./checks.ts";
import { isPlatformProfile, isRealmProfile } from "./claims.ts";
import { type SignatureVerifier, signatureProblem } from "./crypto.ts";
import type { CcaToken } from "./token.ts";

/** A key that may have signed platform tokens. */
export interface PlatformKey {
  readonly key: EcPublicKey;
  /** Where it comes from, for messages. */
  readonly origin: string;
  /** The platform it belongs to, where the store says so. */
  readonly implementationId?: Uint8Array;
  readonly instanceId?: Uint8Array;
}

/** What a token is verified against. */
export interface Expectations {
  /** Any of them may fit; undefined: none was given. */
  readonly references: readonly RealmReference[] | undefined;
  readonly platformKeys: readonly PlatformKey[] | undefined;
  /** At most 64 bytes, zero-filled on the right. */
  readonly challenge: Uint8Array | undefined;
}

/** What does the computing. */
export interface VerifyTools {
  readonly verifier: SignatureVerifier;
  readonly hashes: HashProvider;
}

/** The outcome of all checks. */
export interface Verification {
  readonly checks: readonly Check[];
  /** The reference whose RIM is the token's, if there is one. */
  readonly reference: RealmReference | undefined;
}

function checkProfiles({ platform, realm }: CcaToken): Check {
  const platformProfile = platform.profile ?? "none";
  if (!isPlatformProfile(platformProfile)) {
    return fail("profiles", `platform profile ${platformProfile} is not known`);
  }
  if (realm.profile !== undefined && !isRealmProfile(realm.profile)) {
    return fail("profiles", `realm profile ${realm.profile} is not known`);
  }
  const realmProfile = realm.profile ?? "none (legacy)";
  return ok("profiles", `platform ${platformProfile}, realm ${realmProfile}`);
}

function fits(key: PlatformKey, token: CcaToken): boolean {
  const { implementationId, instanceId } = key;
  const { platform } = token;
  return (
    (implementationId === undefined || equalBytes(implementationId, platform.implementationId)) &&
    (instanceId === undefined || equalBytes(instanceId, platform.instanceId))
  );
}

function checkPlatformSignature(
  token: CcaToken,
  keys: readonly PlatformKey[] | undefined,
  verifier: SignatureVerifier,
): Check {
  const name = "platform signature";
  if (keys === undefined) return notChecked(name, "no platform key was given");
  const candidates = keys.filter((key) => fits(key, token));
  if (candidates.length === 0) {
    return fail(
      name,
      "no key of the store is for this platform's implementation id and instance id",
    );
  }
  const problems = candidates.map(
    ({ key, origin }) => [origin, signatureProblem(token.platform.message, key, verifier)] as const,
  );
  const good = problems.find(([, problem]) => problem === undefined);
  if (good !== undefined) {
    return ok(name, `${token.platform.message.algorithmText}, key of ${good[0]}`);
  }
  return fail(name, problems.map(([origin, problem]) => `${origin}: ${problem}`).join("; "));
}

function checkRealmSignature({ realm }: CcaToken, verifier: SignatureVerifier): Check {
  const problem = signatureProblem(realm.message, realm.publicKey, verifier);
  if (problem !== undefined) return fail("realm signature", problem);
  const { algorithmText } = realm.message;
  return ok("realm signature", `${algorithmText}, key in the token (${realm.publicKeyForm})`);
}

function checkBinding({ platform, realm }: CcaToken, hashes: HashProvider): Check {
  const algo = asHashAlgo(realm.publicKeyHashAlgorithm);
  if (algo === undefined) {
    return fail("RAK binding", `the hash ${realm.publicKeyHashAlgorithm} is not known`);
  }
  const digest = hashes(algo).digest(realm.publicKeyClaim);
  const [claim, bound] =
    platform.workloadBinding === undefined
      ? ["challenge (10)", platform.challenge]
      : ["workload binding (2408)", platform.workloadBinding];
  return equalBytes(digest, bound)
    ? ok("RAK binding", `the platform token's ${claim} is the ${algo} of the realm's key`)
    : differs(
        "RAK binding",
        `the platform token's ${claim} is not the ${algo} of the realm's key`,
        digest,
        bound,
      );
}

function checkChallenge({ realm }: CcaToken, challenge: Uint8Array | undefined): Check {
  const found = realm.challenge;
  if (challenge === undefined) return notChecked("challenge", "no challenge was given", found);
  const padded = new Uint8Array(found.length);
  if (challenge.length > padded.length) {
    return fail("challenge", `${challenge.length} bytes were given, a challenge has 64`);
  }
  padded.set(challenge);
  return equalBytes(padded, found)
    ? ok("challenge", "as given", found)
    : differs("challenge", "another challenge than the one given", padded, found);
}

function checkHash({ realm }: CcaToken, expected: RealmReference | undefined): Check {
  const name = "hash algorithm";
  const { hashAlgorithm, initialMeasurement } = realm;
  const algo = asHashAlgo(hashAlgorithm);
  if (algo === undefined) return fail(name, `${hashAlgorithm} is no hash of a Realm`);
  if (DIGEST_SIZE[algo] !== initialMeasurement.length) {
    return fail(
      name,
      `the token says ${algo}, but its RIM has ${initialMeasurement.length} bytes, not ${DIGEST_SIZE[algo]}`,
    );
  }
  if (expected?.hashAlgo !== undefined && expected.hashAlgo !== algo) {
    return fail(name, `expected ${expected.hashAlgo}, the token has ${algo}`);
  }
  return ok(name, algo);
}

function checkRim(
  { realm }: CcaToken,
  references: readonly RealmReference[] | undefined,
  match: RealmReference | undefined,
): Check {
  const found = realm.initialMeasurement;
  if (references === undefined) return notChecked("RIM", "nothing to compare it with", found);
  if (match !== undefined) return ok("RIM", `as in ${match.origin}`, found);
  const [only, ...others] = references;
  if (only === undefined) return fail("RIM", "the reference values name no Realm at all");
  if (others.length === 0) return differs("RIM", `not that of ${only.origin}`, only.rim, found);
  return {
    ...fail("RIM", `none of the ${references.length} reference values`),
    found: toHex(found),
  };
}

function checkRem(token: CcaToken, register: number, expected: RealmReference | undefined): Check {
  const name = CHECK_NAMES.find((check) => check === `REM${register}`) ?? "REM0";
  const found = token.realm.extensibleMeasurements[register] ?? new Uint8Array(0);
  if (expected === undefined) return notChecked(name, "nothing to compare it with", found);
  const value = expected.rem[register];
  if (value === undefined) {
    return notChecked(name, `${expected.origin} says nothing about it`, found);
  }
  if (!equalBytes(value, found)) {
    if (expected.remAtLaunch === undefined) {
      return differs(name, `not that of ${expected.origin}`, value, found);
    }
    const detail = `the Realm has extended it, and ${expected.origin} does not say with what`;
    return notChecked(name, detail, found);
  }
  return ok(name, `as in ${expected.origin}${isZero(found) ? " (never extended)" : ""}`, found);
}

function checkRpv({ realm }: CcaToken, expected: RealmReference | undefined): Check {
  const found = realm.personalizationValue;
  if (expected === undefined) return notChecked("RPV", "nothing to compare it with", found);
  if (expected.rpv === undefined) {
    return notChecked("RPV", `${expected.origin} says nothing about it`, found);
  }
  return equalBytes(expected.rpv, found)
    ? ok("RPV", `as in ${expected.origin}`, found)
    : differs("RPV", `not that of ${expected.origin}`, expected.rpv, found);
}

function measurementChecks(
  token: CcaToken,
  expected: RealmReference | undefined,
): readonly Check[] {
  const rems = Array.from({ length: REM_COUNT }, (_, i) => checkRem(token, i, expected));
  return [...rems, checkRpv(token, expected)];
}

function failures(checks: readonly Check[]): number {
  return checks.filter(({ result }) => result === "FAIL").length;
}

/** Of the references with the token's RIM, the one that fits best. */
function bestMatch(
  token: CcaToken,
  references: readonly RealmReference[] | undefined,
): RealmReference | undefined {
  return references
    ?.filter(({ rim }) => equalBytes(rim, token.realm.initialMeasurement))
    .map((reference) => ({ reference, bad: failures(measurementChecks(token, reference)) }))
    .toSorted((a, b) => a.bad - b.bad)[0]?.reference;
}

/** Makes every check. */
export function verifyToken(
  token: CcaToken,
  expectations: Expectations,
  { verifier, hashes }: VerifyTools,
): Verification {
  const { references, platformKeys, challenge } = expectations;
  const match = bestMatch(token, references);
  // With one reference, REMs and RPV are compared even if the RIM is another.
  const compared = match ?? (references?.length === 1 ? references[0] : undefined);
  const checks = [
    checkProfiles(token),
    checkPlatformSignature(token, platformKeys, verifier),
    checkRealmSignature(token, verifier),
    checkBinding(token, hashes),
    checkChallenge(token, challenge),
    checkHash(token, compared),
    checkRim(token, references, match),
    ...measurementChecks(token, compared),
  ];
  return { checks, reference: match };
}
