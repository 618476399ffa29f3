/**
 * A QEMU line taken apart into its options, as main() looks them up.
 *
 * @see QEMU system/vl.c (lookup_opt)
 * @module
 */

import type { Release } from "./facts.ts";
import { findOption } from "./options.ts";
import { refuseArgument } from "./refusal.ts";

/** One use of an option. */
export interface OptionUse {
  /** Without dashes. */
  readonly name: string;
  /** The argument; empty for options that have none. */
  readonly value: string;
  /** Where the argument (else the option) stands in the line, counted from 0. */
  readonly index: number;
}

/** Options that only ask for a text to be printed. */
const QUERIES = ["help", "h", "version", "audio-help"];

/**
 * Takes a line apart. What is no option is a disk.
 *
 * @param argv the whole line, its program first.
 * @throws CcaRimError HOST_ARGUMENT for unknown options, missing arguments, and lines that ask for
 *   help.
 */
export function readArguments(argv: readonly string[], release: Release): readonly OptionUse[] {
  const uses: OptionUse[] = [];
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i] ?? "";
    if (!word.startsWith("-")) {
      uses.push({ name: "hda", value: word, index: i });
      continue;
    }
    const name = word.replace(/^--?/, "");
    const option = findOption(name, release);
    if (option === undefined) throw refuseArgument(`${word}: invalid option`, i);
    if (QUERIES.includes(name)) {
      throw refuseArgument(`${word} prints a text and starts no machine`, i);
    }
    if (option.argument) {
      i += 1;
      const value = argv[i];
      if (value === undefined) throw refuseArgument(`${word}: requires an argument`, i - 1);
      uses.push({ name, value, index: i });
    } else {
      uses.push({ name, value: "", index: i });
    }
  }
  return uses;
}
