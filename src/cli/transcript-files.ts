/**
 * Transcript files: JSON or JSON Lines, gzipped or not, told apart by content.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import { CcaRimError } from "../errors.ts";
import { readTranscripts, type Transcript } from "../replay/transcript.ts";
import { readBytes } from "./read-file.ts";

/** Transcripts larger than this, packed or not, are refused: a string holds no more. */
const LARGEST = 0x1fff_ffe8;

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
  const bytes = unpacked(readBytes(path, LARGEST), path);
  try {
    yield* readTranscripts(new TextDecoder().decode(bytes));
  } catch (error) {
    throw error instanceof CcaRimError ? error.with({ where: { file: path } }) : error;
  }
}
