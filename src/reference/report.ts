/**
 * Reports of `measure --json` as reference values.
 *
 * @module
 */
import { fromHex } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import { DIGEST_SIZE, type HashAlgo } from "../hash/hasher.ts";
import { REM_COUNT } from "../rmm/measurement.ts";
import { RPV_SIZE } from "../rmm/params.ts";
import { base64Bytes } from "./base64.ts";
import { asHashAlgo, isZero, type RealmReference } from "./values.ts";

/** What of a report matters here. RIM, REMs and RPV are hex or base64 text. */
export interface MeasureReport {
  readonly schemaVersion: 1;
  readonly rim: string;
  readonly rem: readonly string[];
  readonly hashAlgo: HashAlgo;
  readonly rpv: string;
}

/** What of a launch matters here. */
export interface LaunchValues {
  readonly hashAlgo: HashAlgo;
  readonly rim: Uint8Array;
  readonly rem: readonly Uint8Array[];
  readonly rpv: Uint8Array;
}

/**
 * Reference values of a launch.
 *
 * @param predictsRem Whether the manifest says how the Realm extends its REMs.
 */
export function referenceOfLaunch(
  { hashAlgo, rim, rem, rpv }: LaunchValues,
  predictsRem: boolean,
  origin: string,
): RealmReference {
  return { origin, hashAlgo, rim, rem, rpv, ...(predictsRem ? {} : { remAtLaunch: true }) };
}

function reportError(file: string, pointer: string, problem: string): CcaRimError {
  return new CcaRimError("REFERENCE_FORMAT", problem, { where: { file, pointer } });
}

function digits(text: unknown, size: number, file: string, pointer: string): Uint8Array {
  const bytes =
    typeof text === "string"
      ? text.length === 2 * size
        ? fromHex(text)
        : base64Bytes(text)
      : undefined;
  if (bytes?.length === size) return bytes;
  throw reportError(file, pointer, `expected ${size} bytes in hex or base64`);
}

/** Whether a JSON document looks like a report of `measure --json`. */
export function looksLikeReport(document: object): document is MeasureReport {
  return "schemaVersion" in document && "rim" in document && "hashAlgo" in document;
}

/**
 * Reads a report. REMs that are all zero are taken as not predicted: a report does not say.
 *
 * @throws CcaRimError REFERENCE_FORMAT with the JSON pointer
 */
export function referenceOfReport(report: MeasureReport, file: string): RealmReference {
  const hashAlgo = asHashAlgo(String(report.hashAlgo));
  if (hashAlgo === undefined) {
    throw reportError(file, "/hashAlgo", `${String(report.hashAlgo)} is no hash of a Realm`);
  }
  const size = DIGEST_SIZE[hashAlgo];
  const values: unknown = report.rem;
  if (!Array.isArray(values) || values.length !== REM_COUNT) {
    throw reportError(file, "/rem", `expected ${REM_COUNT} values`);
  }
  const rem = values.map((value: unknown, i) => digits(value, size, file, `/rem/${i}`));
  const launch = {
    hashAlgo,
    rim: digits(report.rim, size, file, "/rim"),
    rem,
    rpv: digits(report.rpv, RPV_SIZE, file, "/rpv"),
  };
  return referenceOfLaunch(launch, !rem.every(isZero), file);
}
