import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeHashes } from "../../src/hash/node.ts";
import { checkTranscript } from "../../src/replay/check.ts";
import { readTranscripts, type Transcript } from "../../src/replay/transcript.ts";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";
import { goldenTranscripts, textOf } from "../tools/golden-transcripts.ts";

const CHECKOUT = join(import.meta.dirname, "../..");
/** All that was recorded, in a checkout that has it beside it. */
const SHARED = join(import.meta.dirname, "../../../shared/vectors/tf-rmm");
const versions = rmmSpecs.map(({ id }) => id);

const named = (transcript: Transcript, index: number): [string, Transcript] => [
  `${index} ${transcript.description}`,
  transcript,
];

describe.each(versions)("TF-RMM's transcripts of RMM %s", (version) => {
  const transcripts = goldenTranscripts(CHECKOUT, version);

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
