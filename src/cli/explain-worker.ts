/**
 * A thread that evaluates candidates of `explain`. It opens the manifest itself and makes the same
 * list of changes as the main thread, so that candidates travel as numbers.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import type { Candidate } from "../compare/candidates.ts";
import { asCcaRimError } from "./errors.ts";
import { type ExplainSession, openExplain } from "./explain-session.ts";

/** What a thread is started with. */
export interface WorkerTask {
  readonly path: string;
  readonly observed: Uint8Array;
  /** See {@link ExplainSession.beside}: all threads have to try the same ones. */
  readonly beside: readonly string[];
}

async function serve({ path, observed, beside }: WorkerTask): Promise<void> {
  let session: ExplainSession | undefined;
  const answer = (evaluate: () => unknown): void => {
    try {
      parentPort?.postMessage({ outcomes: evaluate() });
    } catch (error) {
      const { code, message, where, hint } = asCcaRimError(error);
      parentPort?.postMessage({ error: { code, message, where, hint } });
    }
  };
  try {
    session = await openExplain(path, observed, beside);
  } catch (error) {
    answer(() => {
      throw error;
    });
    return;
  }
  const { search } = session;
  parentPort?.on("message", (candidates: readonly Candidate[]) => {
    answer(() => search.evaluate(candidates));
  });
  parentPort?.postMessage({ outcomes: [] });
}

void serve(workerData as WorkerTask);
