/**
 * The order in which an explanation is searched: the launch as it is, then one change, then one of
 * the rare ones that are never combined, then two, each the likeliest first. Knows nothing of how candidates are evaluated, nor where; results may
 * come in any order, and the answer does not depend on it.
 *
 * @module
 */
import type { Candidate, Outcome } from "./candidates.ts";
import type { Edit } from "./edits/edit.ts";
import { type Counts, NO_COUNTS, Stage, type StageName, type StageReport } from "./search-stage.ts";

/** Some candidates of a stage. */
export interface Batch {
  readonly stage: number;
  /** Number of the first one in its stage. */
  readonly first: number;
  readonly candidates: readonly Candidate[];
}

/** Where a search stands; can be written as JSON. */
export interface SearchState {
  readonly stage: number;
  /** Candidates of the stage that were looked at. */
  readonly done: number;
  /** What the launch as it is and the single changes gave, by number; see {@link textOf}. */
  readonly base: string | null;
  readonly singles: readonly string[];
  readonly counts: readonly Counts[];
  /** Set if the search is over: what it found. */
  readonly found: readonly Candidate[] | null;
}

const STAGES: readonly StageName[] = ["as it is", "one change", "one rare change", "two changes"];
const SINGLES = 1;
const RARE = 2;
const PAIRS = 3;

/** A change that does nothing alone, or the same as a likelier one, hardly helps another one. */
const DUPLICATE = 20;
/** Impossible alone. */
const IMPOSSIBLE = 10;

/** A RIM, or why there is none. */
function textOf(outcome: Outcome): string {
  return outcome.status === "other" ? outcome.rim : outcome.status;
}

function outcomeOf(text: string): Outcome {
  switch (text) {
    case "match":
    case "length":
    case "refused":
    case "nothing":
      return { status: text };
    default:
      return { status: "other", rim: text };
  }
}

/** A search. */
export class Search {
  readonly edits: readonly Edit[];
  #number = 0;
  #stage = new Stage([[]]);
  #base: string | null = null;
  readonly #singles: string[] = [];
  readonly #past: Counts[] = [];
  #matches: readonly Candidate[] = [];
  #isOver = false;

  constructor(edits: readonly Edit[]) {
    this.edits = edits;
  }

  /** A search that goes on where another one of the same edits stopped. */
  static resume(edits: readonly Edit[], state: SearchState): Search {
    const search = new Search(edits);
    search.#base = state.base;
    search.#singles.push(...state.singles);
    search.#past.push(...state.counts.slice(0, state.stage));
    search.#number = state.stage;
    if (state.found !== null) {
      search.#past.push(...state.counts.slice(state.stage));
      search.#matches = state.found;
      search.#isOver = true;
      return search;
    }
    const candidates = search.#candidatesOf(state.stage);
    const isSingle = state.stage === SINGLES || state.stage === RARE;
    // Single changes are known one by one, so they are counted again.
    const before = isSingle ? NO_COUNTS : state.counts[state.stage];
    search.#stage = new Stage(candidates, before, isSingle ? 0 : state.done);
    if (isSingle) {
      const known = search.take(state.done);
      const texts = known.candidates.map(([edit = 0]) => state.singles[edit] ?? "nothing");
      search.report(known, texts.map(outcomeOf));
    }
    search.#finishStage();
    return search;
  }

  /** Candidates that give the observed RIM, the likeliest first; of two changes only that one. */
  get matches(): readonly Candidate[] {
    return this.#matches;
  }

  /** Other changes of the same thing that alone give the same RIM as one. */
  alike(index: number): readonly number[] {
    const rim = this.#singles[index];
    const group = this.edits[index]?.group;
    return this.edits.flatMap((edit, other) =>
      other !== index && edit.group === group && this.#singles[other] === rim ? [other] : [],
    );
  }

  /** Whether it is known what a change alone gives. */
  isTried(index: number): boolean {
    return this.#singles[index] !== undefined;
  }

  /** Whether the launch gives the observed RIM as it is. */
  get isSame(): boolean {
    return this.#base === "match";
  }

  /** Whether there is nothing more to look at. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** How far each stage got. */
  get stages(): readonly StageReport[] {
    const current = this.#isOver ? [] : [this.#stage.counts(this.#stage.given)];
    const counts = [...this.#past, ...current];
    return STAGES.map((stage, i) => ({ stage, ...(counts[i] ?? NO_COUNTS) }));
  }

  /** Where the search stands; results that came before others are left out. */
  get state(): SearchState {
    const done = this.#stage.settled;
    const current = this.#isOver ? [] : [this.#stage.counts(done)];
    const counts = [...this.#past, ...current];
    // The launch as it is is no single change; single changes come in the order of their numbers.
    const singles = counts.slice(SINGLES, PAIRS).reduce((sum, each) => sum + each.done, 0);
    return {
      stage: this.#number,
      done,
      base: this.#base,
      singles: this.#singles.slice(0, singles),
      counts,
      found: this.#isOver ? this.#matches : null,
    };
  }

  /**
   * The next candidates, at most `count`. None while results of earlier ones are needed first, or
   * at the end.
   */
  take(count: number): Batch {
    const isEnough = this.#number === PAIRS && this.#stage.matches.length > 0;
    const first = this.#stage.given;
    const candidates = this.#isOver || isEnough ? [] : this.#stage.take(count);
    return { stage: this.#number, first, candidates };
  }

  /** Takes note of what became of a batch. */
  report({ first, candidates }: Batch, outcomes: readonly Outcome[]): void {
    for (const [i, outcome] of outcomes.entries()) {
      this.#stage.report(first + i, outcome);
      const [edit] = candidates[i] ?? [];
      if (this.#number === 0) this.#base = textOf(outcome);
      if (candidates[i]?.length === 1 && edit !== undefined) this.#singles[edit] = textOf(outcome);
    }
    this.#finishStage();
  }

  #finishStage(): void {
    const stage = this.#stage;
    if (stage.isWaiting || this.#isOver) return;
    const matches = stage.matches.flatMap((number) => {
      const candidate = stage.candidates[number];
      return candidate === undefined ? [] : [{ number, candidate }];
    });
    const [first] = matches;
    const isPairs = this.#number === PAIRS;
    // One change: all of them, since several may give the same; two: one answer is enough.
    if (stage.given < stage.candidates.length && !(isPairs && first !== undefined)) return;
    const end = isPairs && first !== undefined ? first.number + 1 : stage.candidates.length;
    this.#past.push(stage.counts(end));
    this.#matches = (isPairs ? matches.slice(0, 1) : matches).map(({ candidate }) => candidate);
    this.#isOver = matches.length > 0 || this.#number === STAGES.length - 1;
    if (this.#isOver) return;
    this.#number += 1;
    this.#stage = new Stage(this.#candidatesOf(this.#number));
    this.#finishStage();
  }

  #candidatesOf(stage: number): readonly Candidate[] {
    if (stage === 0) return [[]];
    if (stage === PAIRS) return this.#pairs();
    const isRare = stage === RARE;
    return this.edits.flatMap((edit, index) =>
      isRare === (edit.isAlone === true) ? [[index]] : [],
    );
  }

  /** How much a change counts in a pair, from what it did alone. */
  #weights(): readonly number[] {
    const seen = new Set([this.#base]);
    return this.edits.map(({ rarity }, index) => {
      const single = this.#singles[index] ?? "nothing";
      if (single === "nothing" || single === "refused") {
        // Where the launch as it is is impossible, each change alone may be so, too.
        return single === this.#base ? rarity : rarity + IMPOSSIBLE;
      }
      if (single === "length") return rarity;
      const isNew = !seen.has(single);
      seen.add(single);
      return isNew ? rarity : rarity + DUPLICATE;
    });
  }

  #pairs(): readonly Candidate[] {
    const weights = this.#weights();
    const needsLength = this.#base === "length";
    const pairs: { readonly candidate: Candidate; readonly weight: number }[] = [];
    for (const [i, first] of this.edits.entries()) {
      if (first.isAlone) continue;
      for (let j = i + 1; j < this.edits.length; j++) {
        const second = this.edits[j];
        if (second?.isAlone || first.group === second?.group) continue;
        const hasLength = this.#singles[i] !== "length" || this.#singles[j] !== "length";
        if (needsLength && !hasLength) continue;
        pairs.push({ candidate: [i, j], weight: (weights[i] ?? 0) + (weights[j] ?? 0) });
      }
    }
    return pairs.sort((a, b) => a.weight - b.weight).map(({ candidate }) => candidate);
  }
}
