/**
 * A bounded run of `npm run mutate`: conditions, rules and what is measured. Layouts and facts are
 * compared with their transcription in layouts.test.ts anyway.
 */
import { join } from "node:path";
import { expect, test } from "vitest";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";
import { goldenTranscripts } from "../tools/golden-transcripts.ts";
import { mutantsOf, type Table } from "./mutation/mutants.ts";
import { Transcripts, witnessOf } from "./mutation/witnesses.ts";

const CHECKOUT = join(import.meta.dirname, "../..");
const TABLES: ReadonlySet<Table> = new Set(["condition", "rule", "measured", "descriptor"]);

test.each(rmmSpecs.map((spec) => [spec.id, spec] as const))(
  "RMM %s: no entry can be left out, and no two exchanged, without a test that fails",
  (version, spec) => {
    const transcripts = new Transcripts(goldenTranscripts(CHECKOUT, version));
    const mutants = [...mutantsOf(spec)].filter(({ table }) => TABLES.has(table));
    const unnoticed: string[] = [];
    for (const mutant of mutants) {
      const { change, name, other = "" } = mutant;
      if (witnessOf(mutant, transcripts) === undefined) {
        unnoticed.push(`${change} ${name} ${other}`);
      }
    }
    expect(unnoticed).toEqual([]);
    expect(mutants.length).toBeGreaterThan(200);
  },
);

test("an unchanged RMM is noticed by nobody", () => {
  const [spec] = rmmSpecs;
  if (spec === undefined) throw new Error("no version");
  const transcripts = new Transcripts(goldenTranscripts(CHECKOUT, spec.id));
  const [mutant] = mutantsOf(spec);
  if (mutant === undefined) throw new Error("no mutant");
  expect(witnessOf({ ...mutant, spec }, transcripts)).toBeUndefined();
});
