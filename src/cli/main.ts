#!/usr/bin/env node
/**
 * The command line: parse, options, run, render, exit code.
 *
 * @module
 */
import type { ExitCode } from "./command.ts";
import { inform } from "./inform.ts";
import { guessSettings } from "./options.ts";
import { parse } from "./parse.ts";
import { openTerminal, printError } from "./terminal.ts";

async function main(argv: readonly string[]): Promise<ExitCode> {
  try {
    const invocation = await parse(argv);
    if (invocation.kind !== "run") return await inform(invocation);
    const { command, args, settings } = invocation;
    const terminal = openTerminal(settings);
    const answer = command.run(args, terminal.context);
    return await terminal.render(answer, command.verdict !== undefined);
  } catch (error) {
    return printError(error, guessSettings(argv));
  }
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
