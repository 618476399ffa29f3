/**
 * Standard output, standard error and signals, as one command uses them.
 *
 * @module
 */

import type { Style } from "../report/style.ts";
import type { Answer, Context, ExitCode } from "./command.ts";
import { commands } from "./commands.ts";
import { asCcaRimError, errorJson, errorText } from "./errors.ts";
import type { Settings } from "./options.ts";
import { deliver, fileSink, type Sink, streamSink, textOnly } from "./output.ts";
import { noProgress, type Progress, progressOn } from "./progress.ts";
import { styleOf, wantsColor } from "./style.ts";

/** Signals that end the program, with the exit code that shells give them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** The surroundings of one command. */
export interface Terminal {
  readonly context: Context;
  /** Prints an answer; gives the exit code. */
  render(answer: Answer, hasVerdict: boolean): Promise<ExitCode>;
}

function say(text: string): void {
  process.stderr.write(text);
}

function errorStyle({ color }: Settings): Style {
  return styleOf(wantsColor(color, process.env, process.stderr.isTTY));
}

function openProgress(quiet: boolean): Progress {
  const { stderr, env } = process;
  const silent = quiet || !stderr.isTTY || (env["CI"] ?? "") !== "" || env["TERM"] === "dumb";
  return silent ? noProgress : progressOn(stderr, () => performance.now());
}

function explain(error: unknown, settings: Settings): ExitCode {
  // Nobody may be left to read it; that is no reason to fail a second time.
  process.stderr.on("error", () => undefined);
  const known = asCcaRimError(error);
  say(errorText(known, errorStyle(settings), settings.debug));
  return 2;
}

/** Prints an error instead of an answer; gives the exit code. */
export async function printError(error: unknown, settings: Settings): Promise<ExitCode> {
  const code = explain(error, settings);
  const document = errorJson(asCcaRimError(error));
  if (settings.json) await streamSink(process.stdout).write(document);
  return code;
}

/** Calls `cleanUp` and ends the program when a signal asks for it; gives a function that stops that. */
function onSignals(cleanUp: () => void): () => void {
  const handlers = Object.entries(SIGNALS).map(([signal, code]) => {
    const handler = (): never => {
      cleanUp();
      process.exit(code);
    };
    process.once(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => {
    for (const off of handlers) off();
  };
}

async function render(
  answer: Answer,
  hasVerdict: boolean,
  sink: Sink,
  progress: Progress,
  restore: () => void,
): Promise<ExitCode> {
  const write: Sink["write"] = (piece) => {
    progress.end();
    return sink.write(piece);
  };
  try {
    const code = await deliver(answer, { ...sink, write }, hasVerdict);
    sink.close();
    return code;
  } catch (error) {
    sink.discard();
    throw error;
  } finally {
    progress.end();
    restore();
  }
}

/**
 * Opens the place where the answer goes.
 *
 * @throws CcaRimError USAGE_OUTPUT if it cannot be written to.
 */
export function openTerminal(settings: Settings): Terminal {
  const { json, quiet, output, color } = settings;
  const progress = openProgress(quiet);
  let opened: Sink | undefined;
  // Before there is a file that a signal could leave behind.
  const restore = onSignals(() => {
    progress.end();
    opened?.discard();
  });
  const toTerminal = output === undefined && process.stdout.isTTY;
  const stream = output === undefined ? streamSink(process.stdout) : fileSink(output);
  const sink = toTerminal ? textOnly(stream) : stream;
  opened = sink;
  const context: Context = {
    json,
    quiet,
    style: styleOf(!json && wantsColor(color, process.env, toTerminal)),
    commands,
    onProgress: progress.update,
    onSearch: progress.search,
    warn(message) {
      progress.end();
      if (!quiet) say(`${errorStyle(settings).yellow("warning:")} ${message}\n`);
    },
    fail(error) {
      progress.end();
      return explain(error, settings);
    },
  };
  return {
    context,
    render: (answer, hasVerdict) => render(answer, hasVerdict, sink, progress, restore),
  };
}
