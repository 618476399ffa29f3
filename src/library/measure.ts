/**
 * Measuring from a program: manifest and bytes in, data out.
 *
 * @module
 */
import type { HashProvider } from "../hash/hasher.ts";
import { nobleHashes } from "../hash/noble.ts";
import { contentDigests } from "../hash/page-digests.ts";
import { placed } from "../manifest/blame.ts";
import type { FileAccess } from "../manifest/files.ts";
import { type LoadedManifest, loadManifest } from "../manifest/load.ts";
import { type FileBytes, memoryFiles } from "../manifest/memory-files.ts";
import { launch, launchTrace } from "../replay/launch.ts";
import { type MeasurementReport, measurementReport } from "../report/measurement.ts";
import { type TraceCall, traceCall } from "../report/trace.ts";
import { rmmSpec } from "../rmm/spec/index.ts";

/** How a manifest is measured. */
export interface MeasureOptions {
  /**
   * Files by path, as the manifest writes them; or an access to files such as `NodeFiles` of
   * "cca-rim/node".
   */
  readonly files?: Readonly<Record<string, FileBytes>> | FileAccess;
  /** Who hashes; default @noble/hashes. In Node, `nodeHashes` of "cca-rim/node" is much faster. */
  readonly hashes?: HashProvider;
}

/** A manifest: YAML or JSON text, or the object that such text stands for. */
export type ManifestInput = string | Readonly<Record<string, unknown>>;

interface Ready extends LoadedManifest {
  readonly hashes: HashProvider;
}

function isAccess(files: NonNullable<MeasureOptions["files"]>): files is FileAccess {
  return typeof files["packageText"] === "function";
}

async function load(manifest: ManifestInput, options: MeasureOptions): Promise<Ready> {
  const { files = {}, hashes = nobleHashes } = options;
  const text = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
  const access = isAccess(files) ? files : memoryFiles(files, hashes);
  const loaded = await loadManifest(text, "manifest", access);
  return { ...loaded, hashes };
}

function toolsOf({ hashes }: Ready): Parameters<typeof launch>[1] {
  return { hashes, digests: (content) => contentDigests(content, hashes) };
}

/**
 * Measures the launch that a manifest describes.
 *
 * @returns RIM and REM in lower-case hex, as long as the hash, and what they rest on: the document
 * of `cca-rim measure --json` without its `schemaVersion`.
 * @throws CcaRimError MANIFEST_*, FILE_*, HOST_*, RMI_REFUSED
 * @example
 * const { rim } = await measure(manifest, { files: { Image: kernel } });
 */
export async function measure(
  manifest: ManifestInput,
  options: MeasureOptions = {},
): Promise<MeasurementReport> {
  const ready = await load(manifest, options);
  try {
    return measurementReport(ready.plan, launch(ready.plan, toolsOf(ready)), "hex");
  } catch (error) {
    throw placed(error, ready.locate);
  }
}

/**
 * Measures a launch and yields each RMI call with its answer and the RIM after it.
 *
 * @returns the report of {@link measure}, when all calls were taken.
 * @throws CcaRimError as {@link measure} does
 */
export async function* trace(
  manifest: ManifestInput,
  options: MeasureOptions = {},
): AsyncGenerator<TraceCall, MeasurementReport, undefined> {
  const ready = await load(manifest, options);
  const spec = rmmSpec(ready.plan.rmm);
  const run = launchTrace(ready.plan, toolsOf(ready));
  try {
    let next = run.next();
    for (; next.done !== true; next = run.next()) {
      if (spec !== undefined) yield traceCall(next.value, spec, false);
    }
    return measurementReport(ready.plan, next.value, "hex");
  } catch (error) {
    throw placed(error, ready.locate);
  }
}
