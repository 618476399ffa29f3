/**
 * Finds the options of a command line, given which options take a value.
 *
 * @module
 */

/** An option as a VMM knows it. */
export interface KnownOption {
  /** All spellings with their dashes, e.g. `-c` and `--cpus`. */
  readonly names: readonly string[];
  /** Whether the next word is its value, unless `=` or the rest of the word gives it. */
  readonly value: "none" | "required" | "optional";
}

/** One option in a line. */
export interface OptionWords {
  readonly option: KnownOption;
  /** Index of its first word, and how many words it has. */
  readonly first: number;
  readonly count: number;
  /** Its value, if it has one. */
  readonly value: string | undefined;
}

function attached(word: string, name: string): string | undefined {
  if (word.startsWith(`${name}=`)) return word.slice(name.length + 1);
  // A short option may carry its value without a space.
  return name.length === 2 && word.startsWith(name) ? word.slice(2) : undefined;
}

function optionAt(
  args: readonly string[],
  first: number,
  options: readonly KnownOption[],
): OptionWords | undefined {
  const word = args[first] ?? "";
  for (const option of options) {
    if (option.names.includes(word)) {
      const next = args[first + 1];
      const takes =
        option.value === "required" ||
        (option.value === "optional" && next?.startsWith("-") === false);
      return takes && next !== undefined
        ? { option, first, count: 2, value: next }
        : { option, first, count: 1, value: undefined };
    }
  }
  for (const option of options) {
    if (option.value === "none" || word.startsWith("-") === false) continue;
    const isLong = word.startsWith("--");
    const name = option.names.find(
      (each) => (isLong || !each.startsWith("--")) && attached(word, each) !== undefined,
    );
    if (name === undefined || (isLong && !name.startsWith("--"))) continue;
    return { option, first, count: 1, value: attached(word, name) };
  }
  return undefined;
}

/** The options of a line, in order. */
export function optionsIn(
  args: readonly string[],
  options: readonly KnownOption[],
): readonly OptionWords[] {
  const found: OptionWords[] = [];
  for (let i = 0; i < args.length; ) {
    const option = optionAt(args, i, options);
    if (option !== undefined) found.push(option);
    i += option?.count ?? 1;
  }
  return found;
}

/**
 * The line with another value for an option: in place of its last use, or as the first option.
 *
 * @param words the option's words; none to take it away.
 * @param start index of the first word that may be an option.
 * @returns undefined if there is nothing to take away.
 */
export function withOption(
  args: readonly string[],
  name: string,
  words: readonly string[],
  { options, start }: { readonly options: readonly KnownOption[]; readonly start: number },
): readonly string[] | undefined {
  const uses = optionsIn(args, options).filter(({ option }) => option.names.includes(name));
  const last = uses.at(-1);
  if (last === undefined) {
    if (words.length === 0) return undefined;
    return [...args.slice(0, start), ...words, ...args.slice(start)];
  }
  return args.flatMap((word, i) => {
    if (i === last.first) return words;
    return uses.some(({ first, count }) => i >= first && i < first + count) ? [] : [word];
  });
}
