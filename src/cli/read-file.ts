/**
 * Files that commands read whole, none larger than it may be.
 *
 * @module
 */
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { CcaRimError } from "../errors.ts";

/** Tokens, reference values, logs, keys: nothing of the kind is larger. */
const LARGEST = 64 * 1024 * 1024;

const CHUNK = 1024 * 1024;

/** Reads what has no size beforehand, such as a pipe, and may never end. */
function readStream(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const chunks: Buffer[] = [];
    for (let size = 0; size <= LARGEST; ) {
      const chunk = Buffer.alloc(CHUNK);
      const count = readSync(file, chunk);
      if (count === 0) return Buffer.concat(chunks, size);
      chunks.push(chunk.subarray(0, count));
      size += count;
    }
  } finally {
    closeSync(file);
  }
  throw new CcaRimError("FILE_UNREADABLE", `more than ${LARGEST} bytes are too many`, {
    where: { file: path },
  });
}

/** Why a file cannot be read, by the error of the system that says so. */
export function unreadable(path: string, error: unknown): CcaRimError {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  const details = { where: { file: path }, cause: error };
  return code === "ENOENT" || code === "ENOTDIR"
    ? new CcaRimError("FILE_NOT_FOUND", "no such file", details)
    : new CcaRimError("FILE_UNREADABLE", `cannot be read (${code})`, details);
}

/**
 * Reads a file.
 *
 * @throws CcaRimError FILE_NOT_FOUND, FILE_UNREADABLE
 */
export function readBytes(path: string): Uint8Array {
  const where = { file: path };
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw new CcaRimError("FILE_UNREADABLE", "it is a folder", { where });
    if (stats.size > LARGEST) {
      throw new CcaRimError("FILE_UNREADABLE", `${stats.size} bytes are too many`, { where });
    }
    const bytes = stats.isFile() ? readFileSync(path) : readStream(path);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (error) {
    if (error instanceof CcaRimError) throw error;
    throw unreadable(path, error);
  }
}

/** A file as text; undefined if it is not UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Reads a text file. @throws CcaRimError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_FORMAT */
export function readText(path: string): string {
  const text = textOf(readBytes(path));
  if (text !== undefined) return text;
  throw new CcaRimError("FILE_FORMAT", "the file is not UTF-8 text", { where: { file: path } });
}

/** Puts the file into an error that knows none. */
export function inFile<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CcaRimError) || error.where?.file !== undefined) throw error;
    const { code, message, where, hint, cause } = error;
    const details = { where: { file: path, ...where }, cause };
    throw new CcaRimError(code, message, hint === undefined ? details : { ...details, hint });
  }
}
