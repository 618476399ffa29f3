/**
 * Candidates of the search: a launch with some changes, measured and compared with what was
 * observed. The same plan and edits give the same candidates anywhere, so that several threads can
 * share the work by number.
 *
 * @module
 */
import { equalBytes, toHex } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import { DIGEST_SIZE } from "../hash/hasher.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import type { Edit } from "./edits/edit.ts";
import { hashAlgoOf, type LaunchEvaluator } from "./evaluate.ts";
import type { RecordedLaunch } from "./stretches.ts";

/** Edits of a candidate, by their index; none for the launch as it is. */
export type Candidate = readonly number[];

/** What became of a candidate. */
export type Outcome =
  /** It gives the observed RIM. */
  | { readonly status: "match" }
  /** It gives another one: lower-case hex. */
  | { readonly status: "other"; readonly rim: string }
  /** Its hash is not as long as what was observed. */
  | { readonly status: "length" }
  /** There is no such launch: the models refuse it. */
  | { readonly status: "refused" }
  /** There is nothing to change. */
  | { readonly status: "nothing" };

const REFUSED: Outcome = { status: "refused" };
const NOTHING: Outcome = { status: "nothing" };
const LENGTH: Outcome = { status: "length" };
const MATCH: Outcome = { status: "match" };

/** The launch with some changes; undefined if one of them finds nothing to change. */
export function changedPlan(
  plan: LaunchPlan,
  edits: readonly Edit[],
  candidate: Candidate,
): LaunchPlan | undefined {
  let changed: LaunchPlan | undefined = plan;
  for (const index of candidate) {
    changed = changed === undefined ? undefined : edits[index]?.apply(changed);
  }
  return changed;
}

/** Evaluates candidates of one search. */
export class CandidateEvaluator {
  readonly #plan: LaunchPlan;
  readonly #edits: readonly Edit[];
  readonly #observed: Uint8Array;
  readonly #evaluator: LaunchEvaluator;

  constructor(
    plan: LaunchPlan,
    edits: readonly Edit[],
    observed: Uint8Array,
    evaluator: LaunchEvaluator,
  ) {
    this.#plan = plan;
    this.#edits = edits;
    this.#observed = observed;
    this.#evaluator = evaluator;
  }

  /** @throws CcaRimError FILE_* if a file cannot be read any more */
  evaluate(candidate: Candidate): Outcome {
    const plan = changedPlan(this.#plan, this.#edits, candidate);
    if (plan === undefined) return NOTHING;
    try {
      const launch = this.#withQuirks(this.#evaluator.recorder.record(plan), candidate);
      if (launch === undefined) return NOTHING;
      if (DIGEST_SIZE[hashAlgoOf(launch)] !== this.#observed.length) return LENGTH;
      const rim = this.#evaluator.rimOf(launch);
      return equalBytes(rim, this.#observed) ? MATCH : { status: "other", rim: toHex(rim) };
    } catch (error) {
      if (error instanceof CcaRimError && isRefusal(error)) return REFUSED;
      throw error;
    }
  }

  #withQuirks(launch: RecordedLaunch, candidate: Candidate): RecordedLaunch | undefined {
    let changed: RecordedLaunch | undefined = launch;
    for (const index of candidate) {
      const quirk = this.#edits[index]?.quirk;
      if (quirk !== undefined && changed !== undefined) changed = quirk.apply(changed);
    }
    return changed;
  }
}

/** Whether an error says that a launch is impossible, and not that something broke. */
function isRefusal({ code }: CcaRimError): boolean {
  return code !== "BUG_INTERNAL" && code !== "FILE_CHANGED";
}
