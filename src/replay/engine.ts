/**
 * The conversation between a modelled host and a modelled RMM: the host asks, the RMM answers,
 * until the Realm is built. Reads the measurements out of the Realm Descriptor at the end.
 *
 * @module
 */
import type { HashAlgo } from "../hash/hasher.ts";
import type { HostProcess, HostTurn } from "../host/process.ts";
import type { Answer } from "../rmm/execute.ts";
import { apply, applyRun, type RunAnswer } from "../rmm/machine.ts";
import { REM_COUNT } from "../rmm/measurement.ts";
import type { Realm } from "../rmm/realm.ts";
import type { Rmm } from "../rmm/rmm.ts";
import type { Pa } from "../units.ts";
import { launchFailure } from "./refusal.ts";

/** One RMI call with its answer. */
export interface TraceEvent {
  /** Counts from 1. */
  readonly n: number;
  readonly turn: HostTurn;
  readonly answer: Answer;
  /** The RIM of the Realm after the call, as long as its hash; undefined before there is one. */
  readonly rim: Uint8Array | undefined;
}

/** What a launch measured. */
export interface LaunchMeasurement {
  readonly hashAlgo: HashAlgo;
  /** As long as the hash. */
  readonly rim: Uint8Array;
  /** REM0 .. REM3, each as long as the hash. */
  readonly rem: readonly Uint8Array[];
  /** Realm Personalization Value, 64 bytes. */
  readonly rpv: Uint8Array;
  /** RMI calls made. */
  readonly calls: number;
  /** RMI calls that changed the RIM. */
  readonly measuredCalls: number;
}

/** One extension of a REM by the Realm. */
export interface RemExtension {
  /** 0 .. 3. */
  readonly register: number;
  /** At most 64 bytes; where it depends on the Realm's hash, a function of that. */
  readonly data: Uint8Array | ((algo: HashAlgo) => Uint8Array);
}

function measurementOf(realm: Realm, calls: number, measuredCalls: number): LaunchMeasurement {
  const { measurements, rpv } = realm;
  return {
    hashAlgo: measurements.hasher.algo,
    rim: measurements.rim,
    rem: Array.from({ length: REM_COUNT }, (_, register) => measurements.rem(register)),
    rpv,
    calls,
    measuredCalls,
  };
}

/** What to yield after a call, if anything. */
type Watch<E> = (n: number, turn: HostTurn, answer: Answer) => E | undefined;

/** Hands a turn to the RMM. */
type Ask = (rmm: Rmm, turn: HostTurn) => Answer | RunAnswer;

const callByCall: Ask = (rmm, { call }) => apply(rmm, call);

/** Hands a turn to the RMM; pages that are loaded without trouble are taken together. */
export const inRuns: Ask = (rmm, { call, run }) => (run && applyRun(rmm, run)) ?? apply(rmm, call);

/** The conversation. */
function* converse<E>(
  host: HostProcess,
  rmm: Rmm,
  rem: Iterable<RemExtension>,
  ask: Ask,
  watch: Watch<E>,
): Generator<E, LaunchMeasurement, undefined> {
  let calls = 0;
  let measuredCalls = 0;
  let next = host.next();
  while (next.done !== true) {
    const turn = next.value;
    const answer = ask(rmm, turn);
    const isRun = "pages" in answer;
    calls += isRun ? answer.calls : 1;
    if (answer.measured) measuredCalls += isRun ? answer.pages : 1;
    const event = watch(calls, turn, answer);
    if (event !== undefined) yield event;
    next = host.next(answer);
  }
  const outcome = next.value;
  const realm = outcome.kind === "done" ? rmm.realms.get(Number(outcome.rd)) : undefined;
  if (realm === undefined) throw launchFailure(rmm, calls, outcome);
  for (const { register, data } of rem) {
    const { algo } = realm.measurements.hasher;
    realm.measurements.extendRem(register, typeof data === "function" ? data(algo) : data);
  }
  return measurementOf(realm, calls, measuredCalls);
}

/**
 * Runs a launch to its end, and yields every call with its answer on the way.
 *
 * @param rem what the Realm extends its REMs with afterwards, in order.
 * @throws CcaRimError RMI_REFUSED if the RMM refuses a call that the launch needs (with the JSON
 * pointer of what asked for it), HOST_REFUSED if the host refuses a request.
 */
export function traceLaunch(
  host: HostProcess,
  rmm: Rmm,
  rem: Iterable<RemExtension> = [],
): Generator<TraceEvent, LaunchMeasurement, undefined> {
  let rd: Pa | undefined;
  return converse(host, rmm, rem, callByCall, (n, turn, answer) => {
    // The launch's Realm is the first that is created.
    if (turn.call.command === "RMI_REALM_CREATE" && answer.measured) rd ??= turn.call.input.rd;
    return { n, turn, answer, rim: rd === undefined ? undefined : rmm.rimOf(rd) };
  });
}

/** Calls between two pauses: some ten milliseconds with the hashing of their pages. */
const CALLS_A_SLICE = 8192;

/**
 * Runs a launch to its end, and yields the number of calls so far now and then, so that the caller
 * can do other things meanwhile. Makes no events: there may be millions.
 *
 * @throws CcaRimError as {@link traceLaunch} does.
 */
export function runInSlices(
  host: HostProcess,
  rmm: Rmm,
  rem: Iterable<RemExtension> = [],
): Generator<number, LaunchMeasurement, undefined> {
  let pause = CALLS_A_SLICE;
  return converse(host, rmm, rem, inRuns, (n) => {
    if (n < pause) return undefined;
    pause = n + CALLS_A_SLICE;
    return n;
  });
}

/** Runs a launch to its end. @throws CcaRimError as {@link traceLaunch} does. */
export function runLaunch(
  host: HostProcess,
  rmm: Rmm,
  rem: Iterable<RemExtension> = [],
): LaunchMeasurement {
  const run = runInSlices(host, rmm, rem);
  let next = run.next();
  while (next.done !== true) next = run.next();
  return next.value;
}
