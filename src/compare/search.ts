/**
 * The order in which an explanation is searched: the launch as it is, then one change, then two,
 * each the likeliest first. Knows nothing of how candidates are evaluated, nor where.
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
  /** Those that were looked at. */
  readonly done: number;
  /** Those that gave a RIM. */
  readonly measured: number;
  /** Those that the models refuse. */
  readonly refused: number;
}

/** What is counted of a stage. */
type Counts = Omit<StageReport, "stage">;

/** Where a search stands; can be written as JSON. */
export interface SearchState {
  readonly stage: number;
  /** Candidates of the stage that were looked at. */
  readonly done: number;
  /** What the launch as it is gave: "match", "length", "refused" or a RIM; null if unknown. */
  readonly base: string | null;
  /** What single changes gave, by index; "nothing" where there was nothing to change. */
  readonly singles: readonly string[];
  readonly counts: readonly Counts[];
  readonly matches: readonly Candidate[];
}

const STAGES: readonly StageName[] = ["as it is", "one change", "two changes"];

/** A change that does nothing alone, or the same as a likelier one, hardly helps another one. */
const DUPLICATE = 20;
/** Impossible alone. */
const IMPOSSIBLE = 10;

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
  #stage = 0;
  #given = 0;
  #done = 0;
  #candidates: readonly Candidate[] = [[]];
  #base: Outcome | undefined;
  readonly #singles: string[] = [];
  readonly #counts: { -readonly [K in keyof Counts]: Counts[K] }[] = STAGES.map(() => ({
    total: 0,
    done: 0,
    measured: 0,
    refused: 0,
  }));
  readonly #matches: Candidate[] = [];

  constructor(edits: readonly Edit[]) {
    this.edits = edits;
    this.#begin(0);
  }

  /** Candidates that give the observed RIM, the likeliest first. */
  get matches(): readonly Candidate[] {
    return [...this.#matches].sort((a, b) => this.#rarity(a) - this.#rarity(b));
  }

  /** Whether the launch as it is has been looked at, and what it gave. */
  get base(): Outcome | undefined {
    return this.#base;
  }

  /** Candidates that were looked at. */
  get done(): number {
    return this.#counts.reduce((sum, { done }) => sum + done, 0);
  }

  /** Whether there is nothing left to look at, or what there is need not be looked at. */
  get isOver(): boolean {
    return this.#stage >= STAGES.length;
  }

  /** How far each stage got. */
  get stages(): readonly StageReport[] {
    return STAGES.map((stage, i) => ({
      stage,
      ...(this.#counts[i] ?? { total: 0, done: 0, measured: 0, refused: 0 }),
    }));
  }

  /**
   * The next candidates, at most `count`. Empty while results of earlier ones are needed first, or
   * at the end.
   */
  take(count: number): readonly Candidate[] {
    // Two changes are looked for only until there is one explanation.
    if (this.isOver || (this.#stage === 2 && this.#matches.length > 0)) return [];
    const taken = this.#candidates.slice(this.#given, this.#given + count);
    this.#given += taken.length;
    return taken;
  }

  /** Takes note of what became of a candidate. */
  report(candidate: Candidate, outcome: Outcome): void {
    const counts = this.#counts[this.#stage];
    if (counts !== undefined) {
      counts.done += 1;
      if (outcome.status === "match" || outcome.status === "other") counts.measured += 1;
      if (outcome.status === "refused") counts.refused += 1;
    }
    if (outcome.status === "match") this.#matches.push(candidate);
    if (this.#stage === 0) this.#base = outcome;
    const [first] = candidate;
    if (this.#stage === 1 && first !== undefined) this.#singles[first] = textOf(outcome);
    this.#done += 1;
    // One change: all of them, since several may give the same; two: one answer is enough.
    const isEnough = this.#stage === 2 && this.#isFound;
    if (this.#done < this.#given || (this.#given < this.#candidates.length && !isEnough)) return;
    this.#begin(this.#isFound ? STAGES.length : this.#stage + 1);
  }

  /** Where the search stands. Only when the results of all candidates given are reported. */
  get state(): SearchState {
    return {
      stage: this.#stage,
      done: this.#done,
      base: this.#base === undefined ? null : textOf(this.#base),
      singles: [...this.#singles],
      counts: this.#counts.map((counts) => ({ ...counts })),
      matches: [...this.#matches],
    };
  }

  /** A search that goes on where another one of the same edits stopped. */
  static resume(edits: readonly Edit[], state: SearchState): Search {
    const search = new Search(edits);
    search.#base = state.base === null ? undefined : outcomeOf(state.base);
    search.#singles.push(...state.singles);
    search.#matches.push(...state.matches);
    search.#begin(state.stage);
    search.#given = state.done;
    search.#done = state.done;
    for (const [i, counts] of state.counts.entries()) search.#counts[i] = { ...counts };
    return search;
  }

  get #isFound(): boolean {
    return this.#matches.length > 0;
  }

  #rarity(candidate: Candidate): number {
    return candidate.reduce((sum, index) => sum + (this.edits[index]?.rarity ?? 0), 0);
  }

  #begin(stage: number): void {
    this.#stage = stage;
    this.#given = 0;
    this.#done = 0;
    this.#candidates = stage === 0 ? [[]] : stage === 1 ? this.#ones() : this.#pairs(stage);
    const counts = this.#counts[stage];
    if (counts !== undefined) counts.total = this.#candidates.length;
  }

  #ones(): readonly Candidate[] {
    return this.edits.map((_, index) => [index]);
  }

  /** How much a change counts in a pair, from what it did alone. */
  #weights(): readonly number[] {
    const base = this.#base === undefined ? "" : textOf(this.#base);
    const seen = new Set([base]);
    return this.edits.map(({ rarity }, index) => {
      const single = this.#singles[index] ?? "nothing";
      if (single === "nothing" || single === "refused") {
        // Where the launch as it is is impossible, each change alone may be so, too.
        return single === base ? rarity : rarity + IMPOSSIBLE;
      }
      if (single === "length") return rarity;
      const isNew = !seen.has(single);
      seen.add(single);
      return isNew ? rarity : rarity + DUPLICATE;
    });
  }

  #pairs(stage: number): readonly Candidate[] {
    if (stage !== 2) return [];
    const weights = this.#weights();
    const needsLength = this.#base?.status === "length";
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
