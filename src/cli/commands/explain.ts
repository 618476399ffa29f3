/**
 * `explain`: which change would give an observed RIM.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import type { InputDifference } from "../../compare/inputs.ts";
import { CcaRimError } from "../../errors.ts";
import { type Command, type Context, defineCommand } from "../command.ts";
import type { ExplainSession } from "../explain-session.ts";
import { threadsOf } from "../threads.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** More threads than this share too little. */
const USEFUL_THREADS = 8;

/** Reads "60s", "5m", "none". @throws CcaRimError USAGE_ARGUMENT */
function budgetOf(text: string): number {
  if (text === "none") return Number.POSITIVE_INFINITY;
  const [, number, unit = ""] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * (UNITS[unit] ?? 1000);
  throw new CcaRimError("USAGE_ARGUMENT", `--budget: "${text}" is no time`, {
    hint: "for example 30s, 5m, or none",
  });
}

interface Limits {
  readonly path: string;
  readonly observed: Uint8Array;
  readonly budget: number;
  readonly threads: number;
  readonly state: string | undefined;
}

async function search(
  { session, search: explain, beside }: ExplainSession,
  limits: Limits,
  context: Context,
): Promise<void> {
  const { path, observed, budget, threads, state } = limits;
  const { runSearch } = await import("../explain-pool.ts");
  const { loadState, saveState } = await import("../search-state.ts");
  if (state !== undefined) loadState(state, explain);
  const save = (): void => {
    if (state !== undefined) saveState(state, explain);
  };
  // Whoever interrupts a search wants to go on later.
  process.once("exit", save);
  try {
    const onProgress = context.onSearch;
    await runSearch(explain, { path, observed, beside }, { threads, budget, onProgress });
  } finally {
    process.off("exit", save);
  }
  session.verifyUnchanged();
  save();
}

/** The command. */
export const explain: Command = defineCommand({
  name: "explain",
  summary: "Finds the change of a launch that gives the RIM that was observed.",
  details: [
    "Tried are host models and RMM versions, what the machine offers, vCPUs, RAM, devices, kernel parameters, files, and what other programs measure otherwise: first each change alone, then two at once, the likelier mistakes first. All single changes that give the observed RIM are told, or the likeliest pair.",
    "--budget ends the search; with --state it goes on there when it is started again.",
  ],
  operands: [{ name: "MANIFEST", summary: "launch manifest, YAML or JSON", complete: "file" }],
  options: {
    observed: {
      type: "string",
      value: "HEX|TOKEN",
      summary: "the observed RIM in hex or base64, or a file with a CCA token",
      complete: "file",
    },
    budget: {
      type: "string",
      value: "TIME",
      summary: "how long to search: 30s, 5m, none (default: 60s)",
    },
    threads: {
      type: "string",
      value: "N",
      summary: "threads that search, 1 to 64 (default: one for each CPU, at most 8)",
    },
    state: {
      type: "string",
      value: "FILE",
      summary: "where a search that runs out of budget is kept, to go on later",
      complete: "file",
    },
  },
  examples: [
    {
      line: "cca-rim explain guest.yaml --observed 3f0a...",
      does: "searches for a minute what makes the RIM differ",
    },
    {
      line: "cca-rim explain guest.yaml --observed token.cbor --budget 10m --state search.json",
      does: "takes the RIM from a token, searches longer, and can go on later",
    },
  ],
  verdict: "no explanation was found",
  async *run({ operands: [path = ""], options }, context) {
    const { readObserved } = await import("../observed.ts");
    const observed = readObserved(options.observed);
    const { budget = "60s", threads, state } = options;
    const limits = {
      path,
      observed,
      budget: budgetOf(budget),
      threads: threadsOf(threads) ?? Math.min(availableParallelism(), USEFUL_THREADS),
      state,
    };
    const { openExplain } = await import("../explain-session.ts");
    const { placeText } = await import("../errors.ts");
    const opened = await openExplain(path, observed);
    try {
      await search(opened, limits, context);
      const { result } = opened.search;
      if (context.json) {
        const { jsonDocument } = await import("../../report/json.ts");
        yield jsonDocument({ manifest: path, ...result });
      } else {
        const { explainText } = await import("../../report/explain-text.ts");
        const placeOf = ({ pointerA }: InputDifference): string | undefined =>
          pointerA === null
            ? undefined
            : placeText(opened.session.locate(pointerA)).replace(/: $/, "");
        yield explainText(result, path, placeOf, context.style);
      }
      return result.status === "same" || result.status === "explained" ? 0 : 1;
    } finally {
      opened.session.close();
    }
  },
});
