/**
 * Trace events and requests as data: what a line of `trace` says.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import type { VmmRequest } from "../host/requests.ts";
import { type ShownRequest, shownRequest } from "../host/shown-request.ts";
import type { TraceEvent } from "../replay/engine.ts";
import { type ShownArguments, shownArguments, shownOutputs } from "../replay/shown-call.ts";
import type { RmmSpec } from "../rmm/spec.ts";

/** One RMI call with its answer; the keys in the order in which they are printed. */
export interface TraceCall {
  /** Counts from 1. */
  readonly n: number;
  /** `RMI_` and the command's name in its RMM version. */
  readonly command: string;
  readonly args: ShownArguments;
  readonly status: string;
  /** RTT level for RMI_ERROR_RTT, what the RMM waits for with RMI_INCOMPLETE, else 0. */
  readonly index: number;
  readonly outputs: ShownArguments;
  /** Whether the call changed the RIM. */
  readonly measured: boolean;
  /** Lower-case hex, as long as the hash; null before there is a Realm. */
  readonly rim: string | null;
}

/**
 * A call as data.
 *
 * @param addresses whether `args` include the granules that the host model picked.
 */
export function traceCall(event: TraceEvent, spec: RmmSpec, addresses: boolean): TraceCall {
  const { n, turn, answer, rim } = event;
  return {
    n,
    command: spec.commands[turn.call.command]?.name ?? turn.call.command,
    args: shownArguments(turn.call, spec, addresses),
    status: answer.status,
    index: answer.index,
    outputs: shownOutputs(answer.outputs),
    measured: answer.measured,
    rim: rim === undefined ? null : toHex(rim),
  };
}

function membersText(members: ShownArguments): string {
  for (const _ in members) return JSON.stringify(members);
  return "{}";
}

/**
 * The lines that `trace --format jsonl` prints, one for each call, in order. A launch has tens of
 * thousands, most of which say little: this is twice as fast as `JSON.stringify(traceCall(...))`,
 * and gives the same text.
 */
export class TraceLines {
  readonly #spec: RmmSpec;
  /** As JSON. */
  #rim = "null";

  constructor(spec: RmmSpec) {
    this.#spec = spec;
  }

  /** The line of the next call, with its end. */
  line({ n, turn, answer, rim }: TraceEvent): string {
    const { status, index, outputs, measured } = answer;
    const { call } = turn;
    if (rim !== undefined && (measured || this.#rim === "null")) this.#rim = `"${toHex(rim)}"`;
    const command = this.#spec.commands[call.command]?.name ?? call.command;
    const args = membersText(shownArguments(call, this.#spec, false));
    // Names of commands and statuses need no escapes.
    return `{"n":${n},"command":"${command}","args":${args},"status":"${status}","index":${index},"outputs":${membersText(shownOutputs(outputs))},"measured":${measured},"rim":${this.#rim}}\n`;
  }
}

/** One request of a VMM to KVM: its number, counted from 1, its name and its arguments. */
export type TraceRequest = { readonly n: number } & ShownRequest;

/** The requests that are shown, numbered. */
export function* traceRequests(requests: Iterable<VmmRequest>): Generator<TraceRequest> {
  let n = 0;
  for (const request of requests) {
    const shown = shownRequest(request);
    if (shown === undefined) continue;
    n += 1;
    yield { n, ...shown };
  }
}
