/**
 * A verification in the shape of an EAT Attestation Result. It is not signed, and says so.
 *
 * @see draft-ietf-rats-ear
 * @module
 */
import { toHex } from "../bytes.ts";
import { base64Text } from "../reference/base64.ts";
import type { Check, CheckName, CheckResult } from "./checks.ts";
import type { CcaToken } from "./token.ts";

/** The profile that deployed verifiers use. */
const PROFILE = "tag:github.com,2023:veraison/ear";

type Tier = "none" | "affirming" | "warning" | "contraindicated";

/** Values of the trustworthiness vector. @see draft-ietf-rats-ar4si */
const CLAIM = {
  none: 0,
  affirming: 2,
  approvedBoot: 3,
  unrecognized: 33,
  contraindicated: 96,
  cryptoFailed: 99,
} as const;

function resultOf(checks: readonly Check[], name: CheckName): CheckResult {
  return checks.find((check) => check.name === name)?.result ?? "NOT CHECKED";
}

function worst(values: readonly number[]): Tier {
  const highest = Math.max(...values);
  if (highest >= CLAIM.contraindicated) return "contraindicated";
  if (highest >= 32) return "warning";
  return highest >= CLAIM.affirming ? "affirming" : "none";
}

function graded(result: CheckResult, ok: number, fail: number): number {
  if (result === "ok") return ok;
  return result === "FAIL" ? fail : CLAIM.none;
}

function submodule(vector: Readonly<Record<string, number>>, evidence: object): object {
  return {
    "ear.status": worst(Object.values(vector)),
    "ear.trustworthiness-vector": vector,
    "ear.veraison.annotated-evidence": evidence,
  };
}

function executables(checks: readonly Check[]): number {
  const of = (name: CheckName): CheckResult => resultOf(checks, name);
  const rems = (["REM0", "REM1", "REM2", "REM3"] as const).map(of);
  if (of("RIM") !== "ok") return graded(of("RIM"), CLAIM.affirming, CLAIM.unrecognized);
  if (of("RPV") === "FAIL" || rems.includes("FAIL")) return CLAIM.contraindicated;
  return rems.every((result) => result === "ok") ? CLAIM.affirming : CLAIM.approvedBoot;
}

/** What the Realm's claims rest on: any failure spoils it, anything left out leaves it open. */
function identity(checks: readonly Check[]): number {
  const names = ["platform signature", "realm signature", "RAK binding", "challenge"] as const;
  const results = names.map((name) => resultOf(checks, name));
  if (results.includes("FAIL")) return CLAIM.cryptoFailed;
  return results.includes("NOT CHECKED") ? CLAIM.none : CLAIM.affirming;
}

function realmModule({ realm }: CcaToken, checks: readonly Check[]): object {
  const base = identity(checks);
  const found = executables(checks);
  return submodule(
    {
      "instance-identity": base,
      configuration: CLAIM.none,
      // Nothing is affirmed of claims that rest on nothing.
      executables: base !== CLAIM.none || found >= CLAIM.unrecognized ? found : CLAIM.none,
      "file-system": CLAIM.none,
      hardware: CLAIM.none,
      "runtime-opaque": CLAIM.none,
      "storage-opaque": CLAIM.none,
      "sourced-data": CLAIM.none,
    },
    {
      ...(realm.profile === undefined ? {} : { "cca-realm-profile": realm.profile }),
      "cca-realm-challenge": base64Text(realm.challenge),
      "cca-realm-personalization-value": base64Text(realm.personalizationValue),
      "cca-realm-hash-algo-id": realm.hashAlgorithm,
      "cca-realm-public-key": base64Text(realm.publicKeyClaim),
      "cca-realm-public-key-hash-algo-id": realm.publicKeyHashAlgorithm,
      "cca-realm-initial-measurement": base64Text(realm.initialMeasurement),
      "cca-realm-extensible-measurements": realm.extensibleMeasurements.map(base64Text),
    },
  );
}

function platformModule({ platform }: CcaToken, checks: readonly Check[]): object {
  const signed = graded(
    resultOf(checks, "platform signature"),
    CLAIM.affirming,
    CLAIM.cryptoFailed,
  );
  return submodule(
    {
      "instance-identity": signed,
      configuration: CLAIM.none,
      executables: CLAIM.none,
      "file-system": CLAIM.none,
      hardware: CLAIM.none,
      "runtime-opaque": CLAIM.none,
      "storage-opaque": CLAIM.none,
      "sourced-data": CLAIM.none,
    },
    {
      "cca-platform-profile": platform.profile ?? "",
      "cca-platform-challenge": base64Text(platform.challenge),
      "cca-platform-implementation-id": base64Text(platform.implementationId),
      "cca-platform-instance-id": base64Text(platform.instanceId),
      "cca-platform-lifecycle": Number(platform.lifecycle),
    },
  );
}

/**
 * The result as an EAR claims set. The platform's software is not appraised: its entries are 0.
 *
 * @param build Name and version of this program.
 */
export function earOf(token: CcaToken, checks: readonly Check[], build: string): object {
  return {
    notice: "not signed, not an attestation result",
    unchecked: checks.filter(({ result }) => result === "NOT CHECKED").map(({ name }) => name),
    eat_profile: PROFILE,
    "ear.verifier-id": { build, developer: "cca-rim" },
    eat_nonce: toHex(token.realm.challenge),
    submods: {
      CCA_SSD_PLATFORM: platformModule(token, checks),
      CCA_REALM: realmModule(token, checks),
    },
  };
}
