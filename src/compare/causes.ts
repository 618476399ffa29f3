/**
 * Which of the inputs that differ make the measurement differ.
 *
 * Every subset of the differences is a launch of its own; the smallest subset that turns the first
 * launch's RIM into the second's is the answer. Found by taking differences away as long as the
 * value stays, and, where few are left to choose from, by trying all smaller subsets.
 *
 * @module
 */
import { equalBytes } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import type { LaunchEvaluator } from "./evaluate.ts";
import type { InputComparison } from "./inputs.ts";

/** The inputs that explain a difference. */
export interface Causes {
  /** Indices of the differences, ascending. Empty if the RIMs are the same. */
  readonly inputs: readonly number[];
  /** Whether no smaller set explains it, or only no subset of this one. */
  readonly smallest: boolean;
}

/** Launches that are tried to find a smaller set. */
const MAX_TRIALS = 400;

/** Asks whether some of the differences give a RIM. */
class Trials {
  readonly #inputs: InputComparison;
  readonly #evaluator: LaunchEvaluator;
  readonly #rim: Uint8Array;
  count = 0;

  constructor(inputs: InputComparison, evaluator: LaunchEvaluator, rim: Uint8Array) {
    this.#inputs = inputs;
    this.#evaluator = evaluator;
    this.#rim = rim;
  }

  explains(chosen: ReadonlySet<number>): boolean {
    this.count += 1;
    const rim = this.#measure(this.#inputs.compose(chosen));
    return rim !== undefined && equalBytes(rim, this.#rim);
  }

  /** A launch in between may be impossible, which explains nothing. */
  #measure(plan: LaunchPlan): Uint8Array | undefined {
    try {
      return this.#evaluator.measure(plan);
    } catch (error) {
      if (error instanceof CcaRimError && error.code !== "BUG_INTERNAL") return undefined;
      throw error;
    }
  }
}

/** Takes differences away, one by one, as long as the rest explains the value. */
function reduce(all: readonly number[], trials: Trials): readonly number[] {
  let kept = new Set(all);
  for (const index of all) {
    const without = new Set(kept);
    without.delete(index);
    if (trials.explains(without)) kept = without;
  }
  return [...kept];
}

/** Subsets of `items` with `size` members, in order. */
function* subsets(items: readonly number[], size: number): Generator<readonly number[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (const [i, first] of items.entries()) {
    for (const rest of subsets(items.slice(i + 1), size - 1)) yield [first, ...rest];
  }
}

/**
 * Finds the smallest set of differences that turns one launch's RIM into the other's.
 *
 * @param rimA the RIM with none of them, @param rimB the RIM with all of them.
 */
export function findCauses(
  inputs: InputComparison,
  evaluator: LaunchEvaluator,
  rimA: Uint8Array,
  rimB: Uint8Array,
): Causes {
  if (equalBytes(rimA, rimB)) return { inputs: [], smallest: true };
  const trials = new Trials(inputs, evaluator, rimB);
  const all = inputs.differences.map((_, index) => index);
  const reduced = reduce(all, trials);
  for (let size = 1; size < reduced.length; size++) {
    for (const subset of subsets(all, size)) {
      if (trials.count >= MAX_TRIALS) return { inputs: reduced, smallest: false };
      if (trials.explains(new Set(subset))) return { inputs: subset, smallest: true };
    }
  }
  return { inputs: reduced, smallest: true };
}
