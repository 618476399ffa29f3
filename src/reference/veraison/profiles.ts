/**
 * What the profiles that are registered with the library add to its checks: CCA realm, CCA
 * platform, and PSA, which comes along with CCA platform.
 *
 * @module
 */
import type { Triples } from "./comid.ts";
import {
  at,
  type Environment,
  firstProblem,
  type KeyTriple,
  type ValueTriple,
} from "./comid-triples.ts";
import type { Measurement } from "./comid-values.ts";
import type { CryptoKeys } from "./crypto-keys.ts";

/** A profile that the library knows. */
export type KnownProfile = "cca-realm" | "cca-platform" | "psa";

const PROFILES: Readonly<Record<string, KnownProfile>> = {
  "tag:arm.com,2025:cca_realm#1.0.0": "cca-realm",
  "tag:arm.com,2025:cca_platform#1.0.0": "cca-platform",
  "tag:arm.com,2025:psa#1.0.0": "psa",
};

/** The profile of that name; undefined if the library does not know it. */
export function knownProfile(name: string): KnownProfile | undefined {
  return Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
}

function isDigestLength(length: number): boolean {
  return length === 32 || length === 48 || length === 64;
}

function classBytes(environment: Environment, title: string): Uint8Array | string {
  if (environment.class === null) return "environment.class is required";
  const { id } = environment.class.value;
  if (id === null) return `environment.class.id (${title}) is required`;
  const type = id.value?.type ?? "";
  if (id.value?.type !== "bytes") return `${title} must be of type 'bytes', got '${type}'`;
  return id.value.bytes ?? new Uint8Array(0);
}

/** The name of a measurement, or what is wrong with it. */
function nameOf({ key }: Measurement): { readonly name: string } | string {
  const choice = key?.value ?? null;
  if (choice === null) return "mkey is mandatory but not set";
  if (choice.type === "string") return { name: choice.text };
  return `mkey must be of type 'string', got '${choice.type}'`;
}

function digestsOf({ value }: Measurement): readonly (Uint8Array | null)[] | undefined {
  return value.digests === null
    ? undefined
    : (value.digests.value ?? []).map((digest) => digest.value);
}

function registerProblem(measurement: Measurement): string | undefined {
  const digests = digestsOf(measurement);
  if (digests === undefined) return "digests field is mandatory but not set";
  const [digest] = digests;
  if (digests.length === 0) return "digests must contain at least one entry";
  if (digests.length > 1) return `digests must contain exactly one entry, got ${digests.length}`;
  return isDigestLength(digest?.length ?? 0) ? undefined : "hash value must be 32, 48, or 64 bytes";
}

function realmMeasurementProblem(measurement: Measurement, j: number): string | undefined {
  const name = nameOf(measurement);
  if (typeof name === "string") return `measurement at index ${j}: ${name}`;
  switch (name.name) {
    case "cca.rim":
      return at(`RIM measurement at index ${j}`, registerProblem(measurement));
    case "cca.rem0":
    case "cca.rem1":
    case "cca.rem2":
    case "cca.rem3":
      return at(`REM measurement at index ${j}`, registerProblem(measurement));
    case "cca.rpv":
      return measurement.value.rawValue === null
        ? `RPV measurement at index ${j}: raw-value is mandatory for cca.rpv`
        : undefined;
    default:
      return `measurement at index ${j}: invalid mkey "${name.name}", expected 'cca.rim', 'cca.rem0'-'cca.rem3', or 'cca.rpv'`;
  }
}

function hasName(measurement: Measurement, wanted: string): boolean {
  const name = nameOf(measurement);
  return typeof name !== "string" && name.name === wanted;
}

function realmProblem({ environment, measurements }: ValueTriple): string | undefined {
  const rim = classBytes(environment, "RIM");
  if (typeof rim === "string") {
    return rim === "environment.class is required" ? `${rim} for CCA Realm profile` : rim;
  }
  if (!isDigestLength(rim.length)) return "RIM must be 32, 48, or 64 bytes";
  for (const [j, measurement] of measurements.entries()) {
    const problem = realmMeasurementProblem(measurement, j);
    if (problem !== undefined) return problem;
  }
  return measurements.some((measurement) => hasName(measurement, "cca.rim"))
    ? undefined
    : "RIM (cca.rim) measurement is mandatory but not found";
}

function implementationProblem(environment: Environment): string | undefined {
  const id = classBytes(environment, "implementation-id");
  if (typeof id === "string") return id;
  return id.length === 32
    ? undefined
    : `implementation-id must be exactly 32 bytes (got ${id.length})`;
}

function instanceProblem({ instance }: Environment): string | undefined {
  if (instance === null) return "environment.instance (instance-id) is required";
  const { value } = instance;
  if (value?.type !== "ueid") {
    return `instance-id must be of type 'ueid', got '${value?.type ?? ""}'`;
  }
  const { length } = value.bytes ?? [];
  if (length !== 33) return `instance-id must be exactly 33 bytes (got ${length})`;
  return value.bytes?.[0] === 1 ? undefined : "instance-id must have RAND type (0x01)";
}

function signerProblem(keys: { readonly value: CryptoKeys } | null): string | undefined {
  if (keys === null) return "cryptokeys (signer-id) is mandatory but not set";
  const list = keys.value ?? [];
  if (list.length !== 1) return `cryptokeys must contain exactly one entry, got ${list.length}`;
  const key = list[0]?.value ?? null;
  if (key?.type !== "bytes") {
    return `cryptokeys (signer-id) must be of type 'bytes', got '${key?.type ?? ""}'`;
  }
  const { length } = key.bytes ?? [];
  return isDigestLength(length)
    ? undefined
    : `signer-id must be 32, 48, or 64 bytes (got ${length})`;
}

function componentProblem(measurement: Measurement): string | undefined {
  const digests = digestsOf(measurement);
  if (digests === undefined) return "digests: digests field is mandatory but not set";
  if (digests.length === 0) return "digests: digests must contain at least one entry";
  const bad = digests.findIndex((digest) => !isDigestLength(digest?.length ?? 0));
  if (bad >= 0) return `digests: digest at index ${bad}: wrong hash digest size`;
  const signer = at("cryptokeys", signerProblem(measurement.value.cryptoKeys));
  if (signer !== undefined) return signer;
  const version = measurement.value.version?.value;
  // Without a scheme, the library follows a nil pointer.
  if (version === undefined) return undefined;
  return version.scheme?.value === ""
    ? undefined
    : "version-scheme field MUST NOT be present in cca.software-component";
}

function configProblem({ value }: Measurement): string | undefined {
  if (value.rawValue === null) return "raw-value is mandatory for cca.platform-config";
  return value.rawValueMask === null
    ? "raw-value-mask is mandatory for cca.platform-config"
    : undefined;
}

function platformMeasurementProblem(measurement: Measurement): string | undefined {
  const name = nameOf(measurement);
  if (typeof name === "string") return name;
  if (name.name === "cca.software-component") return componentProblem(measurement);
  if (name.name === "cca.platform-config") return configProblem(measurement);
  return `invalid mkey "${name.name}", expected "cca.software-component" or "cca.platform-config"`;
}

function platformProblem({ environment, measurements }: ValueTriple): string | undefined {
  const implementation = at("environment: ", implementationProblem(environment));
  if (implementation !== undefined) return implementation;
  let configs = 0;
  for (const [j, measurement] of measurements.entries()) {
    const problem = platformMeasurementProblem(measurement);
    if (problem !== undefined) return `measurement at index ${j}: ${problem}`;
    if (hasName(measurement, "cca.platform-config")) configs += 1;
    if (configs > 1) {
      return `only one platform-config measurement allowed per triple, found ${configs}`;
    }
  }
  return measurements.some((measurement) => hasName(measurement, "cca.software-component"))
    ? undefined
    : "at least one software component measurement is required";
}

function verificationKeyProblem({ environment, keys }: KeyTriple): string | undefined {
  const problem = implementationProblem(environment) ?? instanceProblem(environment);
  if (problem !== undefined) return `environment: : ${problem}`;
  const list = keys ?? [];
  if (list.length !== 1) {
    return `verification-keys must contain exactly one entry, got ${list.length}`;
  }
  const type = list[0]?.value?.type ?? "";
  // The library names a DER certificate like one in PEM.
  const shown = type === "asn1-cert" ? "pkix-base64-cert" : type;
  return type === "pkix-base64-key"
    ? undefined
    : `verification-key must be of type 'pkix-base64-key', got '${shown}'`;
}

function psaProblem({ environment, measurements }: ValueTriple): string | undefined {
  const problem = implementationProblem(environment);
  if (problem !== undefined) return problem;
  return firstProblem(
    measurements,
    (j) => `measurement at index ${j}`,
    (measurement) => {
      const name = nameOf(measurement);
      if (typeof name === "string") return name;
      if (name.name !== "psa.software-component") {
        return `mkey must be "psa.software-component", got "${name.name}"`;
      }
      return signerProblem(measurement.value.cryptoKeys);
    },
  );
}

const REFERENCE_CHECK: Readonly<
  Record<
    KnownProfile,
    { readonly title: string; readonly check: (t: ValueTriple) => string | undefined }
  >
> = {
  "cca-realm": { title: "realm reference value", check: realmProblem },
  "cca-platform": { title: "platform reference value", check: platformProblem },
  psa: { title: "reference value", check: psaProblem },
};

/** What a profile finds wrong with the triples of a CoMID. */
export function profileProblem(profile: KnownProfile, triples: Triples): string | undefined {
  const { title, check } = REFERENCE_CHECK[profile];
  const problem = firstProblem(
    triples.referenceValues?.value ?? [],
    (i) => `triples validation failed: ${title} at index ${i}`,
    check,
  );
  if (problem !== undefined || profile === "cca-realm") return problem;
  return firstProblem(
    triples.attestVerifKeys?.value ?? [],
    (i) => `triples validation failed: platform attestation verification key at index ${i}`,
    verificationKeyProblem,
  );
}
