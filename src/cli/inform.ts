/**
 * What the program says about itself: `--help` and `--version`.
 *
 * @module
 */
import type { Command, ExitCode } from "./command.ts";
import { commands } from "./commands.ts";
import { commandHelp, helpWidth, programHelp } from "./help.ts";
import { streamSink } from "./output.ts";
import { styleOf, wantsColor } from "./style.ts";
import { packageVersion } from "./version.ts";

async function helpText(command: Command | undefined): Promise<string> {
  const width = helpWidth(process.stdout.columns, process.env["COLUMNS"]);
  const style = styleOf(wantsColor("auto", process.env, process.stdout.isTTY));
  return command === undefined
    ? programHelp(await commands.loadAll(), width, style)
    : commandHelp(command, width, style);
}

/** Prints help or the version on standard output. */
export async function inform(
  about: { readonly kind: "version" } | { readonly kind: "help"; readonly command?: Command },
): Promise<ExitCode> {
  const text =
    about.kind === "version" ? `cca-rim ${packageVersion()}\n` : await helpText(about.command);
  await streamSink(process.stdout).write(text);
  return 0;
}
