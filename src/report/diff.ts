/**
 * The answer of `diff` as data: launches that were run, or reports of launches.
 *
 * @module
 */
import type { DiffSide, LaunchDiff } from "../compare/diff.ts";
import type { InputDifference } from "../compare/inputs.ts";
import type { ReportedLaunch } from "../compare/report-diff.ts";
import { diffReports } from "../compare/report-diff.ts";

/** One side with the name that people know it by. */
export interface NamedSide extends DiffSide {
  readonly name: string;
}

/** The answer; parts that reports cannot tell are null. */
export interface DiffAnswer {
  readonly equal: boolean;
  readonly a: NamedSide;
  readonly b: NamedSide;
  readonly inputs: readonly InputDifference[];
  readonly causes: LaunchDiff["causes"] | null;
  readonly firstCall: LaunchDiff["firstCall"];
  readonly effects: LaunchDiff["effects"] | null;
  readonly counts: LaunchDiff["counts"] | null;
}

/** The answer for two launches. */
export function launchDiffAnswer(diff: LaunchDiff, nameA: string, nameB: string): DiffAnswer {
  const { equal, a, b, inputs, causes, firstCall, effects, counts } = diff;
  return {
    equal,
    a: { name: nameA, ...a },
    b: { name: nameB, ...b },
    inputs,
    causes,
    firstCall,
    effects,
    counts,
  };
}

function sideOf(name: string, { rim, rem, hashAlgo }: ReportedLaunch): NamedSide {
  return { name, rim, rem, hashAlgo };
}

/** The answer for two reports. */
export function reportDiffAnswer(
  a: ReportedLaunch,
  b: ReportedLaunch,
  nameA: string,
  nameB: string,
): DiffAnswer {
  const { equal, inputs } = diffReports(a, b);
  return {
    equal,
    a: sideOf(nameA, a),
    b: sideOf(nameB, b),
    inputs,
    causes: null,
    firstCall: null,
    effects: null,
    counts: null,
  };
}
