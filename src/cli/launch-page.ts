/**
 * Runs a launch for a page about it.
 *
 * @module
 */
import { HYPERVISOR_MODELS, type ModelInfo, RMM_MODELS, vmmModel } from "../host/models.ts";
import type { Launch } from "../replay/launch.ts";
import { loadedRanges, StageCollector } from "../replay/stages.ts";
import { type LaunchPage, pageModels } from "../report/html/launch.ts";
import { measurementReport } from "../report/measurement.ts";
import { modelsReport } from "../report/models.ts";
import type { ProgressListener } from "./command.ts";
import { ManifestSession } from "./manifest-session.ts";
import { portable } from "./measure-candidates.ts";
import { openManifest, type SharedDigests } from "./open-manifest.ts";

/** A launch that was run, its files still open. Close it. */
export interface RunLaunch {
  readonly session: ManifestSession;
  readonly launch: Launch;
  readonly page: LaunchPage;
}

function infoOf(name: string): ModelInfo | undefined {
  return (
    [...RMM_MODELS, ...HYPERVISOR_MODELS].find((model) => model.name === name) ?? vmmModel(name)
  );
}

async function runSession(
  session: ManifestSession,
  path: string,
  onProgress: ProgressListener,
): Promise<RunLaunch> {
  const { plan, spec, hashes } = session;
  await session.startHashing(onProgress);
  const collector = new StageCollector(spec, hashes, loadedRanges(plan));
  const trace = session.trace();
  let next = trace.next();
  for (; next.done !== true; next = trace.next()) collector.add(next.value);
  const launch = next.value;
  const report = measurementReport(plan, launch, "hex");
  session.verifyUnchanged();
  const file = portable(path);
  const page = {
    name: plan.name ?? file,
    file,
    report,
    models: pageModels(report, infoOf, modelsReport([]).proofClasses),
    stages: collector.finish(),
  };
  return { session, launch, page };
}

/**
 * Runs the launch of a manifest.
 *
 * @throws CcaRimError as measuring it does
 */
export async function runLaunch(
  path: string,
  shared: SharedDigests,
  onProgress: ProgressListener,
): Promise<RunLaunch> {
  const manifest = await openManifest(path, shared);
  try {
    return await runSession(await ManifestSession.of(manifest), path, onProgress);
  } catch (error) {
    manifest.files.close();
    throw error;
  }
}
