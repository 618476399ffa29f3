/**
 * From `argv` to a command and its arguments. Every flag must be known, every value is text.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { CcaRimError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { Arguments, Command, OperandSpec, OptionSpec, Options } from "./command.ts";
import { commands } from "./commands.ts";
import { COMMON_OPTIONS, readSettings, type Settings } from "./options.ts";

/** What the user asked for. */
export type Invocation =
  | { readonly kind: "help"; readonly command?: Command }
  | { readonly kind: "version" }
  | {
      readonly kind: "run";
      readonly command: Command;
      readonly args: Arguments<Options>;
      readonly settings: Settings;
    };

type Token = NonNullable<ReturnType<typeof tokenize>>[number];

function tokenize(argv: readonly string[], options: Options) {
  return parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { type, short }]) => [
        name,
        short === undefined ? { type } : { type, short },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
}

function usage(message: string, hint?: string): CcaRimError {
  return new CcaRimError("USAGE_ARGUMENT", message, hint === undefined ? {} : { hint });
}

function quoteList(values: readonly string[]): string {
  return values.length < 2
    ? values.join("")
    : `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
}

function unknownOption(rawName: string, options: Options, helpLine: string): CcaRimError {
  const visible = Object.entries(options).filter(([, spec]) => spec.hidden === undefined);
  const near = nearest(
    rawName.replace(/^-+/, ""),
    visible.map(([name]) => name),
  );
  const hint =
    rawName.startsWith("--") && near !== undefined ? `did you mean --${near}?` : helpLine;
  return usage(`unknown option ${rawName}`, hint);
}

function badChoice(what: string, value: string, choices: readonly string[]): CcaRimError {
  const near = nearest(value, choices);
  return usage(
    `${what} must be ${quoteList(choices)}, not "${value}"`,
    near === undefined ? undefined : `did you mean ${near}?`,
  );
}

/** The value of one option token, checked. */
function optionValue(token: Extract<Token, { kind: "option" }>, spec: OptionSpec): string | true {
  const { rawName, value, inlineValue } = token;
  if (spec.type === "boolean") {
    if (value !== undefined) throw usage(`${rawName} takes no value, but "${value}" was given`);
    return true;
  }
  const placeholder = spec.choices === undefined ? (spec.value ?? "text") : quoteList(spec.choices);
  const isMissing = value === undefined || (value === "" && spec.complete === "file");
  if (isMissing) throw usage(`${rawName} needs a value: ${placeholder}`);
  if (inlineValue === false && value.length > 1 && value.startsWith("-")) {
    throw usage(
      `${rawName} needs a value (${placeholder}), but the option ${value} follows it`,
      `if that is the value, write --${token.name}=${value}`,
    );
  }
  if (spec.choices !== undefined && !spec.choices.includes(value)) {
    throw badChoice(rawName, value, spec.choices);
  }
  return value;
}

type OptionValues = string | boolean | readonly string[] | undefined;

function collectOptions(
  tokens: readonly Token[],
  options: Options,
  helpLine: string,
): Record<string, OptionValues> {
  const values: Record<string, OptionValues> = {};
  for (const [name, { type, many }] of Object.entries(options)) {
    values[name] = many === true ? [] : type === "boolean" ? false : undefined;
  }
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const spec = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (spec === undefined) throw unknownOption(token.rawName, options, helpLine);
    const value = optionValue(token, spec);
    const before = values[token.name];
    values[token.name] = Array.isArray(before) ? [...before, String(value)] : value;
  }
  return values;
}

function checkOperands(command: Command, operands: readonly string[], helpLine: string): void {
  const specs = command.operands;
  const missing = specs.find((spec, i) => spec.optional === undefined && i >= operands.length);
  if (missing !== undefined) throw usage(`${command.name} needs ${missing.name}`, helpLine);
  for (const [i, operand] of operands.entries()) {
    const spec: OperandSpec | undefined = specs[i] ?? specs.findLast(({ many }) => many);
    if (spec === undefined) throw usage(`unexpected argument "${operand}"`, helpLine);
    if (spec.choices !== undefined && !spec.choices.includes(operand)) {
      throw badChoice(spec.name, operand, spec.choices);
    }
  }
}

/** The position of the command's name: the first word that no common option takes as its value. */
function commandIndex(argv: readonly string[]): number {
  const token = tokenize(argv, COMMON_OPTIONS)?.find(({ kind }) => kind === "positional");
  return token?.index ?? -1;
}

function unknownCommand(word: string): CcaRimError {
  const near = nearest(word, commands.names);
  return new CcaRimError("USAGE_COMMAND", `unknown command "${word}"`, {
    hint: near === undefined ? "cca-rim --help lists the commands" : `did you mean ${near}?`,
  });
}

async function parseWithout(argv: readonly string[]): Promise<Invocation> {
  if (argv.includes("--version")) return { kind: "version" };
  const helpLine = "cca-rim --help lists commands and options";
  const values = collectOptions(tokenize(argv, COMMON_OPTIONS) ?? [], COMMON_OPTIONS, helpLine);
  if (values["help"] === true) return { kind: "help" };
  throw new CcaRimError("USAGE_COMMAND", "no command given", {
    hint: "cca-rim --help lists the commands",
  });
}

/**
 * Understands a command line.
 *
 * @param argv without the names of node and of the script.
 * @throws CcaRimError USAGE_COMMAND, USAGE_ARGUMENT
 */
export async function parse(argv: readonly string[]): Promise<Invocation> {
  const at = commandIndex(argv);
  const word = argv[at];
  if (word === undefined) return parseWithout(argv);
  const rest = argv.toSpliced(at, 1);
  if (word === "help") return parse([...rest, "--help"]);
  if (word === "version") return { kind: "version" };
  const command = await commands.load(word);
  if (command === undefined) throw unknownCommand(word);
  const options: Options = { ...COMMON_OPTIONS, ...command.options };
  const tokens = tokenize(rest, options) ?? [];
  const asksFor = (name: string): boolean =>
    tokens.some((token) => token.kind === "option" && token.name === name);
  if (asksFor("help")) return { kind: "help", command };
  if (asksFor("version")) return { kind: "version" };
  const helpLine = `cca-rim ${command.name} --help explains its arguments`;
  const values = collectOptions(tokens, options, helpLine);
  const operands = tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : []));
  checkOperands(command, operands, helpLine);
  const args = { operands, options: values } as Arguments<Options>;
  return { kind: "run", command, args, settings: readSettings(values) };
}
