/**
 * What a command is: a light description that help, completion and the parser read, and a `run`
 * that imports the heavy modules only when it is called.
 *
 * @module
 */
import type { Style } from "../report/style.ts";

/** 0: done, equal. 1: it ran and the answer is no. 2: it could not run. */
export type ExitCode = 0 | 1 | 2;

/**
 * What completion offers for a value: files of the current folder, or names that may go on from
 * the word so far, asked for lazily.
 */
export type Completion = "file" | ((word: string) => Promise<readonly string[]>);

/** One option of a command. Values are always text; nothing is ever read as a number. */
export interface OptionSpec {
  readonly type: "boolean" | "string";
  /** One letter. */
  readonly short?: string;
  /** What the value is called in help, e.g. "FILE"; without it, the choices are shown. */
  readonly value?: string;
  readonly summary: string;
  /** The only values that are accepted. */
  readonly choices?: readonly string[];
  readonly complete?: Completion;
  /** It may be given several times; its value is a list. */
  readonly many?: true;
  /** Left out of help and completion. */
  readonly hidden?: true;
}

/** Options by their long name. */
export type Options = Readonly<Record<string, OptionSpec>>;

type OptionValue<S extends OptionSpec> = S["type"] extends "boolean"
  ? boolean
  : S extends { readonly many: true }
    ? readonly string[]
    : S extends { readonly choices: readonly (infer C)[] }
      ? C | undefined
      : string | undefined;

/** One positional argument. Only the last ones may be optional or repeated. */
export interface OperandSpec {
  readonly name: string;
  readonly summary: string;
  readonly optional?: true;
  readonly many?: true;
  readonly choices?: readonly string[];
  readonly complete?: Completion;
  readonly hidden?: true;
}

/** A command line that was understood. */
export interface Arguments<O extends Options> {
  readonly operands: readonly string[];
  readonly options: { readonly [K in keyof O]: OptionValue<O[K]> };
}

/** Hears how far the hashing of page contents is, both in granules. */
export type ProgressListener = (done: number, total: number) => void;

/** What the surroundings offer to a command. */
export interface Context {
  /** Whether the answer is to be one JSON document. */
  readonly json: boolean;
  readonly quiet: boolean;
  /** Colours of the place where the answer goes. */
  readonly style: Style;
  /** Prints a warning to standard error. */
  readonly warn: (message: string) => void;
  /**
   * Prints an error to standard error when the answer that was given already says so; gives the
   * exit code. An error that is thrown instead replaces the answer.
   */
  readonly fail: (error: unknown) => ExitCode;
  readonly onProgress: ProgressListener;
  /** As `onProgress`, of a search: candidates that were tried, and how many there are so far. */
  readonly onSearch: ProgressListener;
  readonly commands: CommandTable;
}

/** The commands that there are. */
export interface CommandTable {
  readonly names: readonly string[];
  /** Loads one command; undefined if there is none of that name. */
  load(name: string): Promise<Command> | undefined;
  /** Loads every command, in the order of help. */
  loadAll(): Promise<readonly Command[]>;
}

/** The answer in pieces, pulled as fast as the reader takes them; returns the exit code. */
export type Answer = AsyncGenerator<string | Uint8Array, ExitCode, undefined>;

/** A command line worth showing, and what it does. */
export interface Example {
  readonly line: string;
  readonly does: string;
}

/** One command; see `commands/`. */
export interface Command<O extends Options = Options> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Further paragraphs for the command's own help. */
  readonly details?: readonly string[];
  readonly operands: readonly OperandSpec[];
  readonly options: O;
  readonly examples: readonly [Example, Example, ...Example[]];
  /** What exit code 1 says, for commands that have a verdict. */
  readonly verdict?: string;
  run(args: Arguments<O>, context: Context): Answer;
}

/** Checks a command's `run` against its own options, then forgets their names. */
export function defineCommand<const O extends Options>(command: Command<O>): Command {
  return command;
}
