/** Who notices that an RMM is wrong: recorded transcripts first, then the tests' own tables. */
import { isDeepStrictEqual } from "node:util";
import { nodeHashes } from "../../../src/hash/node.ts";
import { checkTranscript, replayTranscript } from "../../../src/replay/check.ts";
import type { Transcript } from "../../../src/replay/transcript.ts";
import type { RmiCommandName } from "../../../src/rmm/rmi.ts";
import type { RmmSpec } from "../../../src/rmm/spec.ts";
import { answerText, caseOf, isNever, tryRow } from "../conditions/index.ts";
import { ordersOf, tryOrder } from "../orders.ts";
import { RULE_ROWS, ruleOf } from "../realm-params.ts";
import { SHAPES, shapeOf } from "../shape.ts";
import { PAGES } from "../specification.ts";
import type { Mutant } from "./mutants.ts";

/** Who noticed: TF-RMM's record, or one of the tests' tables. */
export type Witness = "transcript" | "row" | "order" | "shape" | "cannot show";

const nameOf = ({ cmd }: { readonly cmd: string }): string => `RMI_${cmd}`;

/** What refuses a Realm whose parameters break a rule. */
const RULE_CONDITIONS = ["params_valid", "params_supp", "rtt_num_level"].map(
  (id) => `RMI_REALM_CREATE ${id}`,
);

/** Transcripts of one version, and what each of them passes by. */
export class Transcripts {
  readonly #byTrait = new Map<string, Set<Transcript>>();
  readonly #all: readonly Transcript[];

  constructor(transcripts: readonly Transcript[]) {
    this.#all = transcripts;
    for (const transcript of transcripts) {
      for (const { step, failed } of replayTranscript(transcript, nodeHashes)) {
        this.#note(nameOf(step), transcript);
        if (failed !== undefined) this.#note(`${nameOf(step)} ${failed}`, transcript);
      }
    }
  }

  #note(trait: string, transcript: Transcript): void {
    const known = this.#byTrait.get(trait) ?? new Set();
    this.#byTrait.set(trait, known.add(transcript));
  }

  /** A change to a condition shows at most where the condition, or the one it trades with, holds. */
  #relevant({ table, name, other }: Mutant): Iterable<Transcript> {
    if (table !== "condition" && table !== "rule") return this.#all;
    const traits =
      table === "rule" ? RULE_CONDITIONS : [name, ...(other === undefined ? [] : [other])];
    return new Set(traits.flatMap((trait) => [...(this.#byTrait.get(trait) ?? [])]));
  }

  /** The first transcript whose record the mutant contradicts. */
  notice(mutant: Mutant): Transcript | undefined {
    for (const transcript of this.#relevant(mutant)) {
      try {
        const { difference } = checkTranscript(transcript, nodeHashes, mutant.spec);
        if (difference !== undefined) return transcript;
      } catch {
        return transcript;
      }
    }
    return undefined;
  }
}

/** Whether the row of `id` fails, as conditions.test.ts would. */
function rowFails(spec: RmmSpec, command: RmiCommandName, id: string): boolean {
  const row = caseOf(command).rows[id];
  if (row === undefined || isNever(row)) return false;
  try {
    const result = tryRow(spec, command, row);
    return answerText(result) !== row.answer || result.failed !== id;
  } catch {
    return true;
  }
}

function anyRowFails({ table, name, other, spec }: Mutant): boolean {
  if (table === "rule")
    return RULE_ROWS.some((row) => row[0] === name && ruleOf(spec, row) !== name);
  if (table !== "condition") return false;
  const [command = "", id = ""] = name.split(" ");
  const second = other?.split(" ")[1];
  const ids = second === undefined ? [id] : [id, second];
  return ids.some((one) => rowFails(spec, command as RmiCommandName, one));
}

/** Whether the specification says which of two comes first. */
function isRequired(command: RmiCommandName, first: string, later: string): boolean {
  const { order = [] } = PAGES[command] ?? {};
  return order.some((constraint) => {
    const [left = "", right = ""] = constraint.split(" < ");
    return left.split(" ").includes(first) && right.split(" ").includes(later);
  });
}

/** Whether an order that the tests know shows that two conditions have changed places. */
function orderFails({ change, name, other, spec }: Mutant): boolean {
  if (change !== "swap") return false;
  const [command, first = ""] = name.split(" ") as [RmiCommandName, string?];
  const later = other?.split(" ")[1] ?? "";
  if (isRequired(command, first, later)) return true;
  const order = ordersOf(spec).find(
    (one) => one.command === command && one.first === first && one.later === later,
  );
  if (order === undefined) return false;
  try {
    const { result, answer } = tryOrder(spec, order);
    return answerText(result) !== answer || result.failed !== first;
  } catch {
    return true;
  }
}

function shapeDiffers({ version, spec }: Mutant): boolean {
  return !isDeepStrictEqual(shapeOf(spec), SHAPES[version]);
}

/** Versions that do not measure RIPAS. */
const UNMEASURED_RIPAS: ReadonlySet<string> = new Set(["2.0"]);

/** Whether the change is to what never happens in the version, so that nobody can tell. */
function cannotShow({ version, table, name, other }: Mutant): boolean {
  if (table === "descriptor") return name.startsWith("ripas.") && UNMEASURED_RIPAS.has(version);
  if (table !== "condition") return false;
  return [name, other].some((condition) => {
    const [command, id = ""] = condition?.split(" ") ?? [];
    const row = command === undefined ? undefined : caseOf(command as RmiCommandName).rows[id];
    return row !== undefined && isNever(row);
  });
}

/** Who notices a mutant; undefined if nobody does. */
export function witnessOf(mutant: Mutant, transcripts: Transcripts): Witness | undefined {
  const undo = mutant.patch?.();
  try {
    return firstWitness(mutant, transcripts);
  } finally {
    undo?.();
  }
}

function firstWitness(mutant: Mutant, transcripts: Transcripts): Witness | undefined {
  if (transcripts.notice(mutant) !== undefined) return "transcript";
  if (anyRowFails(mutant)) return "row";
  if (orderFails(mutant)) return "order";
  if (shapeDiffers(mutant)) return "shape";
  return cannotShow(mutant) ? "cannot show" : undefined;
}
