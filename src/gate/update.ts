/**
 * Accepting: the lock as it is after the launches of a run took their place in it.
 *
 * @module
 */
import type { Candidate } from "./judge.ts";
import { compareVersions } from "./judge.ts";
import { DEFAULT_PATTERNS, type Lock, type LockedLaunch, manifestOf } from "./lock.ts";

/** What a run accepts. */
export interface Acceptance {
  readonly candidates: readonly Candidate[];
  /** Whether a launch of the lock was looked for. */
  readonly isInScope: (launch: string) => boolean;
  /** Whether everything was looked at: only then the whole lock is this version's word. */
  readonly everything: boolean;
  readonly tool: string;
}

/** Launches of manifests that could not be measured keep what was accepted before. */
function failedLaunches(candidates: readonly Candidate[]): (launch: string) => boolean {
  const failed = new Set(
    candidates.flatMap(({ launch, result }) => ("error" in result ? [launch] : [])),
  );
  return (launch) => failed.has(launch) || failed.has(manifestOf(launch));
}

/**
 * Puts measured launches into a lock and takes those out that are gone.
 *
 * @param current undefined: there is none yet.
 */
export function accept(current: Lock | undefined, acceptance: Acceptance): Lock {
  const { candidates, isInScope, everything, tool } = acceptance;
  const hasFailed = failedLaunches(candidates);
  const kept = Object.entries(current?.launches ?? {}).filter(
    ([launch]) => !isInScope(launch) || hasFailed(launch),
  );
  const measured = candidates.flatMap(({ launch, result }): [string, LockedLaunch][] =>
    "now" in result ? [[launch, result.now]] : [],
  );
  const locked = current?.tool ?? tool;
  return {
    tool: everything && compareVersions(tool, locked) >= 0 ? tool : locked,
    manifests: current?.manifests ?? DEFAULT_PATTERNS,
    launches: Object.fromEntries([...kept, ...measured]),
  };
}
