/**
 * RMI transcripts: what a real RMM was asked and what it answered, step by step.
 *
 * @see design.md 7 and the README of the transcripts for every field
 * @module
 */
import { CcaRimError } from "../errors.ts";
import { parseU64, type U64, u64 } from "../units.ts";

/** One recorded call. Arguments stand beside these fields, by name. */
export interface TranscriptStep {
  /** Command name without `RMI_`. */
  readonly cmd: string;
  readonly status: { readonly code: number; readonly index: number };
  readonly out: Readonly<Record<string, unknown>>;
  /** RIM in hex after the step; null if there is none; absent if it was not recorded. */
  readonly rim?: string | null;
  readonly [argument: string]: unknown;
}

/** What the recorded RMM ran on. */
export interface TranscriptPlatform {
  readonly featureRegister0: U64;
  /** Values of feature registers 0, 1, ... where they were recorded. */
  readonly featureRegisters: readonly U64[];
  readonly granuleBase: U64;
  readonly granuleMemSize: U64;
  readonly sysregs: Readonly<Record<string, U64>>;
}

/** A transcript. */
export interface Transcript {
  /** RMM version, e.g. "1.0-rel0". */
  readonly rmm: string;
  readonly description: string;
  readonly platform: TranscriptPlatform;
  readonly steps: readonly TranscriptStep[];
}

const ONE_OBJECT = "a transcript is one JSON object with rmm, platform and steps";
const NUMBERS = 'numbers are whole, or text such as "0x80000000"';

function bad(what: string, hint: string = ONE_OBJECT): CcaRimError {
  return new CcaRimError("TRANSCRIPT_FORMAT", what, { hint });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fromText(text: string): U64 | undefined {
  if (!text.startsWith("-")) return parseU64(text);
  const magnitude = parseU64(text.slice(1));
  return magnitude === undefined ? undefined : u64(BigInt.asUintN(64, 0n - magnitude));
}

/**
 * A 64-bit number that is written as text or as a whole number; undefined if it is none. Negative
 * numbers stand for their two's complement: -1 is what X1 carries for level -1.
 */
export function toU64(value: unknown): U64 | undefined {
  if (typeof value === "bigint") return u64(BigInt.asUintN(64, value));
  if (typeof value === "string") return fromText(value);
  return Number.isSafeInteger(value) ? u64(BigInt.asUintN(64, BigInt(Number(value)))) : undefined;
}

/** Reads a 64-bit number. @throws CcaRimError TRANSCRIPT_FORMAT that calls it `what` */
export function transcriptU64(value: unknown, what: string): U64 {
  const number = toU64(value);
  if (number !== undefined) return number;
  throw bad(`${what} is not a 64-bit number: ${JSON.stringify(value)}`, NUMBERS);
}

function readPlatform(value: unknown): TranscriptPlatform {
  if (!isRecord(value)) throw bad("platform is missing");
  const field = (name: string): U64 => transcriptU64(value[name], `platform.${name}`);
  const registers = Array.isArray(value["featureRegisters"]) ? value["featureRegisters"] : [];
  const sysregs = isRecord(value["sysregs"]) ? Object.entries(value["sysregs"]) : [];
  return {
    featureRegister0: field("featureRegister0"),
    featureRegisters: registers.map((register, i) => transcriptU64(register, `register ${i}`)),
    granuleBase: field("granuleBase"),
    granuleMemSize: field("granuleMemSize"),
    sysregs: Object.fromEntries(
      sysregs.map(([name, register]) => [
        name,
        transcriptU64(register, `platform.sysregs.${name}`),
      ]),
    ),
  };
}

function readStep(value: unknown, number: number): TranscriptStep {
  const where = `step ${number}`;
  if (!isRecord(value) || typeof value["cmd"] !== "string") throw bad(`${where} has no cmd`);
  const { status, out = {}, rim } = value;
  if (!isRecord(status) || typeof status["code"] !== "number") throw bad(`${where} has no status`);
  if (!isRecord(out)) throw bad(`${where}: out is not an object`);
  if (rim !== undefined && rim !== null && typeof rim !== "string") {
    throw bad(`${where}: rim is neither text nor null`);
  }
  return value as TranscriptStep;
}

/**
 * Reads one transcript from its parsed JSON.
 *
 * @throws CcaRimError TRANSCRIPT_FORMAT that names the field or step.
 */
export function readTranscript(value: unknown): Transcript {
  if (!isRecord(value)) throw bad("a transcript is a JSON object");
  const { rmm, description, steps } = value;
  if (typeof rmm !== "string") throw bad("rmm is missing");
  if (!Array.isArray(steps)) throw bad("steps is missing");
  return {
    rmm,
    description: typeof description === "string" ? description : "",
    platform: readPlatform(value["platform"]),
    steps: steps.map(readStep),
  };
}

const FILE_HINT = "a file holds one JSON transcript, or one a line (.jsonl), gzipped or not";

function readLine(text: string, line: number): Transcript {
  try {
    const value = parseJson(text);
    if (value === undefined) throw bad("not JSON", FILE_HINT);
    return readTranscript(value);
  } catch (error) {
    throw error instanceof CcaRimError ? error.with({ where: { line } }) : error;
  }
}

/**
 * Reads the transcripts of a file: one JSON document, or a document a line (JSON Lines).
 *
 * @throws CcaRimError TRANSCRIPT_FORMAT that names the line, or if there is no transcript.
 */
export function* readTranscripts(text: string): Generator<Transcript> {
  const whole = parseJson(text);
  if (whole !== undefined) {
    yield readTranscript(whole);
    return;
  }
  let found = false;
  for (const [index, part] of text.split("\n").entries()) {
    if (part.trim() === "") continue;
    yield readLine(part, index + 1);
    found = true;
  }
  if (!found) throw bad("there is no transcript in it", FILE_HINT);
}

/** A whole number that a double may not hold exactly; hexadecimal text stands behind a quote. */
const LONG_NUMBER = /[[:,\s]-?[0-9]{16}/;
const STRING_OR_LONG_NUMBER = /"(?:[^"\\]|\\.)*"|(?<![\w.+-])-?[0-9]{16,}(?![0-9.eE])/g;

/** Makes text of whole numbers that JSON.parse would round: both mean the same in a transcript. */
function quoteLongNumbers(text: string): string {
  if (!LONG_NUMBER.test(text)) return text;
  return text.replace(STRING_OR_LONG_NUMBER, (part) => (part.startsWith('"') ? part : `"${part}"`));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(quoteLongNumbers(text)) as unknown;
  } catch {
    return undefined;
  }
}
