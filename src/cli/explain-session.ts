/**
 * A search for an explanation over the files of a manifest.
 *
 * @module
 */
import type { EditTools } from "../compare/edits/edit.ts";
import { LaunchEvaluator } from "../compare/evaluate.ts";
import { ExplainSearch } from "../compare/explain.ts";
import { CcaRimError } from "../errors.ts";
import type { ResolvedFile } from "../host/files.ts";
import { MAX_DECOMPRESSED } from "../manifest/files.ts";
import type { NodeFiles } from "../manifest/node-files.ts";
import { ManifestSession } from "./manifest-session.ts";
import { neighbours } from "./neighbours.ts";
import { newDigests, type OpenManifest, openManifest } from "./open-manifest.ts";

/** A search with its files open. Close it. */
export interface ExplainSession {
  readonly session: ManifestSession;
  readonly search: ExplainSearch;
  /** Files beside those of the launch, which are tried in their places. */
  readonly beside: readonly string[];
}

/** Unpacks gzip files, each once. */
function unpacker(files: NodeFiles): EditTools["unpack"] {
  const known = new Map<string, ResolvedFile | undefined>();
  return (name, lookup) => {
    if (known.has(name)) return known.get(name);
    const { source, standIn } = lookup.resolve(name);
    const head = new Uint8Array(Math.min(2, source.size));
    source.read(0, head);
    let file: ResolvedFile | undefined;
    if (head[0] === 0x1f && head[1] === 0x8b) {
      try {
        file = { name, standIn, source: files.gunzip(source, MAX_DECOMPRESSED) };
      } catch (error) {
        // Only looks like one: then nobody unpacks it.
        if (!(error instanceof CcaRimError)) throw error;
      }
    }
    known.set(name, file);
    return file;
  };
}

/** Paths of the files that a manifest lists or names. */
function pathsOf({ written: { files = {}, host } }: OpenManifest["text"]): readonly string[] {
  const listed = Object.values(files).flatMap(({ path }) => path ?? []);
  const named = (host.args ?? []).filter((word) => !word.startsWith("-") && !(word in files));
  return [...listed, ...named];
}

/**
 * Opens a manifest and sets a search up; the launch is run once as it is.
 *
 * @param observed 32, 48 or 64 bytes.
 * @param given the files beside the launch's, if another thread has looked for them.
 * @throws CcaRimError MANIFEST_*, FILE_*, HOST_*
 */
export async function openExplain(
  path: string,
  observed: Uint8Array,
  given?: readonly string[],
): Promise<ExplainSession> {
  const shared = await newDigests();
  const manifest = await openManifest(path, shared);
  try {
    const session = await ManifestSession.of(manifest);
    const evaluator = new LaunchEvaluator(shared.hashes, shared.store);
    const beside = given ?? neighbours(path, pathsOf(manifest.text));
    const tools: EditTools = {
      unpack: unpacker(manifest.files),
      listed: Object.keys(manifest.text.written.files ?? {}),
      beside,
    };
    const search = new ExplainSearch(session.plan, observed, evaluator, tools);
    return { session, search, beside };
  } catch (error) {
    manifest.files.close();
    throw error;
  }
}
