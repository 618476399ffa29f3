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

/** What pipes held: each can be read once, and some commands look twice. */
const streamed = new Map<string, Buffer>();

/** Reads what has no size beforehand, such as a pipe, and may never end. */
function readStream(path: string, largest: number): Buffer {
  const known = streamed.get(path);
  if (known !== undefined) return known;
  const file = openSync(path, "r");
  try {
    // Waiting here hears no Ctrl-C. (Importing node:tty brings node:net to every start.)
    if (process.getBuiltinModule("node:tty").isatty(file)) {
      throw new CcaRimError("FILE_UNREADABLE", "it is a terminal", {
        where: { file: path },
        hint: "pipe the file into the program, or give its name",
      });
    }
    const chunks: Buffer[] = [];
    for (let size = 0; size <= largest; ) {
      const chunk = Buffer.alloc(CHUNK);
      const count = readSync(file, chunk);
      if (count === 0) {
        const whole = Buffer.concat(chunks, size);
        streamed.set(path, whole);
        return whole;
      }
      chunks.push(chunk.subarray(0, count));
      size += count;
    }
  } finally {
    closeSync(file);
  }
  throw new CcaRimError("FILE_UNREADABLE", `more than ${largest} bytes are too many`, {
    where: { file: path },
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EISDIR: "it is a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
};

/** Why a file that the user named cannot be read, from what the system says. */
export function unreadable(path: string, error: unknown): CcaRimError {
  const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
  const details = { where: { file: path }, cause: error };
  if (code !== "ENOENT" && code !== "ENOTDIR") {
    const reason = REASONS[code] ?? `cannot be read (${code})`;
    return new CcaRimError("FILE_UNREADABLE", reason, details);
  }
  if (path !== "-" && path !== "")
    return new CcaRimError("FILE_NOT_FOUND", "no such file", details);
  return new CcaRimError("FILE_NOT_FOUND", `there is no file named "${path}"`, {
    cause: error,
    hint: path === "" ? "the name is empty" : "/dev/stdin names standard input",
  });
}

/**
 * Reads a file.
 *
 * @param largest how many bytes it may have.
 * @throws CcaRimError FILE_NOT_FOUND, FILE_UNREADABLE
 */
export function readBytes(path: string, largest: number = LARGEST): Uint8Array {
  try {
    const stats = statSync(path);
    if (stats.size > largest && !stats.isDirectory()) {
      const message = `${stats.size} bytes are too many`;
      throw new CcaRimError("FILE_UNREADABLE", message, { where: { file: path } });
    }
    const isWhole = stats.isFile() || stats.isDirectory();
    const bytes = isWhole ? readFileSync(path) : readStream(path, largest);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (error) {
    throw error instanceof CcaRimError ? error : unreadable(path, error);
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
