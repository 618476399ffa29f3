/**
 * Why two launches have different measurements: the inputs that differ, the first RMI call that
 * measures something else, everything that is measured differently, and the smallest set of inputs
 * that explains it.
 *
 * @module
 */
import { equalBytes, toHex } from "../bytes.ts";
import type { HashProvider } from "../hash/hasher.ts";
import type { PageDigestStore } from "../hash/page-digests.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import type { Launch } from "../replay/launch.ts";
import { type Causes, findCauses } from "./causes.ts";
import { type ComparedLaunch, compareContents } from "./compare-contents.ts";
import { compareOrder, phasesOf } from "./compare-order.ts";
import { compareRealmParams, compareRecs } from "./compare-params.ts";
import { compareRipas } from "./compare-ripas.ts";
import type { DescriptorCounts, Effect } from "./effects.ts";
import { hashAlgoOf, LaunchEvaluator } from "./evaluate.ts";
import { type FirstCall, firstDifferentCall } from "./first-call.ts";
import { compareInputs, type InputDifference } from "./inputs.ts";

/** Measurements of one side. */
export interface DiffSide {
  /** Lower-case hex, as long as the hash. */
  readonly rim: string;
  /** REM0 .. REM3. */
  readonly rem: readonly string[];
  readonly hashAlgo: string;
}

/** Two launches, compared. */
export interface LaunchDiff {
  /** Whether RIM and REMs are the same. */
  readonly equal: boolean;
  readonly a: DiffSide;
  readonly b: DiffSide;
  readonly inputs: readonly InputDifference[];
  /** Which of `inputs` make the RIM differ. */
  readonly causes: Causes;
  /** Null if all calls measure the same. */
  readonly firstCall: FirstCall | null;
  readonly effects: readonly Effect[];
  readonly counts: DescriptorCounts;
}

/** One launch that was measured. */
export interface MeasuredLaunch {
  readonly plan: LaunchPlan;
  readonly launch: Pick<Launch, "rim" | "rem" | "hashAlgo">;
}

/** How hashes are computed. */
export interface DiffTools {
  readonly hashes: HashProvider;
  /** Has, or gets, the page digests of files. */
  readonly store: PageDigestStore;
}

function sideOf({ rim, rem, hashAlgo }: MeasuredLaunch["launch"]): DiffSide {
  return { rim: toHex(rim), rem: rem.map(toHex), hashAlgo };
}

/** If nothing else differs, it must be the order. */
function orderOf(a: ComparedLaunch, b: ComparedLaunch, others: boolean): readonly Effect[] {
  const order = compareOrder(a.launch, b.launch);
  if (order.length > 0 || others) return order;
  return [{ kind: "order", a: phasesOf(a.launch), b: phasesOf(b.launch) }];
}

/**
 * Compares two launches.
 *
 * @throws CcaRimError FILE_* if a file cannot be read any more
 */
export function diffLaunches(a: MeasuredLaunch, b: MeasuredLaunch, tools: DiffTools): LaunchDiff {
  const evaluator = new LaunchEvaluator(tools.hashes, tools.store);
  const one = { plan: a.plan, launch: evaluator.recorder.record(a.plan) };
  const other = { plan: b.plan, launch: evaluator.recorder.record(b.plan) };
  // Pages are compared by one hash, whatever the launches hash with.
  const algo = hashAlgoOf(one.launch);
  const { rim: rimA } = a.launch;
  const { rim: rimB } = b.launch;
  const sameRim = equalBytes(rimA, rimB);
  const inputs = compareInputs(a.plan, b.plan);
  const ripas = compareRipas(one.launch.stretches, other.launch.stretches);
  const contents = compareContents(one, other, evaluator, algo);
  const recs = compareRecs(one.launch, other.launch);
  const found = [
    ...compareRealmParams(one.launch, other.launch),
    ...ripas.effects,
    ...contents.effects,
    ...recs.effects,
  ];
  return {
    equal: sameRim && a.launch.rem.every((rem, i) => equalBytes(rem, b.launch.rem[i] ?? rem)),
    a: sideOf(a.launch),
    b: sideOf(b.launch),
    inputs: inputs.differences,
    causes: findCauses(inputs, evaluator, rimA, rimB),
    firstCall: sameRim ? null : firstDifferentCall(one, other, evaluator, algo),
    effects: sameRim ? [] : [...found, ...orderOf(one, other, found.length > 0)],
    counts: { ripas: ripas.count, data: contents.count, rec: recs.count },
  };
}
