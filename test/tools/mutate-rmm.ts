/**
 * Breaks every version of the RMM in every single place that its tables have, and reports who
 * notices: TF-RMM's transcripts, or the tests' own tables. `npm run mutate [version ...]`.
 */
import { rmmSpecs } from "../../src/rmm/spec/index.ts";
import type { RmmSpec } from "../../src/rmm/spec.ts";
import { type Mutant, mutantsOf } from "../rmm/mutation/mutants.ts";
import { Transcripts, type Witness, witnessOf } from "../rmm/mutation/witnesses.ts";
import { goldenTranscripts } from "./golden-transcripts.ts";

const WITNESSES = ["transcript", "row", "order", "shape", "cannot show", "nobody"] as const;
type Column = (typeof WITNESSES)[number];

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function nameOf({ version, change, table, name, other }: Mutant): string {
  return `${version} ${change} ${table} ${name}${other === undefined ? "" : ` <-> ${other}`}`;
}

function tableLine(kind: string, counts: ReadonlyMap<Column, number>): string {
  const cells = WITNESSES.map((witness) => `${counts.get(witness) ?? 0}`.padStart(12));
  return kind.padEnd(20) + cells.join("");
}

/** Prints one version's table; returns the mutants that nobody noticed. */
function report(spec: RmmSpec): readonly string[] {
  const version = spec.id;
  const transcripts = new Transcripts(goldenTranscripts(process.cwd(), version));
  const kinds = new Map<string, Map<Column, number>>();
  const unnoticed: string[] = [];
  for (const mutant of mutantsOf(spec)) {
    const witness: Witness | undefined = witnessOf(mutant, transcripts);
    if (witness === undefined) unnoticed.push(nameOf(mutant));
    const kind = `${mutant.table} ${mutant.change}`;
    const counts = kinds.get(kind) ?? new Map<Column, number>();
    const column = witness ?? "nobody";
    kinds.set(kind, counts.set(column, (counts.get(column) ?? 0) + 1));
  }
  print(`\nRMM ${version}`.padEnd(21) + WITNESSES.map((name) => name.padStart(12)).join(""));
  for (const [kind, counts] of kinds) print(tableLine(kind, counts));
  return unnoticed;
}

const asked = process.argv.slice(2);
const unknown = asked.filter((version) => rmmSpecs.every(({ id }) => id !== version));
if (unknown.length > 0) {
  print(
    `not modelled: RMM ${unknown.join(", ")}; there is ${rmmSpecs.map(({ id }) => id).join(", ")}`,
  );
  process.exitCode = 2;
} else {
  const specs = rmmSpecs.filter(({ id }) => asked.length === 0 || asked.includes(id));
  const unnoticed = specs.flatMap(report);
  print(`\nnobody notices: ${unnoticed.length}`);
  for (const name of unnoticed) print(`  ${name}`);
  process.exitCode = unnoticed.length === 0 ? 0 : 1;
}
