/**
 * Measures the launches of a project for the gate.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { relative } from "node:path";
import { CcaRimError } from "../errors.ts";
import type { Reasons } from "../gate/changes.ts";
import type { Candidate } from "../gate/judge.ts";
import type { LockedLaunch } from "../gate/lock.ts";
import { observe, type TextDigest } from "../gate/observe.ts";
import type { Combination } from "../manifest/matrix.ts";
import { TraceLines } from "../report/trace.ts";
import type { ProgressListener } from "./command.ts";
import { asCcaRimError } from "./errors.ts";
import { ManifestSession } from "./manifest-session.ts";
import { matrixOf, newDigests, type OpenManifest, openManifest } from "./open-manifest.ts";

/** A path as locks, SARIF and annotations write it. */
export function portable(path: string): string {
  return path.replaceAll("\\", "/");
}

/** Characters that are hashed at once: a call for every line takes longer than the hash. */
const PIECE = 32 * 1024;

function textDigest(): TextDigest {
  const hash = createHash("sha256");
  let piece = "";
  return {
    update: (text) => {
      piece += text;
      if (piece.length < PIECE) return;
      hash.update(piece);
      piece = "";
    },
    finish: () => hash.update(piece).digest("hex"),
  };
}

/** Where a manifest is: for the program, for the lock, for people. */
interface Place {
  readonly path: string;
  /** Relative to the lock. */
  readonly name: string;
}

function failed(launch: string, { path }: Place, thrown: unknown): Candidate {
  const error = asCcaRimError(thrown);
  if (error.code.startsWith("BUG_")) throw thrown;
  return { launch, locate: () => error.where ?? { file: path, line: 1 }, result: { error } };
}

/** Explaining one takes about as long as measuring it, and people read the first ones. */
const MOST_EXPLAINED = 12;

/** The lock's entry of a launch, if it has one. */
export type LockedOf = (launch: string) => LockedLaunch | undefined;

/** Explains launches that differ from the lock, the first ones. */
class Explainer {
  readonly #lockedOf: LockedOf;
  #left = MOST_EXPLAINED;

  constructor(lockedOf: LockedOf) {
    this.#lockedOf = lockedOf;
  }

  async why(
    launch: string,
    manifest: OpenManifest,
    session: ManifestSession,
    now: LockedLaunch,
  ): Promise<Reasons | undefined> {
    const locked = this.#lockedOf(launch);
    if (locked === undefined || locked.rim === now.rim || this.#left === 0) return undefined;
    this.#left -= 1;
    const { whyChanged } = await import("./why-changed.ts");
    return whyChanged(manifest, session, locked, now);
  }
}

/** What the launches of a run share. */
interface Run {
  readonly digests: Awaited<ReturnType<typeof newDigests>>;
  readonly explainer: Explainer;
  readonly onProgress: ProgressListener;
}

async function measureOne(
  manifest: OpenManifest,
  place: Place,
  combination: Combination | undefined,
  { explainer, onProgress }: Run,
): Promise<Candidate> {
  const launch = combination === undefined ? place.name : `${place.name}#${combination.label}`;
  try {
    const session = await ManifestSession.of(manifest, { combination });
    await session.startHashing(onProgress);
    const { plan, written, spec, hashes } = session;
    const lines = new TraceLines(spec);
    const now = observe(
      {
        plan,
        written,
        spec,
        hashes,
        trace: session.trace(),
        lineOf: (event) => lines.line(event),
      },
      textDigest(),
    );
    const why = await explainer.why(launch, manifest, session, now);
    manifest.files.verifyUnchanged();
    const { locate } = manifest.text;
    return { launch, locate: (pointer) => locate(pointer, "key"), result: { now, why } };
  } catch (error) {
    return failed(launch, place, error);
  }
}

async function measureManifest(place: Place, run: Run): Promise<readonly Candidate[]> {
  let manifest: OpenManifest;
  try {
    manifest = await openManifest(place.path, run.digests);
  } catch (error) {
    return [failed(place.name, place, error)];
  }
  try {
    const matrix = matrixOf(manifest);
    const candidates: Candidate[] = [];
    for (const combination of matrix?.combinations ?? [undefined]) {
      candidates.push(await measureOne(manifest, place, combination, run));
    }
    return candidates;
  } catch (error) {
    return [failed(place.name, place, error)];
  } finally {
    manifest.files.close();
  }
}

/**
 * Measures manifests; what cannot be measured becomes a candidate with its error.
 *
 * @param paths relative to the working directory, in the order in which they are measured.
 * @param folder of the lock: launches are named relative to it.
 * @param lockedOf what they are compared with: the first that differ are explained.
 */
export async function measureCandidates(
  paths: readonly string[],
  folder: string,
  lockedOf: LockedOf,
  onProgress: ProgressListener,
): Promise<readonly Candidate[]> {
  const run = { digests: await newDigests(), explainer: new Explainer(lockedOf), onProgress };
  const candidates: Candidate[] = [];
  for (const path of paths) {
    const place = { path: portable(path), name: portable(relative(folder, path)) };
    candidates.push(...(await measureManifest(place, run)));
  }
  return candidates;
}

/** Makes sure that nobody accepts values where nobody looks. @throws CcaRimError USAGE_ARGUMENT */
export function refuseUnderCi(environment: Readonly<Record<string, string | undefined>>): void {
  const marks = ["CI", "GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "JENKINS_URL", "TF_BUILD"];
  const mark = marks.find((name) => !["", "0", "false"].includes(environment[name] ?? ""));
  if (mark === undefined) return;
  throw new CcaRimError("USAGE_ARGUMENT", `-u accepts nothing under CI (${mark} is set)`, {
    hint: "run it on your machine, look at what changed, and commit the lock",
  });
}
