/**
 * `replay`: RMI transcripts through the RMM model.
 *
 * @module
 */
import { toHex } from "../../bytes.ts";
import { CcaRimError } from "../../errors.ts";
import type { Transcript } from "../../replay/transcript.ts";
import { jsonDocument, type TranscriptResult } from "../../report/json.ts";
import { replayCount, transcriptLine } from "../../report/text.ts";
import { type Command, defineCommand } from "../command.ts";

type Outcome = Pick<TranscriptResult, "steps" | "rim" | "difference">;

async function replayer(check: boolean): Promise<(transcript: Transcript) => Outcome> {
  const { nodeHashes } = await import("../../hash/node.ts");
  const { checkTranscript, replayTranscript } = await import("../../replay/check.ts");
  if (check) {
    return (transcript) => {
      const { steps, difference = null } = checkTranscript(transcript, nodeHashes);
      return { steps, rim: null, difference };
    };
  }
  return (transcript) => {
    let rim: Uint8Array | undefined;
    for (const step of replayTranscript(transcript, nodeHashes)) rim = step.rim;
    const { length } = transcript.steps;
    return { steps: length, rim: rim === undefined ? null : toHex(rim), difference: null };
  };
}

async function* results(
  files: readonly string[],
  check: boolean,
): AsyncGenerator<TranscriptResult, undefined, undefined> {
  const { transcriptsOf } = await import("../transcript-files.ts");
  const run = await replayer(check);
  for (const file of files) {
    let number = 0;
    for (const transcript of transcriptsOf(file)) {
      number += 1;
      const { rmm, description } = transcript;
      try {
        yield { file, transcript: number, rmm, description, ...run(transcript) };
      } catch (error) {
        if (!(error instanceof CcaRimError)) throw error;
        const message = `transcript ${number}, ${error.message}`;
        throw error.with({ message, where: { file } });
      }
    }
  }
}

/** The command. */
export const replay: Command = defineCommand({
  name: "replay",
  summary: "Runs recorded RMI transcripts through the RMM model.",
  details: [
    "A transcript lists RMI calls with the status, the outputs and the RIM that a real RMM gave. TRANSCRIPT is a .json file with one, or a .jsonl file with one a line, gzipped or not.",
  ],
  operands: [{ name: "TRANSCRIPT", summary: "files of transcripts", many: true, complete: "file" }],
  options: {
    check: {
      type: "boolean",
      summary:
        "compare every step with the record: one line for each transcript that differs, and a count",
    },
  },
  examples: [
    {
      line: "cca-rim replay boot.json",
      does: "prints the RIM that the RMM model has after the last call",
    },
    {
      line: "cca-rim replay --check golden/oracle/tf-rmm/*.jsonl.gz",
      does: "exits with 1 if the model answers any call differently from the recorded RMM",
    },
  ],
  verdict: "--check: a transcript differs from its record",
  async *run({ operands: files, options: { check } }, { json, style }) {
    const all: TranscriptResult[] = [];
    const count = { check, transcripts: 0, steps: 0, differing: check ? 0 : null };
    for await (const result of results(files, check)) {
      count.transcripts += 1;
      count.steps += result.steps;
      if (result.difference !== null && count.differing !== null) count.differing += 1;
      if (json) all.push(result);
      const silent = json || (check && result.difference === null);
      yield silent ? "" : transcriptLine(result, style);
    }
    yield json ? jsonDocument({ ...count, results: all }) : replayCount(count, style);
    return (count.differing ?? 0) > 0 ? 1 : 0;
  },
});
