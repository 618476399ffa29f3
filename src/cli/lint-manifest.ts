/**
 * The linter for manifests: measures the launch, and says with line and column what makes it
 * irreproducible, or its values fragile.
 *
 * @module
 */
import { lintLaunch } from "../compare/lint.ts";
import { CcaRimError } from "../errors.ts";
import type { LoadedManifest } from "../manifest/load.ts";
import type { Finding } from "../reference/lint/finding.ts";
import type { ProgressListener } from "./command.ts";
import { ManifestSession } from "./manifest-session.ts";
import { newDigests, type OpenManifest, openManifest } from "./open-manifest.ts";

/** Line and column of a JSON pointer. */
function placeOf(
  locate: LoadedManifest["locate"],
  pointer: string,
): Pick<Finding, "line" | "column"> {
  const { line, column } = locate(pointer);
  return { ...(line !== undefined && { line }), ...(column !== undefined && { column }) };
}

/** An error of the manifest, or of what it asks for, is a finding as well. */
function refusal(error: unknown): Finding {
  if (!(error instanceof CcaRimError) || error.code === "BUG_INTERNAL") throw error;
  const { message, where, hint } = error;
  return {
    rule: "rejected",
    message,
    ...(hint !== undefined && { fix: hint }),
    ...(where?.line !== undefined && { line: where.line }),
    ...(where?.column !== undefined && { column: where.column }),
    ...(where?.pointer !== undefined && { path: where.pointer }),
  };
}

async function measured(
  manifest: OpenManifest,
  onProgress: ProgressListener,
): Promise<readonly Finding[]> {
  const session = await ManifestSession.of(manifest, {});
  await session.startHashing(onProgress);
  const { assumed, refused } = await session.measure();
  const { plan, locate } = session;
  const requests = plan.host.hypervisor === "direct" ? undefined : session.requests();
  const listed = manifest.text.written.files ?? {};
  const found = lintLaunch({ plan, requests, assumed, refused, listed });
  session.verifyUnchanged();
  return found.map(({ rule, message, fix, pointer }) => ({
    rule,
    message,
    fix,
    ...placeOf(locate, pointer),
    path: pointer,
  }));
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
