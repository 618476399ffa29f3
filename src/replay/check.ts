/**
 * Replays transcripts through the RMM model and compares every step with the recorded one.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import { bits, extract } from "../formats/bitfields.ts";
import type { HashProvider } from "../hash/hasher.ts";
import { decodeFeatures, NO_FEATURES } from "../rmm/features.ts";
import { apply } from "../rmm/machine.ts";
import {
  RMI_STATUS_CODES,
  type RmiCall,
  type RmiCommandName,
  type RmiOutputs,
  type RmiResult,
  type RmiStatus,
} from "../rmm/rmi.ts";
import { Rmm } from "../rmm/rmm.ts";
import { rmmSpec, rmmSpecs } from "../rmm/spec/index.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import { GRANULE_SIZE, hexU64, type Pa, type U64 } from "../units.ts";
import { type ArgumentError, CallArguments } from "./call-arguments.ts";
import { type CallContext, callOf } from "./calls.ts";
import { finishOperation } from "./operation.ts";
import { type Transcript, type TranscriptStep, transcriptU64 } from "./transcript.ts";

/** How a replayed step differs from the recorded one. */
export interface StepDifference {
  /** Counts from 0, as `steps` does. */
  readonly step: number;
  readonly command: string;
  /** What differs: `status`, `rim` or the name of an output. */
  readonly field: string;
  readonly expected: string;
  readonly got: string;
}

/** Result of one transcript. */
export interface TranscriptCheck {
  readonly steps: number;
  /** The first difference; absent if every step agrees. */
  readonly difference?: StepDifference;
}

/** One replayed step. */
export interface ReplayedStep {
  readonly step: TranscriptStep;
  readonly status: RmiStatus;
  readonly index: number;
  readonly outputs: RmiOutputs;
  /** ID of the condition that refused the call. */
  readonly failed?: string;
  readonly measured: boolean;
  /** Of an operation of several calls: each X0 with the call that followed. */
  readonly sro?: readonly string[];
  /** RIM after the step of the Realm that it, or the last step before it, named. */
  readonly rim?: Uint8Array;
}

/** Statuses by their encoding. */
const STATUSES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(RMI_STATUS_CODES).map(([status, code]) => [code, status]),
);

/** Commands that take several calls from RMM 2.0 on. */
const OPERATIONS: ReadonlySet<RmiCommandName> = new Set(["RMI_REC_CREATE", "RMI_REC_DESTROY"]);

/** ID_AA64DFR0_EL1.HPMN0: 1 if a PMU may have no counters. */
const HPMN0 = bits(63, 60);

function specOf(transcript: Transcript): RmmSpec {
  const spec = rmmSpec(transcript.rmm);
  if (spec === undefined) {
    throw new CcaRimError("HOST_UNKNOWN_MODEL", `RMM version ${transcript.rmm} is not modelled`, {
      hint: `modelled: ${rmmSpecs.map(({ id }) => id).join(", ")}`,
    });
  }
  return spec;
}

function rmmOf(transcript: Transcript, hashes: HashProvider, spec: RmmSpec): Rmm {
  const { platform } = transcript;
  const dfr0 = platform.sysregs["id_aa64dfr0_el1"] ?? 0n;
  return new Rmm({
    spec,
    features: decodeFeatures(
      spec.featureRegisters,
      platform.featureRegisters.length > 0
        ? platform.featureRegisters
        : [platform.featureRegister0],
      { ...NO_FEATURES, hpmn0: extract(dfr0, HPMN0) === 1 },
    ),
    memory: { base: Number(platform.granuleBase), size: Number(platform.granuleMemSize) },
    hashes,
  });
}

/** The same call on the granule `bytes` further on; undefined for calls that are not repeated. */
function shifted(call: RmiCall, bytes: bigint): RmiCall | undefined {
  switch (call.command) {
    case "RMI_GRANULE_DELEGATE":
    case "RMI_GRANULE_UNDELEGATE":
      return { command: call.command, input: { addr: (call.input.addr + bytes) as Pa } };
    case "RMI_GRANULE_RANGE_DELEGATE":
    case "RMI_GRANULE_RANGE_UNDELEGATE": {
      const { base, top } = call.input;
      const input = { base: (base + bytes) as Pa, top: (top + bytes) as Pa };
      return { command: call.command, input };
    }
    default:
      return undefined;
  }
}

/** `count` consecutive single-granule calls; stops at the first failure. */
function repeat(rmm: Rmm, step: TranscriptStep, call: RmiCall): RmiResult {
  const count = Number(transcriptU64(step["count"] ?? 1, "count"));
  let done = 0;
  let result = apply(rmm, call);
  while (result.status === "RMI_SUCCESS") {
    done += 1;
    const next = shifted(call, BigInt(done * GRANULE_SIZE));
    if (done >= count || next === undefined) break;
    result = apply(rmm, next);
  }
  return { ...result, outputs: { done } };
}

/** What a step answers in all, however many calls it stands for. */
function perform(
  rmm: Rmm,
  step: TranscriptStep,
  call: RmiCall,
): RmiResult & { readonly sro?: readonly string[] } {
  if (shifted(call, 0n) !== undefined) return repeat(rmm, step, call);
  const answer = apply(rmm, call);
  if (rmm.spec.maxOperations === 0 || !OPERATIONS.has(call.command)) return answer;
  const memory = transcriptU64(step["aux"] ?? 0, "aux") as Pa;
  return { ...finishOperation(rmm, answer, memory), outputs: {} };
}

const argumentError: ArgumentError = (name, problem) =>
  new CcaRimError("TRANSCRIPT_FORMAT", `${name} ${problem}`);

/** Runs one step; an error says which. */
function runStep(
  rmm: Rmm,
  context: CallContext,
  step: TranscriptStep,
  number: number,
): ReturnType<typeof perform> {
  try {
    const args = new CallArguments(step, argumentError);
    return perform(rmm, step, callOf(`RMI_${step.cmd}`, args, context));
  } catch (error) {
    if (!(error instanceof CcaRimError)) throw error;
    throw error.with({ message: `step ${number}, RMI_${step.cmd}: ${error.message}` });
  }
}

/**
 * Replays the steps of a transcript, one result a step.
 *
 * @param changed An RMM to ask instead of the recorded version; the host stays as it was.
 * @throws CcaRimError TRANSCRIPT_FORMAT, HOST_UNKNOWN_MODEL, RMI_UNKNOWN_COMMAND
 */
export function* replayTranscript(
  transcript: Transcript,
  hashes: HashProvider,
  changed?: RmmSpec,
): Generator<ReplayedStep> {
  const spec = specOf(transcript);
  const rmm = rmmOf(transcript, hashes, changed ?? spec);
  const context: CallContext = { spec, hashes };
  let rd: Pa | undefined;
  for (const [number, step] of transcript.steps.entries()) {
    const result = runStep(rmm, context, step, number);
    if (step["rd"] !== undefined) rd = transcriptU64(step["rd"], "rd") as Pa;
    const rim = rd === undefined ? undefined : rmm.rimOf(rd);
    yield {
      step,
      status: result.status,
      index: result.index,
      outputs: result.outputs,
      measured: result.measured,
      ...(result.failed === undefined ? {} : { failed: result.failed }),
      ...(result.sro === undefined ? {} : { sro: result.sro }),
      ...(rim === undefined ? {} : { rim }),
    };
  }
}

const statusText = (status: string, index: number): string =>
  status === "RMI_ERROR_RTT" || index !== 0 ? `${status}(${index})` : status;

/** X0 carries the index as an unsigned byte. */
const signedByte = (index: number): number => (index << 24) >> 24;

const show = (value: unknown): string => {
  if (value === undefined) return "nothing";
  if (typeof value === "bigint") return hexU64(value);
  return typeof value === "string" ? value : JSON.stringify(value);
};

/** Whether a recorded output and the model's are the same number. */
function sameOutput(recorded: unknown, got: U64 | number | undefined): boolean {
  if (recorded === undefined || got === undefined) return false;
  return transcriptU64(recorded, "out") === BigInt.asUintN(64, BigInt(got));
}

function* differencesOf(
  replayed: ReplayedStep,
): Generator<Omit<StepDifference, "step" | "command">> {
  const { step } = replayed;
  const recorded = STATUSES[step.status.code] ?? `code ${step.status.code}`;
  const expected = statusText(recorded, signedByte(step.status.index));
  const got = statusText(replayed.status, replayed.index);
  if (expected !== got) yield { field: "status", expected, got };
  const { sro, ...out } = step.out;
  if (show(sro) !== show(replayed.sro)) {
    yield { field: "sro", expected: show(sro), got: show(replayed.sro) };
  }
  for (const name of new Set([...Object.keys(out), ...Object.keys(replayed.outputs)])) {
    const value = out[name];
    const output = replayed.outputs[name];
    if (!sameOutput(value, output)) yield { field: name, expected: show(value), got: show(output) };
  }
  if (step.rim === undefined) return;
  const rim = replayed.rim === undefined ? null : toHex(replayed.rim);
  if (rim !== step.rim) yield { field: "rim", expected: show(step.rim), got: show(rim) };
}

/**
 * Replays a transcript up to its first difference from the record.
 *
 * @param changed As of {@link replayTranscript}: to see whether a transcript notices a change.
 */
export function checkTranscript(
  transcript: Transcript,
  hashes: HashProvider,
  changed?: RmmSpec,
): TranscriptCheck {
  let number = 0;
  for (const replayed of replayTranscript(transcript, hashes, changed)) {
    const { value, done } = differencesOf(replayed).next();
    if (done !== true && value !== undefined) {
      const difference = { step: number, command: `RMI_${replayed.step.cmd}`, ...value };
      return { steps: transcript.steps.length, difference };
    }
    number += 1;
  }
  return { steps: transcript.steps.length };
}
