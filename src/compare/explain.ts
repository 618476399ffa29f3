/**
 * Which change of a launch would give a RIM that was observed.
 *
 * @module
 */
import { equalBytes, toHex } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import { type Candidate, CandidateEvaluator, changedPlan, type Outcome } from "./candidates.ts";
import type { Edit, EditTools } from "./edits/edit.ts";
import { searchSpace } from "./edits/space.ts";
import type { LaunchEvaluator } from "./evaluate.ts";
import { compareInputs, type InputDifference } from "./inputs.ts";
import { Search, type SearchState } from "./search.ts";
import type { StageReport } from "./search-stage.ts";

/** Changes that give the observed RIM. */
export interface Explanation {
  /** As edits of the manifest. */
  readonly changes: readonly InputDifference[];
  /** What is measured otherwise by something that no manifest describes. */
  readonly otherwise: readonly { readonly id: string; readonly text: string }[];
}

/** Values of one group that were tried as a single change. */
export interface TriedGroup {
  readonly group: string;
  readonly values: readonly string[];
}

/** What the search found. */
export interface ExplainResult {
  /**
   * `same`: the launch gives the observed RIM as it is. `explained`. `not-found`: all candidates
   * were tried. `out-of-budget`: some were not.
   */
  readonly status: "same" | "explained" | "not-found" | "out-of-budget";
  /** Lower-case hex. */
  readonly observed: string;
  /** The RIM of the launch as it is, and if there is none, why. */
  readonly expected: string | null;
  readonly refusal: string | null;
  /** The likeliest first; all that one change gives, or one of two changes. */
  readonly explanations: readonly Explanation[];
  readonly stages: readonly StageReport[];
  readonly tried: readonly TriedGroup[];
}

/** Changes that are tried in place of one that explains something. */
const MOST_ALIKE = 64;

/** The RIM of a launch; undefined if it is impossible. */
function measureIfPossible(evaluator: LaunchEvaluator, plan: LaunchPlan): Uint8Array | undefined {
  try {
    return evaluator.measure(plan);
  } catch (error) {
    if (!(error instanceof CcaRimError) || error.code === "BUG_INTERNAL") throw error;
    return undefined;
  }
}

/** Each explanation once: changes that do not count were left out of some. */
function distinct(explanations: readonly Explanation[]): readonly Explanation[] {
  const seen = new Set<string>();
  return explanations.filter((each) => {
    const text = JSON.stringify(each);
    return !seen.has(text) && seen.add(text);
  });
}

/** A search for one observed RIM. */
export class ExplainSearch {
  #search: Search;
  readonly #plan: LaunchPlan;
  readonly #observed: Uint8Array;
  readonly #evaluator: LaunchEvaluator;
  readonly #expected: { readonly rim: string | null; readonly refusal: string | null };
  readonly #candidates: CandidateEvaluator;

  /** @param observed 32, 48 or 64 bytes. */
  constructor(
    plan: LaunchPlan,
    observed: Uint8Array,
    evaluator: LaunchEvaluator,
    tools: EditTools,
  ) {
    this.#plan = plan;
    this.#observed = observed;
    this.#evaluator = evaluator;
    // Running the launch first makes known which files it uses.
    this.#expected = this.#measure();
    this.#search = new Search(searchSpace(plan, tools));
    this.#candidates = new CandidateEvaluator(plan, this.#search.edits, observed, evaluator);
  }

  /** The search; hand its candidates to {@link evaluate}, here or in another thread. */
  get search(): Search {
    return this.#search;
  }

  /** What has to be the same for a state to belong to this search. */
  get identity(): readonly string[] {
    const { rim, refusal } = this.#expected;
    const edits = this.#search.edits.map(({ group, value }) => `${group}=${value}`);
    return [toHex(this.#observed), rim ?? refusal ?? "", ...edits];
  }

  /** Goes on where a search of the same {@link identity} stopped. */
  resume(state: SearchState): void {
    this.#search = Search.resume(this.#search.edits, state);
  }

  /** What becomes of candidates, in this thread. @throws CcaRimError FILE_* */
  evaluate(candidates: readonly Candidate[]): readonly Outcome[] {
    return candidates.map((candidate) => this.#candidates.evaluate(candidate));
  }

  /** Looks at the next `count` candidates in this thread. @returns false at the end */
  step(count: number): boolean {
    const batch = this.search.take(count);
    this.search.report(batch, this.evaluate(batch.candidates));
    return batch.candidates.length > 0;
  }

  /** What is known so far. */
  get result(): ExplainResult {
    const { rim, refusal } = this.#expected;
    const { matches, isOver, isSame, stages, edits } = this.search;
    const open = isOver ? "not-found" : "out-of-budget";
    return {
      status: isSame ? "same" : matches.length > 0 ? "explained" : open,
      observed: toHex(this.#observed),
      expected: rim,
      refusal,
      explanations: isSame
        ? []
        : distinct(this.#withAlike(matches).map((match) => this.#explain(match))),
      stages,
      tried: triedGroups(edits.filter((_, index) => this.search.isTried(index))),
    };
  }

  /** Where two changes explain it, others that measure the same as one of them may, too. */
  #withAlike(matches: readonly Candidate[]): readonly Candidate[] {
    const [match = []] = matches;
    const [first, second] = match;
    if (first === undefined || second === undefined) return matches;
    const others = [
      ...this.#search.alike(first).map((index) => [index, second]),
      ...this.#search.alike(second).map((index) => [first, index]),
    ].slice(0, MOST_ALIKE);
    const outcomes = this.evaluate(others);
    return [...matches, ...others.filter((_, i) => outcomes[i]?.status === "match")];
  }

  #explain(candidate: Candidate): Explanation {
    const { edits } = this.search;
    const chosen = candidate.flatMap((index) => edits[index] ?? []);
    const compared = candidate.filter((index) => edits[index]?.shown === undefined);
    const plan = changedPlan(this.#plan, edits, compared) ?? this.#plan;
    return {
      changes: [
        ...this.#needed(plan),
        ...chosen.flatMap(({ shown }) => (shown === undefined ? [] : [shown])),
      ],
      otherwise: chosen.flatMap(({ quirk }) =>
        quirk === undefined ? [] : [{ id: quirk.id, text: quirk.text }],
      ),
    };
  }

  /** What differs in a launch that explains; of the platform only what counts. */
  #needed(plan: LaunchPlan): readonly InputDifference[] {
    // Only by running it does the changed launch tell which files it uses.
    const rim = this.#evaluator.measure(plan);
    const inputs = compareInputs(this.#plan, plan);
    let kept = new Set(inputs.differences.keys());
    for (const [index, { path }] of inputs.differences.entries()) {
      const without = new Set(kept);
      without.delete(index);
      if (!path.startsWith("platform.") || without.size === 0) continue;
      const other = measureIfPossible(this.#evaluator, inputs.compose(without));
      if (other !== undefined && equalBytes(other, rim)) kept = without;
    }
    return inputs.differences.filter((_, index) => kept.has(index));
  }

  #measure(): { readonly rim: string | null; readonly refusal: string | null } {
    try {
      return { rim: toHex(this.#evaluator.measure(this.#plan)), refusal: null };
    } catch (error) {
      if (!(error instanceof CcaRimError) || error.code === "BUG_INTERNAL") throw error;
      return { rim: null, refusal: error.message };
    }
  }
}

function triedGroups(edits: readonly Edit[]): readonly TriedGroup[] {
  const groups = new Map<string, string[]>();
  for (const { group, value } of edits) {
    const values = groups.get(group);
    if (values === undefined) groups.set(group, [value]);
    else values.push(value);
  }
  return [...groups].map(([group, values]) => ({ group, values }));
}
