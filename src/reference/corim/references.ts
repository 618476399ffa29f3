/**
 * CoRIM documents of all three generations as reference values.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import { REM_COUNT } from "../../rmm/measurement.ts";
import type { Finding } from "../lint/finding.ts";
import { algorithmOf, realmFindings } from "../lint/realm.ts";
import { hashAlgoOfSize, type RealmReference } from "../values.ts";
import { MKEY, REALM_PROFILE, REGISTER } from "./names.ts";
import type { DigestPart, MeasurementPart, Placed, TriplePart } from "./parts.ts";
import { walkCorim } from "./walk.ts";

const REALM_PROFILES: readonly string[] = Object.values(REALM_PROFILE);

/** Rules about what stands there in addition and changes no value. */
const HARMLESS: readonly Finding["rule"][] = ["value-more", "environment-more"];

function refusal(file: string, message: string, offset = 0): CcaRimError {
  return new CcaRimError("REFERENCE_FORMAT", message, {
    where: { file, offset },
    hint: "cca-rim lint tells everything that is wrong with it",
  });
}

function digestUnder(
  measurements: readonly MeasurementPart[],
  name: string,
  register: string,
): Placed<DigestPart> | undefined {
  for (const measurement of measurements) {
    if (measurement.name === name) return measurement.digests?.[0];
    const found = measurement.registers.find((entry) => entry.name === register);
    if (found !== undefined) return found.value[0];
  }
  return undefined;
}

function referenceOf(triple: TriplePart, file: string): RealmReference {
  const [problem] = realmFindings(triple, false).filter(({ rule }) => !HARMLESS.includes(rule));
  if (problem !== undefined) throw refusal(file, problem.message, problem.offset);
  const { measurements, path } = triple;
  const rim = digestUnder(measurements, MKEY.rim, REGISTER.rim);
  if (rim === undefined) throw refusal(file, "there is no RIM", triple.node.offset);
  const rem = Array.from({ length: REM_COUNT }, (_, i) => {
    const digest = digestUnder(measurements, MKEY.rem[i] ?? "", REGISTER.rem[i] ?? "");
    return digest?.value.value;
  });
  const raw = measurements.find((measurement) => measurement.raw !== undefined)?.raw;
  const { value } = rim.value;
  return {
    origin: `${file} ${path.replace("corim.", "")}`,
    hashAlgo: algorithmOf(rim.value) ?? hashAlgoOfSize(value.length),
    rim: value,
    rem,
    rpv: raw?.value,
  };
}

/**
 * Reads the realms of a CoRIM, signed or not. The signature is not checked here.
 *
 * @throws CcaRimError REFERENCE_FORMAT, CBOR_*, COSE_* with file and offset
 */
export function referencesOfCorim(bytes: Uint8Array, file: string): readonly RealmReference[] {
  const { comids, findings, profile } = walkCorim(bytes);
  const [problem] = findings.filter(({ rule }) => rule !== "key-unknown");
  if (problem !== undefined) throw refusal(file, problem.message, problem.offset);
  if (profile === undefined || !REALM_PROFILES.includes(profile.value)) {
    const found = profile === undefined ? "no profile" : `the profile ${profile.value}`;
    throw refusal(file, `a CoRIM with ${found} has no values of Realms`, profile?.node.offset);
  }
  const triples = comids.flatMap((comid) => comid.triples);
  if (triples.length === 0) throw refusal(file, "there are no reference values in it");
  return triples.map((triple) => referenceOf(triple, file));
}
