/**
 * Threads that evaluate candidates of `explain`, and the time that they may take.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Outcome } from "../compare/candidates.ts";
import type { ExplainSearch } from "../compare/explain.ts";
import type { Batch } from "../compare/search.ts";
import { CcaRimError, type ErrorCode, type ErrorDetails } from "../errors.ts";
import type { WorkerTask } from "./explain-worker.ts";
import { PACKAGE } from "./package-folder.ts";

/** Candidates of the first batch; later ones take about {@link BATCH_MS}. */
const FIRST_BATCH = 4;
const LARGEST_BATCH = 256;
const BATCH_MS = 50;
/** The built script of a thread. */
const SCRIPT: URL = new URL("dist/cli/explain-worker.js", PACKAGE);

/** What a search is allowed. */
export interface SearchLimits {
  /** Threads that evaluate; 1 is this one. */
  readonly threads: number;
  /** Milliseconds; Infinity for no limit. */
  readonly budget: number;
  /** Hears how many candidates were looked at, and how many the current stage has. */
  readonly onProgress: (done: number, total: number) => void;
}

/** Keeps batches as long as {@link BATCH_MS}. */
class BatchSize {
  #size = FIRST_BATCH;

  get size(): number {
    return this.#size;
  }

  took(count: number, ms: number): void {
    if (count === 0) return;
    const wanted = (count * BATCH_MS) / Math.max(ms, 1);
    this.#size = Math.max(1, Math.min(LARGEST_BATCH, 2 * this.#size, Math.round(wanted)));
  }
}

/** Evaluates in this thread. */
async function searchHere(explain: ExplainSearch, limits: SearchLimits): Promise<void> {
  const end = performance.now() + limits.budget;
  const batches = new BatchSize();
  for (;;) {
    const start = performance.now();
    const batch = start < end ? explain.search.take(batches.size) : undefined;
    if (batch === undefined || batch.candidates.length === 0) return;
    explain.search.report(batch, explain.evaluate(batch.candidates));
    batches.took(batch.candidates.length, performance.now() - start);
    tell(explain, limits);
    await setImmediate();
  }
}

function tell({ search }: ExplainSearch, { onProgress }: SearchLimits): void {
  const done = search.stages.reduce((sum, stage) => sum + stage.done, 0);
  const total = search.stages.reduce((sum, stage) => sum + stage.total, 0);
  onProgress(done, total);
}

type Answer =
  | { readonly outcomes: readonly Outcome[] }
  | { readonly error: ErrorDetails & { readonly code: ErrorCode; readonly message: string } };

/** One thread and the batch that it works on. */
class Evaluator {
  readonly #worker: Worker;
  readonly #batches = new BatchSize();
  #batch: Batch | undefined;
  #start = 0;
  #isReady = false;

  constructor(
    task: WorkerTask,
    onAnswer: (from: Evaluator, batch: Batch | undefined, outcomes: readonly Outcome[]) => void,
    onError: (error: unknown) => void,
  ) {
    this.#worker = new Worker(SCRIPT, { workerData: task });
    this.#worker.on("error", onError);
    this.#worker.on("message", (answer: Answer) => {
      if ("error" in answer) {
        const { code, message, ...details } = answer.error;
        onError(new CcaRimError(code, message, details));
        return;
      }
      const batch = this.#batch;
      this.#batch = undefined;
      this.#isReady = true;
      this.#batches.took(batch?.candidates.length ?? 0, performance.now() - this.#start);
      onAnswer(this, batch, answer.outcomes);
    });
  }

  /** Whether it waits for candidates. */
  get isIdle(): boolean {
    return this.#isReady && this.#batch === undefined;
  }

  get batchSize(): number {
    return this.#batches.size;
  }

  evaluate(batch: Batch): void {
    this.#batch = batch;
    this.#start = performance.now();
    this.#worker.postMessage(batch.candidates);
  }

  stop(): void {
    void this.#worker.terminate();
  }
}

/** Evaluates in threads of its own; this one hands out. */
async function searchInThreads(
  explain: ExplainSearch,
  task: WorkerTask,
  limits: SearchLimits,
): Promise<void> {
  const end = performance.now() + limits.budget;
  const { promise, resolve, reject } = withResolvers();
  const evaluators: Evaluator[] = [];
  const feed = (): void => {
    for (const evaluator of evaluators.filter(({ isIdle }) => isIdle)) {
      const isLate = performance.now() >= end;
      const batch = isLate ? undefined : explain.search.take(evaluator.batchSize);
      if (batch !== undefined && batch.candidates.length > 0) evaluator.evaluate(batch);
    }
    if (evaluators.every(({ isIdle }) => isIdle)) resolve();
  };
  const onAnswer = (_: Evaluator, batch: Batch | undefined, outcomes: readonly Outcome[]): void => {
    if (batch !== undefined) explain.search.report(batch, outcomes);
    tell(explain, limits);
    feed();
  };
  try {
    for (let i = 0; i < limits.threads; i++) {
      evaluators.push(new Evaluator(task, onAnswer, reject));
    }
    await promise;
  } finally {
    for (const evaluator of evaluators) evaluator.stop();
  }
}

/** Promise.withResolvers, which Node 20 does not have. */
function withResolvers(): {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
} {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((done, fail) => {
    resolve = done;
    reject = fail;
  });
  return { promise, resolve, reject };
}

/** Searches until there is an answer, nothing is left, or the budget is spent. */
export function runSearch(
  explain: ExplainSearch,
  task: WorkerTask,
  limits: SearchLimits,
): Promise<void> {
  return limits.threads > 1 ? searchInThreads(explain, task, limits) : searchHere(explain, limits);
}
