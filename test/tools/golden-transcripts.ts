/** The transcripts that the repository has. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readTranscripts, type Transcript } from "../../src/replay/transcript.ts";

/** Text of a file that may be packed. */
export function textOf(file: string): string {
  const bytes = readFileSync(file);
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** Those of one RMM version, in a checkout of the repository. */
export function goldenTranscripts(checkout: string, version: string): readonly Transcript[] {
  const file = join(checkout, "golden/oracle/tf-rmm", `${version}.jsonl.gz`);
  return [...readTranscripts(textOf(file))];
}
