/**
 * The linter for manifests: what makes a launch irreproducible, or its values fragile.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import type { Assumption } from "../manifest/plan.ts";
import type { Finding } from "../reference/lint/finding.ts";
import { guesses, measurementReport } from "../report/measurement.ts";
import type { ProgressListener } from "./command.ts";
import { ManifestSession } from "./manifest-session.ts";
import { newDigests, type OpenManifest, openManifest } from "./open-manifest.ts";

const SEEDS = ["kaslrSeed", "rngSeed", "secureKaslrSeed", "secureRngSeed"] as const;

function assumptionFinding({ field, value, origin }: Assumption): Finding {
  if (origin === "not-checked") {
    const message = `${field} is not given: whether the RMM offers what the launch asks for is not checked`;
    return { rule: "not-checked", message, path: "/platform" };
  }
  const message = `${field} is assumed to be ${JSON.stringify(value)}: give it under platform if the host may differ`;
  return { rule: "assumed", message, path: "/platform" };
}

function unpinned({ text }: OpenManifest, session: ManifestSession): readonly Finding[] {
  const entries = text.written.files ?? {};
  return session.plan.inputs.flatMap(({ name }) => {
    const isPinned = Object.hasOwn(entries, name) && entries[name]?.sha256 !== undefined;
    const message = `${name} has no sha256: another file of that name gives another RIM unnoticed`;
    return isPinned ? [] : [{ rule: "file-digest" as const, message, path: `/files/${name}` }];
  });
}

function seeded({ plan }: ManifestSession): readonly Finding[] {
  return SEEDS.filter((seed) => plan.platform[seed] !== undefined).map((seed) => ({
    rule: "randomness" as const,
    message: `${seed} is what one launch drew: no other launch has this RIM`,
    path: `/platform/${seed}`,
  }));
}

/** An error of the manifest, or of what it asks for, is a finding as well. */
function refusal(error: unknown): Finding {
  if (!(error instanceof CcaRimError) || error.code === "BUG_INTERNAL") throw error;
  const { message, where } = error;
  const line = where?.line === undefined ? "" : `line ${where.line}: `;
  const path = where?.pointer === undefined ? {} : { path: where.pointer };
  return { rule: "rejected", message: `${line}${message}`, ...path };
}

async function measured(
  manifest: OpenManifest,
  onProgress: ProgressListener,
): Promise<readonly Finding[]> {
  const session = await ManifestSession.of(manifest, {});
  await session.startHashing(onProgress);
  const launch = await session.measure();
  const report = measurementReport(session.plan, launch, "hex");
  return [
    ...seeded(session),
    ...launch.assumed.map(assumptionFinding),
    ...unpinned(manifest, session),
    ...guesses(report).map((model) => ({
      rule: "guess" as const,
      message: `${model} is a guess: nothing confirms it`,
    })),
  ];
}

/**
 * Lints a manifest by measuring it.
 *
 * @throws CcaRimError FILE_NOT_FOUND, FILE_UNREADABLE if the manifest itself cannot be read
 */
export async function lintManifest(
  file: string,
  onProgress: ProgressListener,
): Promise<readonly Finding[]> {
  let manifest: OpenManifest;
  try {
    manifest = await openManifest(file, await newDigests());
  } catch (error) {
    return [refusal(error)];
  }
  try {
    return await measured(manifest, onProgress);
  } catch (error) {
    return [refusal(error)];
  } finally {
    manifest.files.close();
  }
}
