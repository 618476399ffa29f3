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
import type { RmiCall, RmiOutputs, RmiResult, RmiStatus } from "../rmm/rmi.ts";
import { Rmm } from "../rmm/rmm.ts";
import { rmmSpec, rmmSpecs } from "../rmm/spec/index.ts";
import { hexU64, type Pa, type U64 } from "../units.ts";
import { type CallContext, callOf } from "./calls.ts";
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
  /** RIM after the step of the Realm that it, or the last step before it, named. */
  readonly rim?: Uint8Array;
}

const STATUS_CODES: readonly RmiStatus[] = [
  "RMI_SUCCESS",
  "RMI_ERROR_INPUT",
  "RMI_ERROR_REALM",
  "RMI_ERROR_REC",
  "RMI_ERROR_RTT",
];

/** ID_AA64DFR0_EL1.HPMN0: 1 if a PMU may have no counters. */
const HPMN0 = bits(63, 60);

function rmmOf(transcript: Transcript, hashes: HashProvider): Rmm {
  const spec = rmmSpec(transcript.rmm);
  if (spec === undefined) {
    throw new CcaRimError("HOST_UNKNOWN_MODEL", `RMM version ${transcript.rmm} is not modelled`, {
      hint: `modelled: ${rmmSpecs.map(({ id }) => id).join(", ")}`,
    });
  }
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

/** `count` consecutive single-granule calls; stops at the first failure. */
function repeat(rmm: Rmm, step: TranscriptStep, call: RmiCall): RmiResult {
  if (call.command !== "RMI_GRANULE_DELEGATE" && call.command !== "RMI_GRANULE_UNDELEGATE") {
    return apply(rmm, call);
  }
  const count = Number(transcriptU64(step["count"] ?? 1, "count"));
  let done = 0;
  let result = apply(rmm, call);
  while (result.status === "RMI_SUCCESS") {
    done += 1;
    if (done >= count) break;
    const addr = (call.input.addr + BigInt(done * 4096)) as Pa;
    result = apply(rmm, { command: call.command, input: { addr } });
  }
  return { ...result, outputs: { ...result.outputs, done } };
}

/** Replays the steps of a transcript, one result a step. */
export function* replayTranscript(
  transcript: Transcript,
  hashes: HashProvider,
): Generator<ReplayedStep> {
  const rmm = rmmOf(transcript, hashes);
  const context: CallContext = { spec: rmm.spec, hashes };
  let rd: Pa | undefined;
  for (const step of transcript.steps) {
    if (step["rd"] !== undefined) rd = transcriptU64(step["rd"], "rd") as Pa;
    const result = repeat(rmm, step, callOf(step, context));
    const rim = rd === undefined ? undefined : rmm.rimOf(rd);
    yield {
      step,
      status: result.status,
      index: result.index,
      outputs: result.outputs,
      measured: result.measured,
      ...(result.failed === undefined ? {} : { failed: result.failed }),
      ...(rim === undefined ? {} : { rim }),
    };
  }
}

const statusText = (status: string, index: number): string =>
  status === "RMI_ERROR_RTT" ? `${status}(${index})` : status;

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
  const recorded = STATUS_CODES[step.status.code] ?? `code ${step.status.code}`;
  const expected = statusText(recorded, signedByte(step.status.index));
  const got = statusText(replayed.status, replayed.index);
  if (expected !== got) yield { field: "status", expected, got };
  for (const name of new Set([...Object.keys(step.out), ...Object.keys(replayed.outputs)])) {
    const value = step.out[name];
    const output = replayed.outputs[name];
    if (!sameOutput(value, output)) yield { field: name, expected: show(value), got: show(output) };
  }
  if (step.rim === undefined) return;
  const rim = replayed.rim === undefined ? null : toHex(replayed.rim);
  if (rim !== step.rim) yield { field: "rim", expected: show(step.rim), got: show(rim) };
}

/** Replays a transcript up to its first difference from the record. */
export function checkTranscript(transcript: Transcript, hashes: HashProvider): TranscriptCheck {
  let number = 0;
  for (const replayed of replayTranscript(transcript, hashes)) {
    const { value, done } = differencesOf(replayed).next();
    if (done !== true && value !== undefined) {
      const difference = { step: number, command: `RMI_${replayed.step.cmd}`, ...value };
      return { steps: transcript.steps.length, difference };
    }
    number += 1;
  }
  return { steps: transcript.steps.length };
}
