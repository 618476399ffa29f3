/**
 * Reports of `measure --json` as inputs of other commands.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { ReportedLaunch } from "../compare/report-diff.ts";
import { CcaRimError } from "../errors.ts";
import { readText } from "../manifest/read.ts";
import { validateText } from "../manifest/validate.ts";
import type { ProgressListener } from "./command.ts";
import { ManifestSession } from "./manifest-session.ts";
import { PACKAGE } from "./package-folder.ts";
import { readBytes, textOf } from "./read-file.ts";

const SCHEMA = new URL("schemas/report.schema.json", PACKAGE);
/** Larger files are no reports. */
const LARGEST = 16 * 1024 * 1024;

/** Whether a file looks like a report: a JSON object with a RIM. @throws CcaRimError FILE_* */
export function isReport(path: string): boolean {
  const text = textOf(readBytes(path, LARGEST));
  if (text === undefined || !/^\s*\{/.test(text)) return false;
  return /"schemaVersion"/.test(text) && /"rim"/.test(text);
}

async function readReport(path: string): Promise<ReportedLaunch> {
  const document = await readText(textOf(readBytes(path, LARGEST)) ?? "", path);
  await validateText(document, readFileSync(SCHEMA, "utf8"));
  const report = document.value as ReportedLaunch;
  if (/^[0-9a-f]+$/.test(report.rim)) return report;
  throw new CcaRimError("MANIFEST_VALUE", "a report in base64 is not compared", {
    where: { file: path },
    hint: "make it with measure --json --encoding hex",
  });
}

/** A report; of a manifest the report that `measure` makes. */
export async function readMeasured(
  path: string,
  onProgress: ProgressListener,
): Promise<ReportedLaunch> {
  if (isReport(path)) return readReport(path);
  const { measurementReport } = await import("../report/measurement.ts");
  const session = await ManifestSession.open(path);
  try {
    await session.startHashing(onProgress);
    const report = measurementReport(session.plan, await session.measure(), "hex");
    // Digests of inputs are computed when they are looked at, which needs the open files.
    const inputs = report.inputs.map(({ name, sha256, size }) => ({ name, sha256, size }));
    session.verifyUnchanged();
    return { ...report, inputs };
  } finally {
    session.close();
  }
}
