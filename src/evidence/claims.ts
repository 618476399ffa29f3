/**
 * Claims of CCA attestation tokens: keys, names, profiles.
 *
 * @see draft-ffm-rats-cca-token, RMM 1.0-rel0 A7.2
 * @module
 */

/** Keys of the outer collection. */
export const PART_KEY = { platform: 44234, realm: 44241 } as const;

/** Tag of the collection of CCA tokens, and of a CMW collection (draft-ietf-rats-msg-wrap). */
export const WRAPPER_TAG = { cca: 399, cmw: 907 } as const;

/** CoAP content format of application/eat+cwt, the type of both parts in a CMW collection. */
export const EAT_CWT_FORMAT = 263;

/** Keys of realm claims. */
export const REALM_CLAIM = {
  challenge: 10,
  instanceId: 256,
  profile: 265,
  personalizationValue: 44235,
  hashAlgorithm: 44236,
  publicKey: 44237,
  initialMeasurement: 44238,
  extensibleMeasurements: 44239,
  publicKeyHashAlgorithm: 44240,
  mecPolicy: 44243,
  lfaPolicy: 44244,
  devicesHash: 44257,
} as const;

/** Keys of platform claims. */
export const PLATFORM_CLAIM = {
  challenge: 10,
  instanceId: 256,
  profile: 265,
  clientId: 2394,
  lifecycle: 2395,
  implementationId: 2396,
  softwareComponents: 2399,
  verificationService: 2400,
  config: 2401,
  hashAlgorithm: 2402,
  manufacturingConfig: 2403,
  rotPublicKeys: 2405,
  workloadBinding: 2408,
} as const;

/** Keys within an entry of `softwareComponents`. */
export const COMPONENT_CLAIM = {
  type: 1,
  measurement: 2,
  version: 4,
  signerId: 5,
  hashAlgorithm: 6,
} as const;

const PLATFORM_BASES: readonly string[] = [
  "http://arm.com/CCA-SSD/1.0.0",
  "tag:arm.com,2023:cca_platform#1.0.0",
  "tag:arm.com,2026:cca_platform#2.0.0",
  "tag:arm.com,2026:cca_platform#2.1.0",
];
const PLATFORM_SUFFIXES: readonly string[] = ["", ";delegated", ";direct", ";HESRAK"];

/** Profiles of realm tokens; tokens of the legacy form have none. */
const REALM_PROFILES: readonly string[] = [
  "tag:arm.com,2023:realm#1.0.0",
  "tag:arm.com,2024:realm#2.0.0",
  "tag:arm.com,2026:realm#2.0.0",
];

/** Whether a platform profile is one that this program knows. */
export function isPlatformProfile(profile: string): boolean {
  return PLATFORM_BASES.some((base) => {
    const suffixes = base.startsWith("tag:arm.com,2026:") ? PLATFORM_SUFFIXES : [""];
    return suffixes.some((suffix) => profile === base + suffix);
  });
}

/** Whether a realm profile is one that this program knows. */
export function isRealmProfile(profile: string): boolean {
  return REALM_PROFILES.includes(profile);
}

const LIFECYCLES: readonly string[] = [
  "unknown",
  "assembly and test",
  "platform RoT provisioning",
  "secured",
  "non-CCA-platform RoT debug",
  "recoverable CCA-platform RoT debug",
  "decommissioned",
];

/** The state that a lifecycle claim encodes in its bits 15:12. */
export function lifecycleName(value: bigint): string {
  return LIFECYCLES[Number((value >> 12n) & 0xfn)] ?? "unknown";
}

function namesOf(table: Readonly<Record<string, number>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(table).map(([name, key]) => [
      String(key),
      name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    ]),
  );
}

/** Names of realm claims, kebab-case, by their key as decimal digits. */
export const REALM_CLAIM_NAME: ReadonlyMap<string, string> = namesOf(REALM_CLAIM);
/** Names of platform claims. */
export const PLATFORM_CLAIM_NAME: ReadonlyMap<string, string> = namesOf(PLATFORM_CLAIM);
/** Names of claims of a software component. */
export const COMPONENT_CLAIM_NAME: ReadonlyMap<string, string> = namesOf(COMPONENT_CLAIM);
