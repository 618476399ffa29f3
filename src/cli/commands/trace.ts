/**
 * `trace`: the RMI calls of a launch.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import type { Style } from "../../report/style.ts";
import type { TraceCall } from "../../report/trace.ts";
import { type Answer, type Command, type Context, defineCommand } from "../command.ts";
import type { ManifestSession } from "../manifest-session.ts";

type Line = (call: TraceCall) => string;

interface Choice {
  readonly measured: boolean;
  readonly addresses: boolean;
}

async function* calls(
  session: ManifestSession,
  { measured, addresses }: Choice,
): AsyncGenerator<TraceCall, undefined, undefined> {
  const { traceCall } = await import("../../report/trace.ts");
  for (const event of session.trace()) {
    if (!measured || event.answer.measured) yield traceCall(event, session.spec, addresses);
  }
  session.verifyUnchanged();
}

async function lineOf(format: "text" | "jsonl", style: Style): Promise<Line> {
  if (format === "jsonl") return (call) => `${JSON.stringify(call)}\n`;
  const { traceLine } = await import("../../report/text.ts");
  return (call) => traceLine(call, style);
}

/** Whether the launch ended early because somebody said no: then the calls before are the answer. */
function isRefusal(error: unknown): boolean {
  return error instanceof CcaRimError && /^(?:RMI|HOST)_REFUSED$/.test(error.code);
}

async function* lines(
  session: ManifestSession,
  choice: Choice,
  line: Line,
  { fail }: Context,
): Answer {
  try {
    for await (const call of calls(session, choice)) yield line(call);
    return 0;
  } catch (error) {
    if (isRefusal(error)) return fail(error);
    throw error;
  }
}

/** One document with every call, written as the calls come. */
async function* documentOf(session: ManifestSession, choice: Choice, context: Context): Answer {
  const { errorObject } = await import("../../report/json.ts");
  const { asCcaRimError } = await import("../errors.ts");
  yield '{\n  "schemaVersion": 1,\n  "calls": [';
  let separator = "\n";
  let failure: unknown;
  try {
    for await (const call of calls(session, choice)) {
      yield `${separator}    ${JSON.stringify(call)}`;
      separator = ",\n";
    }
  } catch (error) {
    failure = error;
  }
  const error = failure === undefined ? null : errorObject(asCcaRimError(failure));
  yield `\n  ],\n  "error": ${JSON.stringify(error)}\n}\n`;
  return failure === undefined ? 0 : context.fail(failure);
}

function noRequests(session: ManifestSession): CcaRimError {
  const { vmm } = session.plan.host;
  return session.error(
    "HOST_NOT_MODELLED",
    "/host/vmm",
    `the requests of ${vmm} to KVM are not modelled yet`,
    "without --layer host, the RMI calls are shown",
  );
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
    const { measured, addresses, format = "text", layer } = options;
    const { ManifestSession } = await import("../manifest-session.ts");
    const purpose = layer === "host" ? "host" : "measure";
    const session = await ManifestSession.open(path, { purpose });
    try {
      if (layer === "host") throw noRequests(session);
      await session.hashAhead(context.onProgress);
      const choice = { measured, addresses };
      return context.json
        ? yield* documentOf(session, choice, context)
        : yield* lines(session, choice, await lineOf(format, context.style), context);
    } finally {
      session.close();
    }
  },
});
