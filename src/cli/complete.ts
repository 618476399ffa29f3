/**
 * What fits next on a command line, for the shells' completion.
 *
 * @module
 */
import type { Command, CommandTable, Completion, OptionSpec, Options } from "./command.ts";
import { COMMON_OPTIONS } from "./options.ts";

/** One thing that fits; `summary` may be empty. */
export interface Candidate {
  readonly value: string;
  readonly summary: string;
}

/** Stands for the files of the current folder, which the shell knows better. */
const FILES: Candidate = { value: ":files", summary: "" };

interface Choosable {
  readonly choices?: readonly string[];
  readonly complete?: Completion;
}

async function values(
  { choices, complete }: Choosable,
  word: string,
): Promise<readonly Candidate[]> {
  if (complete === "file") return [FILES];
  const names = choices ?? (await complete?.(word)) ?? [];
  return names.map((value) => ({ value, summary: "" }));
}

/** The option that a word such as `--encoding` or `-o` names, if it waits for a value. */
function awaitsValue(word: string | undefined, options: Options): OptionSpec | undefined {
  if (word === undefined) return undefined;
  const found = Object.entries(options).find(
    ([name, { short }]) => word === `--${name}` || (short !== undefined && word === `-${short}`),
  )?.[1];
  return found?.type === "string" ? found : undefined;
}

function optionCandidates(options: Options): readonly Candidate[] {
  return Object.entries(options)
    .filter(([, { hidden }]) => hidden === undefined)
    .map(([name, { summary }]) => ({ value: `--${name}`, summary }));
}

async function assignedValues(word: string, options: Options): Promise<readonly Candidate[]> {
  const flag = word.slice(0, word.indexOf("="));
  const spec = awaitsValue(flag, options);
  if (spec === undefined) return [];
  const found = await values(spec, word.slice(flag.length + 1));
  return found.map((candidate) =>
    candidate === FILES ? FILES : { ...candidate, value: `${flag}=${candidate.value}` },
  );
}

/** Words that are neither options nor values of options. */
function operandsOf(words: readonly string[], options: Options): readonly string[] {
  return words.filter(
    (word, i) => !word.startsWith("-") && awaitsValue(words[i - 1], options) === undefined,
  );
}

/** Candidates for an option's name or value; undefined if neither is due. */
async function optionOrValue(
  options: Options,
  before: readonly string[],
  word: string,
): Promise<readonly Candidate[] | undefined> {
  const waiting = awaitsValue(before.at(-1), options);
  if (waiting !== undefined) return values(waiting, word);
  if (word.startsWith("--") && word.includes("=")) return assignedValues(word, options);
  return word.startsWith("-") ? optionCandidates(options) : undefined;
}

async function candidatesWithin(
  command: Command,
  before: readonly string[],
  word: string,
): Promise<readonly Candidate[]> {
  if (before.includes("--")) return [FILES];
  const options: Options = { ...COMMON_OPTIONS, ...command.options };
  const found = await optionOrValue(options, before, word);
  if (found !== undefined) return found;
  const specs = command.operands.filter(({ hidden }) => hidden === undefined);
  const operand =
    specs[operandsOf(before, options).length] ?? specs.findLast(({ many }) => many === true);
  return operand === undefined ? [] : values(operand, word);
}

/** bash hands `--a=b` over as three words; puts them together again. */
function joinAssignments(words: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const [i, word] of words.entries()) {
    const last = joined.at(-1);
    const continues = word === "=" || words[i - 1] === "=";
    if (continues && last?.startsWith("--") === true) joined[joined.length - 1] = last + word;
    else joined.push(word);
  }
  return joined;
}

/** The command line before any command: a command's name, or a common option. */
async function candidatesBefore(
  commands: CommandTable,
  before: readonly string[],
  word: string,
): Promise<readonly Candidate[]> {
  const found = await optionOrValue(COMMON_OPTIONS, before, word);
  if (found !== undefined) return found;
  return (await commands.loadAll()).map(({ name, summary }) => ({ value: name, summary }));
}

/**
 * What fits in place of the last word.
 *
 * @param words the words after `cca-rim`, up to the cursor; the last one may be empty.
 */
export async function completions(
  commands: CommandTable,
  words: readonly string[],
  shell: "bash" | "zsh" | "fish",
): Promise<readonly Candidate[]> {
  const whole = shell === "bash" ? joinAssignments(words) : words;
  const word = whole.at(-1) ?? "";
  const before = whole.slice(0, -1);
  const at = before.findIndex(
    (w, i) => !w.startsWith("-") && awaitsValue(before[i - 1], COMMON_OPTIONS) === undefined,
  );
  const command = await commands.load(before[at] ?? "");
  if (at !== -1 && command === undefined) return [];
  const found =
    command === undefined
      ? await candidatesBefore(commands, before, word)
      : await candidatesWithin(command, before.toSpliced(at, 1), word);
  const fitting = found.filter((c) => c === FILES || c.value.startsWith(word));
  if (shell !== "bash" || !word.startsWith("--") || !word.includes("=")) return fitting;
  const prefix = word.indexOf("=") + 1;
  return fitting.map((c) => (c === FILES ? c : { ...c, value: c.value.slice(prefix) }));
}
