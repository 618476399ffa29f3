/**
 * Why a launch has other values than its lock: the accepted launch is run again from what the lock
 * keeps of it, and compared with the one of today.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import { diffLaunches, type LaunchDiff } from "../compare/diff.ts";
import { compareWithLock, type Reasons } from "../gate/changes.ts";
import type { LockedLaunch } from "../gate/lock.ts";
import { recall } from "../gate/recall.ts";
import { details, headline, inputLine } from "../report/diff-text.ts";
import { PLAIN } from "../report/style.ts";
import { ManifestSession } from "./manifest-session.ts";
import { evaluatorOf } from "./measure-matrix.ts";
import type { OpenManifest } from "./open-manifest.ts";

function reasonsOf({ causes, inputs, effects }: LaunchDiff): Reasons {
  return {
    causes: causes.inputs.flatMap((i) => {
      const input = inputs[i];
      return input === undefined ? [] : [inputLine(input, PLAIN)];
    }),
    effects: effects.flatMap((effect) => {
      const more = details(effect, PLAIN).split("\n").filter(Boolean);
      return [headline(effect), ...more.map((line) => `  ${line.trim()}`)];
    }),
  };
}

/** Whether there is anything to tell that the lock does not tell alone. */
function isExplainable(locked: LockedLaunch, now: LockedLaunch): boolean {
  const { inputs } = compareWithLock(locked, now);
  // Of a file that changed nobody has the old bytes.
  return locked.rim !== now.rim && !inputs.some(({ what }) => what.startsWith("input "));
}

/**
 * Finds out why a launch has another RIM than when it was accepted.
 *
 * @param session of the launch as it is now.
 * @returns undefined if that cannot be told: a file is another one, or this program does not
 * compute the values of the lock from what the lock describes.
 */
export async function whyChanged(
  manifest: OpenManifest,
  session: ManifestSession,
  locked: LockedLaunch,
  now: LockedLaunch,
): Promise<Reasons | undefined> {
  if (!isExplainable(locked, now)) return undefined;
  try {
    const written = recall(locked, session.written);
    const before = await ManifestSession.of(manifest, { written });
    const evaluator = evaluatorOf(manifest, () => undefined);
    const launch = await before.measureWith(evaluator);
    if (toHex(launch.rim) !== locked.rim) return undefined;
    const today = { plan: session.plan, launch: await session.measureWith(evaluator) };
    return reasonsOf(diffLaunches({ plan: before.plan, launch }, today, manifest));
  } catch {
    // A lock that describes no launch that this program knows explains nothing.
    return undefined;
  }
}
