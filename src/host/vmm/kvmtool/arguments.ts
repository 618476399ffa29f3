/**
 * Reads an `lkvm run` line the way kvmtool's option parser does: abbreviations that are unique,
 * `--no-x`, values behind `=` or in the next word, short options with their value attached; the
 * last of a repeated option wins; the first word that is no option is the kernel.
 *
 * @module
 */
import type { CcaRimError } from "../../../errors.ts";
import { strtol, strtoull, toInt, toUint } from "./c-numbers.ts";
import { initialConfig, type KvmtoolConfig } from "./config.ts";
import { type OptionSpec, optionsOf } from "./options.ts";
import { refuseArgument } from "./refusal.ts";
import { KVMTOOL_VERSIONS, type KvmtoolFacts } from "./versions.ts";

/** Walks over the words of a line. */
class Words {
  readonly #words: readonly string[];
  /** Place of the word being read. */
  index: number;
  /** The value attached to the current option, if it has one that is not taken yet. */
  attached: string | undefined;

  constructor(words: readonly string[], index: number) {
    this.#words = words;
    this.index = index;
  }

  get current(): string | undefined {
    return this.#words[this.index];
  }

  get next(): string | undefined {
    return this.#words[this.index + 1];
  }

  /** The value of an option: attached, or the next word whatever it looks like. */
  takeValue(name: string): string {
    const attached = this.takeAttached();
    if (attached !== undefined) return attached;
    const { next } = this;
    if (next === undefined) throw refuseArgument(`${name} requires a value`, this.index);
    this.index += 1;
    return next;
  }

  takeAttached(): string | undefined {
    const { attached } = this;
    this.attached = undefined;
    return attached;
  }
}

interface Match {
  readonly spec: OptionSpec;
  readonly negated: boolean;
}

/** What an option name may be: a unique match, several, or none. */
type Lookup =
  | { readonly found: Match }
  | { readonly ambiguous: readonly [Match, Match] }
  | { readonly unknown: true };

/** How one option relates to `name` (without dashes and value). `whole` has the value, too. */
function compareName(
  spec: OptionSpec,
  name: string,
  whole: string,
): "exact" | "abbreviated" | "negated" | "abbreviated-negation" | undefined {
  // kvmtool looks no further once the word starts with a complete option name.
  if (whole.startsWith(spec.long)) return name === spec.long ? "exact" : undefined;
  if (spec.long.startsWith(name)) return "abbreviated";
  if ("no-".startsWith(whole)) return "abbreviated-negation";
  if (!whole.startsWith("no-")) return undefined;
  const positive = whole.slice(3);
  if (positive.startsWith(spec.long)) {
    return name.slice(3) === spec.long ? "negated" : undefined;
  }
  return spec.long.startsWith(positive) ? "abbreviated-negation" : undefined;
}

function lookUp(specs: readonly OptionSpec[], name: string, whole: string): Lookup {
  let candidate: Match | undefined;
  let rival: Match | undefined;
  for (const spec of specs) {
    const relation = compareName(spec, name, whole);
    if (relation === "exact" || relation === "negated") {
      return { found: { spec, negated: relation === "negated" } };
    }
    if (relation !== undefined) {
      rival = candidate ?? rival;
      candidate = { spec, negated: relation === "abbreviated-negation" };
    }
  }
  if (candidate === undefined) return { unknown: true };
  return rival === undefined ? { found: candidate } : { ambiguous: [rival, candidate] };
}

function display({ spec, negated }: Match): string {
  return `--${negated ? "no-" : ""}${spec.long}`;
}

/** One line being read into a configuration. */
class LineReader {
  readonly #specs: readonly OptionSpec[];
  readonly #words: Words;
  readonly #config: KvmtoolConfig;
  readonly #isDirectory: (name: string) => boolean;

  constructor(
    facts: KvmtoolFacts,
    words: Words,
    config: KvmtoolConfig,
    isDirectory: (name: string) => boolean,
  ) {
    this.#specs = optionsOf(facts);
    this.#words = words;
    this.#config = config;
    this.#isDirectory = isDirectory;
  }

  /** Reads options up to the first word that is none. @returns that word, or undefined at the end. */
  readOptions(): string | undefined {
    for (;;) {
      const word = this.#words.current;
      if (word === undefined || word === "-" || !word.startsWith("-") || word === "--") return word;
      if (word.startsWith("--")) this.#readLong(word.slice(2));
      else this.#readShort(word.slice(1));
      this.#words.index += 1;
    }
  }

  #readShort(text: string): void {
    const { index } = this.#words;
    if (text.startsWith("h")) throw refuseArgument("-h asks for help only", index);
    const spec = this.#specs.find(({ short }) => short === text.charAt(0));
    if (spec === undefined) {
      throw refuseArgument(`unknown switch \`${text.charAt(0)}'`, index);
    }
    this.#words.attached = text.length > 1 ? text.slice(1) : undefined;
    this.#apply({ spec, negated: false }, `switch \`${text.charAt(0)}'`);
  }

  #readLong(whole: string): void {
    const { index } = this.#words;
    if (whole === "help" || whole === "help-all") {
      throw refuseArgument(`--${whole} asks for help only`, index);
    }
    const equals = whole.indexOf("=");
    const name = equals < 0 ? whole : whole.slice(0, equals);
    this.#words.attached = equals < 0 ? undefined : whole.slice(equals + 1);
    const result = lookUp(this.#specs, name, whole);
    if ("unknown" in result) throw unknownOption(name, whole, index);
    if ("ambiguous" in result) {
      const [first, second] = result.ambiguous;
      const could = `could be ${display(first)} or ${display(second)}`;
      throw refuseArgument(`Ambiguous option: ${whole} (${could})`, index);
    }
    const { spec, negated } = result.found;
    this.#refuseNeedlessValue(result.found);
    this.#apply(result.found, `option \`${negated ? "no-" : ""}${spec.long}'`);
  }

  #refuseNeedlessValue({ spec, negated }: Match): void {
    if (this.#words.attached === undefined) return;
    const bare = spec.kind === "flag" || (spec.kind === "call" && spec.argument === "none");
    if (!negated && !bare) return;
    const option = `option \`${negated ? "no-" : ""}${spec.long}'`;
    throw refuseArgument(`${option} takes no value`, this.#words.index);
  }

  #apply({ spec, negated }: Match, name: string): void {
    const index = this.#words.index;
    const config = this.#config;
    config.at.set(spec.long, index);
    switch (spec.kind) {
      case "flag":
        if (spec.sets !== undefined) config[spec.sets] = !negated;
        return;
      case "text": {
        const text = negated ? undefined : this.#words.takeValue(name);
        if (spec.sets !== undefined) config[spec.sets] = text;
        return;
      }
      case "int":
      case "uint": {
        const value = negated ? 0n : strtol(this.#words.takeValue(name)).value;
        if (spec.sets !== undefined) {
          config[spec.sets] = spec.kind === "int" ? toInt(value) : toUint(value);
        }
        return;
      }
      case "u64": {
        const value = negated ? 0n : strtoull(this.#words.takeValue(name), 0).value;
        if (spec.sets !== undefined) config[spec.sets] = value;
        return;
      }
      default:
        spec.call(config, {
          argument: negated ? undefined : this.#callArgument(spec.argument, name),
          negated,
          index,
          isDirectory: this.#isDirectory,
        });
    }
  }

  #callArgument(argument: "required" | "none" | "optional", name: string): string | undefined {
    if (argument === "none") return undefined;
    const { attached, next } = this.#words;
    const absent = next === undefined || next.startsWith("-");
    if (argument === "optional" && attached === undefined && absent) return undefined;
    return this.#words.takeValue(name);
  }
}

/** Says which trees do have the option, where there are any. */
function unknownOption(name: string, whole: string, index: number): CcaRimError {
  const having = KVMTOOL_VERSIONS.filter(({ facts }) =>
    optionsOf(facts).some(({ long }) => long === name),
  );
  const trees = having.map(({ id }) => `kvmtool/${id}`);
  const [first] = trees;
  const hint =
    first === undefined
      ? undefined
      : trees.length > 3
        ? `it came with ${first}`
        : `only ${trees.join(" and ")} has it`;
  return refuseArgument(`unknown option \`${whole}'`, index, hint);
}

/**
 * Reads a line.
 *
 * @param argv the whole line, program and `run` included.
 * @param isDirectory whether a name given to -d is a directory.
 * @throws CcaRimError HOST_ARGUMENT with the place of the argument that kvmtool refuses.
 */
export function readArguments(
  argv: readonly string[],
  facts: KvmtoolFacts,
  isDirectory: (name: string) => boolean,
): KvmtoolConfig {
  if (argv[1] !== "run") {
    throw refuseArgument(
      'the second word must be "run"',
      argv.length > 1 ? 1 : undefined,
      'write the whole line: "lkvm", "run", ...',
    );
  }
  const config = initialConfig(facts);
  const words = new Words(argv, 2);
  const reader = new LineReader(facts, words, config, isDirectory);
  for (;;) {
    const word = reader.readOptions();
    if (word === undefined) return config;
    if (config.kernel !== undefined) {
      throw refuseArgument(`Cannot handle parameter: ${word}`, words.index);
    }
    config.kernel = word;
    config.at.set("kernel", words.index);
    words.index += 1;
  }
}
