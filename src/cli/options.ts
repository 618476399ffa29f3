/**
 * The options that every command takes.
 *
 * @module
 */
import type { Completion, Options } from "./command.ts";
import { COLOR_MODES, type ColorMode } from "./style.ts";

/** Taken before or after the command's name. */
export const COMMON_OPTIONS: Options = {
  json: { type: "boolean", summary: "print one JSON document instead of text" },
  output: {
    type: "string",
    short: "o",
    value: "FILE",
    summary: "write the answer to FILE, complete or not at all (-: standard output)",
    complete: "file",
  },
  quiet: { type: "boolean", short: "q", summary: "no progress, no warnings" },
  color: {
    type: "string",
    value: "WHEN",
    choices: COLOR_MODES,
    summary: "always, never or auto (the default: heeds NO_COLOR, FORCE_COLOR, TERM)",
  },
  debug: { type: "boolean", summary: "with an internal error, print where it happened" },
  help: { type: "boolean", short: "h", summary: "print this help" },
};

/** Completes the names of models of an axis. */
export function completeModels(axis: "rmm" | "vmm" | "hypervisor"): Completion {
  return async (word) => (await import("./model-names.ts")).modelNames(axis, word);
}

/** What the common options ask for. */
export interface Settings {
  readonly json: boolean;
  /** A path; undefined for standard output. */
  readonly output?: string;
  readonly quiet: boolean;
  readonly color: ColorMode;
  readonly debug: boolean;
}

/** Reads the common options out of a parsed command line. */
export function readSettings(values: Readonly<Record<string, unknown>>): Settings {
  const output = values["output"];
  const color = COLOR_MODES.find((mode) => mode === values["color"]) ?? "auto";
  return {
    json: values["json"] === true,
    quiet: values["quiet"] === true,
    debug: values["debug"] === true,
    color,
    ...(typeof output === "string" && output !== "-" ? { output } : {}),
  };
}

/**
 * The common options as far as they can be told from a command line that may be wrong elsewhere:
 * an error has to be printed in the form that was asked for.
 */
export function guessSettings(argv: readonly string[]): Settings {
  const end = argv.indexOf("--");
  const flags = end === -1 ? argv : argv.slice(0, end);
  const color = flags.findLast(
    (flag, i) => flag.startsWith("--color=") || flags[i - 1] === "--color",
  );
  return readSettings({
    json: flags.includes("--json"),
    debug: flags.includes("--debug"),
    color: color?.replace("--color=", ""),
  });
}
