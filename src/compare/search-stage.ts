/**
 * One stage of a search for an explanation: candidates in their order, what became of them, and
 * how many of each.
 *
 * @module
 */
import type { Candidate, Outcome } from "./candidates.ts";

/** What the candidates of a stage change. */
export type StageName = "as it is" | "one change" | "one rare change" | "two changes";

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

/** What is counted of a stage. */
export type Counts = Omit<StageReport, "stage">;

/** Of a stage that nothing is known of. */
export const NO_COUNTS: Counts = { total: 0, done: 0, measured: 0, refused: 0 };

/** One stage at work. */
export class Stage {
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

  /** Candidates whose results are known, with those of all before them, up to the first match. */
  get settled(): number {
    const open = Array.from(
      { length: this.given - this.#from },
      (_, i) => this.#statuses[i] ?? "match",
    ).indexOf("match");
    return open < 0 ? this.given : open + this.#from;
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
