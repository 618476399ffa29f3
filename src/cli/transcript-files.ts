/**
 * Transcript files: JSON or JSON Lines, gzipped or not, told apart by content.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { CcaRimError } from "../errors.ts";
import { readTranscripts, type Transcript } from "../replay/transcript.ts";
import { unreadable } from "./read-file.ts";

/** Unpacked transcripts larger than this are refused: a string holds no more. */
const LARGEST = 0x1fff_ffe8;

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unpacked(bytes: Uint8Array, path: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST });
  } catch (error) {
    throw new CcaRimError("FILE_FORMAT", "not a whole gzip file, or too large when unpacked", {
      where: { file: path },
      cause: error,
    });
  }
}

/**
 * The transcripts of a file, one after another.
 *
 * @throws CcaRimError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_FORMAT, TRANSCRIPT_FORMAT
 */
export function* transcriptsOf(path: string): Generator<Transcript> {
  const bytes = unpacked(read(path), path);
  try {
    yield* readTranscripts(new TextDecoder().decode(bytes));
  } catch (error) {
    throw error instanceof CcaRimError ? error.with({ where: { file: path } }) : error;
  }
}
