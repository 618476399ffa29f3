/**
 * The JSON documents that commands print. Shapes are published in `schemas/`; keys keep their order.
 *
 * @module
 */
import type { CcaRimError } from "../errors.ts";

/** Version of every document's shape, its first key. */
const SCHEMA_VERSION = 1;

/** One document as text: indented, with a newline at the end. */
export function jsonDocument(content: object): string {
  return `${JSON.stringify({ schemaVersion: SCHEMA_VERSION, ...content }, undefined, 2)}\n`;
}

/** An error as it stands in a document; `where` and `hint` are null where there is none. */
export function errorObject({ code, message, where, hint }: CcaRimError): object {
  return { code, message, where: where ?? null, hint: hint ?? null };
}

/** How a replayed step differs from its record. */
interface TranscriptDifference {
  /** Counts from 0, as the transcript's `steps` does. */
  readonly step: number;
  readonly command: string;
  /** `status`, `rim` or the name of an output. */
  readonly field: string;
  readonly expected: string;
  readonly got: string;
}

/** One transcript of `replay`. */
export interface TranscriptResult {
  readonly file: string;
  /** Counts from 1 within the file. */
  readonly transcript: number;
  readonly rmm: string;
  readonly description: string;
  readonly steps: number;
  /** RIM after the last step in lower-case hex; null if there is none, or under `--check`. */
  readonly rim: string | null;
  /** The first difference; null if there is none, or nothing was compared. */
  readonly difference: TranscriptDifference | null;
}

/** The answer of `replay`. */
export interface ReplaySummary {
  /** Whether steps were compared with their records. */
  readonly check: boolean;
  readonly transcripts: number;
  readonly steps: number;
  /** How many transcripts differ; null if nothing was compared. */
  readonly differing: number | null;
  readonly results: readonly TranscriptResult[];
}
