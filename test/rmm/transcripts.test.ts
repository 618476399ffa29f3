import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { nodeHashes } from "../../src/hash/node.ts";
import { checkTranscript } from "../../src/replay/check.ts";
import { readTranscripts, type Transcript } from "../../src/replay/transcript.ts";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";

const GOLDEN = join(import.meta.dirname, "../../golden/oracle/tf-rmm");
/** All that was recorded, in a checkout that has it beside it. */
const SHARED = join(import.meta.dirname, "../../../shared/vectors/tf-rmm");
const versions = rmmSpecs.map(({ id }) => id);

function textOf(file: string): string {
  const bytes = readFileSync(file);
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

const named = (transcript: Transcript, index: number): [string, Transcript] => [
  `${index} ${transcript.description}`,
  transcript,
];

describe.each(versions)("TF-RMM's transcripts of RMM %s", (version) => {
  const transcripts = [...readTranscripts(textOf(join(GOLDEN, `${version}.jsonl.gz`)))];

  test("are there", () => {
    expect(transcripts.length).toBeGreaterThan(60);
    expect(new Set(transcripts.map(({ rmm }) => rmm))).toEqual(new Set([version]));
  });

  test.each(transcripts.map(named))("%s", (_, transcript) => {
    const { steps, difference } = checkTranscript(transcript, nodeHashes);
    expect(difference).toBeUndefined();
    expect(steps).toBe(transcript.steps.length);
  });
});

describe.skipIf(!existsSync(SHARED)).each(versions)("all transcripts of RMM %s", (version) => {
  const folder = join(SHARED, version);
  const files = existsSync(folder) ? readdirSync(folder) : [];

  test.each(files)("%s", (file) => {
    const different = [...readTranscripts(textOf(join(folder, file)))]
      .map((transcript) => checkTranscript(transcript, nodeHashes).difference)
      .filter((difference) => difference !== undefined);
    expect(different).toEqual([]);
  });
});
