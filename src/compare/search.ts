/**
 * The order in which an explanation is searched: the launch as it is, then one change, then two,
 * each the likeliest first. Knows nothing of how candidates are evaluated, nor where; results may
 * come in any order, and the answer does not depend on it.
 *
 * @module
 */
import type { Candidate, Outcome } from "./candidates.ts";
import type { Edit } from "./edits/edit.ts";

/** How many changes a stage makes at once. */
export type StageName = "as it is" | "one change" | "two changes";

/** How far a stage got. */
export interface StageReport {
  readonly stage: StageName;
  /** Candidates of the stage. */
  readonly total: number;
  /** Those that were looked at; up to the explanation, if there is one. */
  readonly done: number;
  /** Those that gave a RIM of the observed length. */
  readonly measured: number;
  /** Those that the models refuse. */
  readonly refused: number;
}

/** Some candidates of a stage. */
export interface Batch {
  readonly stage: number;
  /** Number of the first one in its stage. */
  readonly first: number;
  readonly candidates: readonly Candidate[];
}

/** What is counted of a stage. */
type Counts = Omit<StageReport, "stage">;

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

const STAGES: readonly StageName[] = ["as it is", "one change", "two changes"];
const PAIRS = 2;

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

const NO_COUNTS: Counts = { total: 0, done: 0, measured: 0, refused: 0 };

/** One stage at work. */
class Stage {
  readonly candidates: readonly Candidate[];
  /** Candidates that were handed out. */
  given: number;
  /** Statuses by number; undefined until they are known. */
  readonly #statuses: (Outcome["status"] | undefined)[] = [];
  #open = 0;
  /** What was counted before this search began, up to candidate `#from`. */
  readonly #before: Counts;
  readonly #from: number;

  constructor(candidates: readonly Candidate[], before: Counts = NO_COUNTS, from = 0) {
    this.candidates = candidates;
    this.given = from;
    this.#from = from;
    this.#before = before;
  }

  /** Whether results of candidates that were handed out are missing. */
  get isWaiting(): boolean {
    return this.#open > 0;
  }

  take(count: number): readonly Candidate[] {
    const taken = this.candidates.slice(this.given, this.given + count);
    this.given += taken.length;
    this.#open += taken.length;
    return taken;
  }

  report(number: number, { status }: Outcome): void {
    this.#statuses[number - this.#from] = status;
    this.#open -= 1;
  }

  /** Numbers of the candidates that give the observed RIM, ascending. */
  get matches(): readonly number[] {
    return this.#statuses.flatMap((status, i) => (status === "match" ? [i + this.#from] : []));
  }

  /** Counts up to a number of candidates. */
  counts(done: number): Counts {
    const seen = this.#statuses.slice(0, Math.max(0, done - this.#from));
    const count = (wanted: readonly string[]): number =>
      seen.filter((status) => status !== undefined && wanted.includes(status)).length;
    return {
      total: this.candidates.length,
      done,
      measured: this.#before.measured + count(["match", "other"]),
      refused: this.#before.refused + count(["refused"]),
    };
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
    const isSingles = state.stage === 1;
    // Single changes are known one by one, so they are counted again.
    const before = isSingles ? NO_COUNTS : state.counts[state.stage];
    search.#stage = new Stage(candidates, before, isSingles ? 0 : state.done);
    if (isSingles) {
      const known = search.take(state.done);
      search.report(known, state.singles.slice(0, state.done).map(outcomeOf));
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

  /** Where the search stands. Only when the results of all candidates taken are reported. */
  get state(): SearchState {
    const current = this.#isOver ? [] : [this.#stage.counts(this.#stage.given)];
    return {
      stage: this.#number,
      done: this.#stage.given,
      base: this.#base,
      singles: [...this.#singles],
      counts: [...this.#past, ...current],
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
      if (this.#number === 1 && edit !== undefined) this.#singles[edit] = textOf(outcome);
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
    return stage === 1 ? this.edits.map((_, index) => [index]) : this.#pairs();
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
      for (let j = i + 1; j < this.edits.length; j++) {
        if (first.group === this.edits[j]?.group) continue;
        const hasLength = this.#singles[i] !== "length" || this.#singles[j] !== "length";
        if (needsLength && !hasLength) continue;
        pairs.push({ candidate: [i, j], weight: (weights[i] ?? 0) + (weights[j] ?? 0) });
      }
    }
    return pairs.sort((a, b) => a.weight - b.weight).map(({ candidate }) => candidate);
  }
}
