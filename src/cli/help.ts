/**
 * Help texts, rendered from the descriptions of the commands.
 *
 * @module
 */

import type { Style } from "../report/style.ts";
import type { Command, OptionSpec, Options } from "./command.ts";
import { COMMON_OPTIONS } from "./options.ts";

const NARROWEST = 40;
const WIDEST = 100;
/** Columns that a meaning needs beside its term. */
const NARROWEST_MEANING = 20;
/** Where a meaning below its term begins. */
const BELOW = 10;

type Row = readonly [term: string, meaning: string];

/** Width of help in columns: the terminal's, but no wider than reads well. */
export function helpWidth(columns: number | undefined, fallback: string | undefined): number {
  // A terminal that nobody told its size has 0 columns.
  const asked = columns || Number.parseInt(fallback ?? "", 10);
  return Math.max(NARROWEST, Math.min(WIDEST, Number.isNaN(asked) ? 80 : asked));
}

/** Breaks text at spaces into lines of at most `width` columns; longer words stay whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function indent(lines: readonly string[], by: number): string {
  return lines.map((line) => `${" ".repeat(by)}${line}\n`).join("");
}

/**
 * Two columns: terms left, their meanings wrapped right, or below a term that is too long; below
 * every term if there is no room beside them.
 */
function table(rows: readonly Row[], width: number, style: Style): string {
  const wanted = Math.min(26, Math.max(...rows.map(([term]) => term.length))) + 4;
  const left = width - wanted < NARROWEST_MEANING ? BELOW : wanted;
  return rows
    .map(([term, meaning]) => {
      const lines = wrap(meaning, width - left);
      const head = `  ${style.bold(term)}`;
      if (term.length + 4 > left) return `${head}\n${indent(lines, left)}`;
      const [first = "", ...rest] = lines;
      return `${head}${" ".repeat(left - 2 - term.length)}${first}\n${indent(rest, left)}`;
    })
    .join("");
}

function optionRow(name: string, spec: OptionSpec): Row {
  const value = spec.value ?? spec.choices?.join("|");
  const short = spec.short === undefined ? "    " : `-${spec.short}, `;
  return [`${short}--${name}${value === undefined ? "" : ` ${value}`}`, spec.summary];
}

function optionRows(options: Options, except: Options = {}): Row[] {
  return Object.entries(options)
    .filter(([name, spec]) => spec.hidden === undefined && !Object.hasOwn(except, name))
    .map(([name, spec]) => optionRow(name, spec));
}

function operandText({ operands }: Command): string {
  return operands
    .filter(({ hidden }) => hidden === undefined)
    .map(({ name, optional, many }) => {
      const text = many === true ? `${name}...` : name;
      return optional === true ? `[${text}]` : text;
    })
    .join(" ");
}

function exitRows(verdict: string | undefined): Row[] {
  return [
    ["0", verdict === undefined ? "done" : "done: equal, verified, accepted"],
    ...(verdict === undefined ? [] : [["1", verdict] as const]),
    [
      "2",
      "it could not run: usage, a missing file, an unknown or impossible model, a refused launch",
    ],
  ];
}

function examplesText(command: Command, width: number, style: Style): string {
  return command.examples
    .map(({ line, does }) => `  ${style.bold(line)}\n${indent(wrap(does, width - 6), 6)}`)
    .join("");
}

/** The first line; what does not fit goes on below, indented. */
function usageText(line: string, width: number): string {
  const [first = "", ...rest] = wrap(`Usage: ${line}`, width);
  const more = rest.length === 0 ? [] : wrap(rest.join(" "), width - BELOW);
  return `${first}\n${indent(more, BELOW)}`;
}

/** Help of one command. */
export function commandHelp(command: Command, width: number, style: Style): string {
  const operands = command.operands.filter(({ hidden }) => hidden === undefined);
  const words = ["cca-rim", command.name, operandText(command), "[options]"];
  const section = (title: string, body: string): string => `\n${style.bold(title)}\n${body}`;
  const own = optionRows(command.options);
  return [
    `${usageText(words.filter((word) => word !== "").join(" "), width)}\n`,
    indent(wrap(command.summary, width), 0),
    ...(command.details ?? []).map((text) => `\n${indent(wrap(text, width), 0)}`),
    operands.length > 0
      ? section(
          "Arguments",
          table(
            operands.map((o) => [o.name, o.summary]),
            width,
            style,
          ),
        )
      : "",
    own.length > 0 ? section("Options", table(own, width, style)) : "",
    section(
      own.length > 0 ? "Common options" : "Options",
      table(optionRows(COMMON_OPTIONS, command.options), width, style),
    ),
    section("Examples", examplesText(command, width, style)),
    section("Exit codes", table(exitRows(command.verdict), width, style)),
  ].join("");
}

const ABOUT =
  "Computes the Realm Initial Measurement (RIM) of an Arm CCA Realm from a launch manifest, by " +
  "replaying the host's RMI calls through a model of the RMM.";

const EXAMPLES: readonly Row[] = [
  ["cca-rim measure guest.yaml", "prints RIM and REM0-3 of the Realm that guest.yaml describes"],
  ["cca-rim trace guest.yaml | less", "shows the RMI calls behind that value, one a line"],
];

/** Help of the whole program. */
export function programHelp(commands: readonly Command[], width: number, style: Style): string {
  const rows = commands.map((c): Row => [`${c.name} ${operandText(c)}`.trimEnd(), c.summary]);
  const section = (title: string, body: string): string => `\n${style.bold(title)}\n${body}`;
  return [
    "Usage: cca-rim COMMAND [options]\n\n",
    indent(wrap(ABOUT, width), 0),
    section("Commands", table(rows, width, style)),
    section(
      "Options of every command",
      table([...optionRows(COMMON_OPTIONS), ["    --version", "print the version"]], width, style),
    ),
    section(
      "Examples",
      EXAMPLES.map(
        ([line, does]) => `  ${style.bold(line)}\n${indent(wrap(does, width - 6), 6)}`,
      ).join(""),
    ),
    section(
      "Exit codes",
      table(
        exitRows("it ran and the answer is no: differs, does not verify, is rejected"),
        width,
        style,
      ),
    ),
    `\n${indent(wrap("cca-rim COMMAND --help explains a command.", width), 0)}`,
  ].join("");
}
