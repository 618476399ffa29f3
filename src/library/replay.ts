/**
 * Replaying transcripts of real RMMs from a program.
 *
 * @module
 */
import type { HashProvider } from "../hash/hasher.ts";
import { nobleHashes } from "../hash/noble.ts";
import { checkTranscript, type TranscriptCheck } from "../replay/check.ts";
import { readTranscript } from "../replay/transcript.ts";

/**
 * Replays one RMI transcript through the RMM model and compares status, outputs and RIM of every
 * step with the recorded ones.
 *
 * @param transcript the parsed JSON of a transcript.
 * @returns the number of steps and the first difference, if there is one.
 * @throws CcaRimError TRANSCRIPT_FORMAT, HOST_UNKNOWN_MODEL
 */
export function replay(transcript: unknown, hashes: HashProvider = nobleHashes): TranscriptCheck {
  return checkTranscript(readTranscript(transcript), hashes);
}
