/**
 * `trace`: the RMI calls of a launch, or the requests that lead to them.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import type { Style } from "../../report/style.ts";
import type { TraceCall, TraceRequest } from "../../report/trace.ts";
import { type Answer, type Command, type Context, defineCommand } from "../command.ts";
import type { ManifestSession } from "../manifest-session.ts";

interface Choice {
  readonly measured: boolean;
  readonly addresses: boolean;
}

/** One of the two conversations of a launch. */
interface Layer<T extends object> {
  /** What its lines are called in a document. */
  readonly key: "calls" | "requests";
  readonly lines: AsyncGenerator<T, undefined, undefined>;
  readonly text: (line: T, style: Style) => string;
}

async function* calls(
  session: ManifestSession,
  { measured, addresses }: Choice,
  { onProgress }: Context,
): AsyncGenerator<TraceCall, undefined, undefined> {
  const { traceCall } = await import("../../report/trace.ts");
  await session.startHashing(onProgress);
  for (const event of session.trace()) {
    if (!measured || event.answer.measured) yield traceCall(event, session.spec, addresses);
  }
  session.verifyUnchanged();
}

async function* requests(
  session: ManifestSession,
): AsyncGenerator<TraceRequest, undefined, undefined> {
  const { traceRequests } = await import("../../report/trace.ts");
  yield* traceRequests(session.requests());
}

/** Whether the launch ended early because somebody said no: then the lines before are the answer. */
function isRefusal(error: unknown): boolean {
  return error instanceof CcaRimError && /^(?:RMI|HOST)_REFUSED$/.test(error.code);
}

async function* linesOf<T extends object>(
  { lines, text }: Layer<T>,
  format: "text" | "jsonl",
  { style, fail }: Context,
): Answer {
  try {
    for await (const line of lines) {
      yield format === "jsonl" ? `${JSON.stringify(line)}\n` : text(line, style);
    }
    return 0;
  } catch (error) {
    if (isRefusal(error)) return fail(error);
    throw error;
  }
}

/** One document with every line, written as the lines come. */
async function* documentOf<T extends object>({ key, lines }: Layer<T>, { fail }: Context): Answer {
  const { errorObject } = await import("../../report/json.ts");
  const { asCcaRimError } = await import("../errors.ts");
  const start = `{\n  "schemaVersion": 1,\n  "${key}": [`;
  let separator = `${start}\n`;
  let failure: unknown;
  try {
    for await (const line of lines) {
      yield `${separator}    ${JSON.stringify(line)}`;
      separator = ",\n";
    }
  } catch (error) {
    // Before the first line there is no document yet, and the error will be one.
    if (separator !== ",\n") throw error;
    failure = error;
  }
  const error = failure === undefined ? null : errorObject(asCcaRimError(failure));
  yield `${separator === ",\n" ? "" : start}\n  ],\n  "error": ${JSON.stringify(error)}\n}\n`;
  return failure === undefined ? 0 : fail(failure);
}

function answerOf<T extends object>(
  layer: Layer<T>,
  format: "text" | "jsonl",
  context: Context,
): Answer {
  return context.json ? documentOf(layer, context) : linesOf(layer, format, context);
}

/** The command. */
export const trace: Command = defineCommand({
  name: "trace",
  summary: "Shows the RMI calls of a launch, one a line.",
  details: [
    "A line holds the number of the call, the command, its arguments, the status, the outputs and the RIM after it. When the RMM refuses a call that the launch needs, the calls up to that one are shown.",
    "--json prints one document with all calls, whatever the format.",
  ],
  operands: [{ name: "MANIFEST", summary: "launch manifest, YAML or JSON", complete: "file" }],
  options: {
    measured: { type: "boolean", summary: "only the calls that changed the RIM" },
    layer: {
      type: "string",
      choices: ["rmi", "host"],
      summary: "rmi (the default), or the VMM's requests to KVM before they become RMI calls",
    },
    format: {
      type: "string",
      choices: ["text", "jsonl"],
      summary: "text (the default), or one JSON object a line",
    },
    addresses: {
      type: "boolean",
      summary: "also the addresses of the granules that the host model picked",
    },
  },
  examples: [
    { line: "cca-rim trace --measured guest.yaml", does: "shows what the RIM is made of" },
    {
      line: "cca-rim trace --format jsonl guest.yaml | jq -r 'select(.index != 0)'",
      does: "finds the calls that failed at some RTT level",
    },
  ],
  async *run({ operands: [path = ""], options }, context) {
    const { measured, addresses, format = "text", layer = "rmi" } = options;
    if (layer === "host" && (measured || addresses)) {
      throw new CcaRimError(
        "USAGE_ARGUMENT",
        `${measured ? "--measured" : "--addresses"} is about RMI calls, --layer host shows none`,
      );
    }
    const { requestLine, traceLine } = await import("../../report/text.ts");
    const { ManifestSession } = await import("../manifest-session.ts");
    const purpose = layer === "host" ? "host" : "measure";
    const session = await ManifestSession.open(path, { purpose });
    try {
      for (const warning of session.warnings()) context.warn(warning);
      if (layer === "host") {
        const lines = requests(session);
        return yield* answerOf({ key: "requests", lines, text: requestLine }, format, context);
      }
      const lines = calls(session, { measured, addresses }, context);
      return yield* answerOf({ key: "calls", lines, text: traceLine }, format, context);
    } finally {
      session.close();
    }
  },
});
