/**
 * A command line as options with their values, without knowing whose command line it is.
 *
 * @module
 */

/** An option with the words that belong to it, or words that belong to no option. */
export interface ArgumentGroup {
  /** The option's name with its dashes; undefined for words before the first option. */
  readonly option: string | undefined;
  /** The words as they stand. */
  readonly words: readonly string[];
  /** Index of the first word in the line. */
  readonly first: number;
}

function isOption(word: string): boolean {
  return /^--?[A-Za-z0-9]/.test(word) && !/^-\d+$/.test(word);
}

/** Cuts a line before each option. `--name=value` is one word, and its option is `--name`. */
export function groupArguments(args: readonly string[]): readonly ArgumentGroup[] {
  const groups: { option: string | undefined; words: string[]; first: number }[] = [];
  for (const [index, word] of args.entries()) {
    const last = groups.at(-1);
    if (isOption(word)) {
      groups.push({ option: word.replace(/=.*$/s, ""), words: [word], first: index });
    } else if (last === undefined || last.option === undefined) {
      groups.push({ option: undefined, words: [word], first: index });
    } else {
      last.words.push(word);
    }
  }
  return groups;
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A group as people type it. */
export function groupText({ words }: ArgumentGroup): string {
  return words.map(quoted).join(" ");
}
