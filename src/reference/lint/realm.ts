/**
 * What a realm's reference values must be, whether or not a verifier looks.
 *
 * @module
 */
import { equalBytes, toHex } from "../../bytes.ts";
import { DIGEST_SIZE, type HashAlgo } from "../../hash/hasher.ts";
import { RPV_SIZE } from "../../rmm/params.ts";
import { HASH_ID, MKEY, REGISTER } from "../corim/names.ts";
import type { DigestPart, MeasurementPart, Placed, TriplePart } from "../corim/parts.ts";
import { asHashAlgo, hashAlgoOfSize, isZero } from "../values.ts";
import type { Finding } from "./finding.ts";

const ALGOS = Object.keys(HASH_ID) as HashAlgo[];

/** The hash that a digest names; undefined if a Realm cannot have it. */
export function algorithmOf({ algorithm }: DigestPart): HashAlgo | undefined {
  if (typeof algorithm === "string") return asHashAlgo(algorithm);
  return ALGOS.find((name) => BigInt(HASH_ID[name]) === algorithm);
}

function finding(
  rule: Finding["rule"],
  message: string,
  at: Placed<unknown> | TriplePart | MeasurementPart,
): Finding {
  return { rule, message, offset: at.node.offset, path: at.path };
}

function algorithmHint({ algorithm }: DigestPart): string {
  const text = String(algorithm);
  const lower = asHashAlgo(text.toLowerCase());
  return typeof algorithm === "string" && lower !== undefined ? `; it is written "${lower}"` : "";
}

/** Whether a shorter digest was filled up with zeros. */
function isPadded(value: Uint8Array): boolean {
  const shorter = Object.values(DIGEST_SIZE).filter((size) => size < value.length);
  return !isZero(value) && shorter.some((size) => isZero(value.subarray(size)));
}

function digestFindings(digest: Placed<DigestPart>): readonly Finding[] {
  const { value } = digest.value;
  const algo = algorithmOf(digest.value);
  const findings: Finding[] = [];
  if (algo === undefined) {
    const named =
      digest.value.algorithm === undefined ? "an unknown kind" : String(digest.value.algorithm);
    const message = `algorithm ${named} is no hash of a Realm (1, 7, 8 or sha-256, sha-384, sha-512)${algorithmHint(digest.value)}`;
    findings.push(finding("algorithm-unknown", message, digest));
  }
  if (isPadded(value)) {
    findings.push(
      finding(
        "digest-padded",
        `a digest that was filled up with zeros to ${value.length} bytes`,
        digest,
      ),
    );
  } else if (algo !== undefined && value.length !== DIGEST_SIZE[algo]) {
    const message = `${value.length} bytes, but ${algo} gives ${DIGEST_SIZE[algo]}`;
    findings.push(finding("digest-length", message, digest));
  } else if (algo === undefined && hashAlgoOfSize(value.length) === undefined) {
    findings.push(finding("digest-length", `a digest of ${value.length} bytes`, digest));
  }
  return findings;
}

/** A register's digests, by whatever generation. */
interface Register {
  readonly name: string;
  readonly digests: readonly Placed<DigestPart>[];
  readonly at: Placed<unknown> | MeasurementPart;
}

function registersOf(triple: TriplePart): readonly Register[] {
  return triple.measurements.flatMap((measurement) => [
    ...(measurement.digests === undefined
      ? []
      : [{ name: measurement.name ?? "", digests: measurement.digests, at: measurement }]),
    ...measurement.registers.map((register) => ({
      name: register.name === REGISTER.rim ? MKEY.rim : `cca.${register.name}`,
      digests: register.value,
      at: register,
    })),
  ]);
}

const REGISTER_NAMES: readonly string[] = [MKEY.rim, ...MKEY.rem];

/** A Realm has one hash for all its registers. */
function hashFindings(registers: readonly Register[]): readonly Finding[] {
  const rim = registers.find(({ name }) => name === MKEY.rim)?.digests[0]?.value.value;
  const known = registers.filter(({ name }) => REGISTER_NAMES.includes(name));
  return known.flatMap(({ name, digests }) =>
    digests
      .filter(({ value }) => rim !== undefined && value.value.length !== rim.length)
      .map((digest) => {
        const message = `${name} has ${digest.value.value.length} bytes, the RIM ${rim?.length}: a Realm has one hash`;
        return finding("hash-differs", message, digest);
      }),
  );
}

/** What no verifier of Realms looks at. */
function otherFindings({ others, measurements }: TriplePart): readonly Finding[] {
  return [
    ...others.map((other) =>
      finding(
        "environment-more",
        `the key ${other.value}: the RIM as class id is all that names a Realm`,
        other,
      ),
    ),
    ...measurements.flatMap((measurement) =>
      measurement.others.map((other) =>
        finding("value-more", `the value ${other.value} is one that nobody compares`, other),
      ),
    ),
  ];
}

function registerFindings(registers: readonly Register[]): readonly Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const { name, digests, at } of registers) {
    if (!REGISTER_NAMES.includes(name)) {
      const message =
        name === "" ? "digests without a name" : `"${name}" is no register of a Realm`;
      findings.push(finding("register-unknown", message, at));
    }
    if (seen.has(name)) findings.push(finding("register-twice", `a second ${name}`, at));
    seen.add(name);
    if (digests.length !== 1) {
      findings.push(finding("digest-count", `${digests.length} digests, expected one`, at));
    }
    findings.push(...digests.flatMap(digestFindings));
  }
  return findings;
}

function rpvFindings(triple: TriplePart): readonly Finding[] {
  const values = triple.measurements.filter(({ raw }) => raw !== undefined);
  const findings = triple.measurements
    .filter(({ name, raw }) => name === MKEY.rpv && raw === undefined)
    .map((at) => finding("rpv-form", "an RPV is a plain byte string, with tag 560", at));
  for (const [i, measurement] of values.entries()) {
    const { raw, name } = measurement;
    if (raw === undefined) continue;
    const isGeneration0 = name === undefined && measurement.registers.length > 0;
    if (name !== MKEY.rpv && !isGeneration0) {
      findings.push(finding("register-unknown", `a raw value under "${name ?? ""}"`, measurement));
    }
    if (raw.value.length !== RPV_SIZE) {
      const message = `an RPV has ${RPV_SIZE} bytes, this one ${raw.value.length}`;
      findings.push(finding("rpv-length", message, raw));
    }
    if (i > 0) findings.push(finding("register-twice", "a second RPV", measurement));
  }
  return findings;
}

function identityFindings(triple: TriplePart, registers: readonly Register[]): readonly Finding[] {
  const rims = registers.filter(({ name }) => name === MKEY.rim);
  const id = triple.classId ?? triple.instance;
  const findings: Finding[] = [];
  if (rims.length === 0) findings.push(finding("rim-missing", `there is no ${MKEY.rim}`, triple));
  if (triple.classId !== undefined && triple.hasInstance) {
    findings.push(
      finding(
        "instance-too",
        "class id and instance both: the class id alone names a Realm",
        triple,
      ),
    );
  }
  for (const { digests } of rims) {
    for (const digest of digests) {
      if (id === undefined || equalBytes(id.value, digest.value.value)) continue;
      const message = `the environment names ${toHex(id.value)}, but the RIM is ${toHex(digest.value.value)}: verifiers look references up by the former`;
      findings.push(finding("class-differs", message, id));
    }
  }
  return findings;
}

/** What is wrong with one Realm's reference values. */
export function realmFindings(triple: TriplePart, noAuthorization: boolean): readonly Finding[] {
  const registers = registersOf(triple);
  const authorized = triple.measurements.filter(({ hasAuthorization }) => hasAuthorization);
  return [
    ...identityFindings(triple, registers),
    ...registerFindings(registers),
    ...hashFindings(registers),
    ...rpvFindings(triple),
    ...otherFindings(triple),
    ...(noAuthorization
      ? authorized.map((at) =>
          finding("authorized-by", "authorized-by must be absent in this generation", at),
        )
      : []),
  ];
}

/** What is wrong between the Realms of a document: the same one twice. */
export function repeatedRealms(triples: readonly TriplePart[]): readonly Finding[] {
  const seen = new Map<string, string>();
  return triples.flatMap((triple) => {
    const id = triple.classId ?? triple.instance;
    if (id === undefined) return [];
    const hex = toHex(id.value);
    const before = seen.get(hex);
    if (before === undefined) {
      seen.set(hex, triple.path);
      return [];
    }
    return [finding("realm-twice", `the same Realm as ${before}`, triple)];
  });
}
