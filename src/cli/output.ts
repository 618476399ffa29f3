/**
 * Where answers go: standard output, or a file that is complete or not there at all.
 *
 * @module
 */
import {
  closeSync,
  fchmodSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { CcaRimError } from "../errors.ts";
import type { Answer, ExitCode } from "./command.ts";

/** Pieces are gathered up to about this many characters or bytes before they are written. */
const BATCH = 1 << 16;

/** Ctrl-C waits no longer than this, as long as the answer comes in pieces. */
const LONGEST_TURN_MS = 50;

/** A place for bytes. After `close` or `discard` nothing more is written. */
export interface Sink {
  /** Writes a piece and waits until it is taken. False: nobody reads any more. */
  write(piece: string | Uint8Array): Promise<boolean>;
  /** Makes what was written final. @throws CcaRimError USAGE_OUTPUT */
  close(): void;
  /** Forgets what was written, as far as that is possible. */
  discard(): void;
}

function outputError(path: string, what: string, cause?: unknown): CcaRimError {
  return new CcaRimError("USAGE_OUTPUT", `cannot write to ${path}: ${what}`, { cause });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** Standard output, or another stream. A reader that closes its end is no error. */
export function streamSink(stream: NodeJS.WritableStream): Sink {
  let failure: unknown;
  // Without a listener, an error that arrives between two writes would end the process.
  stream.on("error", (error) => {
    failure ??= error;
  });
  return {
    async write(piece) {
      try {
        await new Promise<void>((resolve, reject) => {
          if (failure !== undefined) reject(failure);
          else stream.write(piece, (error) => (error ? reject(error) : resolve()));
        });
        return true;
      } catch (error) {
        if (codeOf(error) === "EPIPE") return false;
        throw outputError("standard output", reason(error), error);
      }
    },
    close: () => undefined,
    discard: () => undefined,
  };
}

/** A terminal obeys some bytes: what is no text does not go there. */
export function textOnly(sink: Sink): Sink {
  return {
    ...sink,
    write(piece) {
      if (typeof piece === "string") return sink.write(piece);
      throw new CcaRimError("USAGE_OUTPUT", "the answer is bytes, which no terminal can show", {
        hint: "write them to a file with -o FILE, or pipe them into another program",
      });
    },
  };
}

function existing(path: string): { readonly real: string; readonly stats: Stats } | undefined {
  try {
    const real = realpathSync(path);
    return { real, stats: statSync(real) };
  } catch {
    return undefined;
  }
}

/** Makes sure that a file can be somewhere. @throws CcaRimError USAGE_OUTPUT without its folder. */
export function requireFolder(path: string, cause?: unknown): void {
  const folder = dirname(path);
  if (existing(folder) !== undefined) return;
  throw new CcaRimError("USAGE_OUTPUT", `cannot write to ${path}: there is no folder ${folder}`, {
    hint: `create it first: mkdir -p ${folder}`,
    cause,
  });
}

function openAside(path: string, flags: string, shown: string): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    requireFolder(shown, error);
    throw outputError(shown, reason(error), error);
  }
}

/** Writes straight to a device or a named pipe, which cannot be replaced. */
function deviceSink(path: string): Sink {
  const fd = openAside(path, "w", path);
  return {
    write: (piece) => writeAll(fd, piece, path),
    close: () => closeSync(fd),
    discard: () => closeSync(fd),
  };
}

async function writeAll(fd: number, piece: string | Uint8Array, shown: string): Promise<boolean> {
  const bytes = typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    return true;
  } catch (error) {
    if (codeOf(error) === "EPIPE") return false;
    throw outputError(shown, reason(error), error);
  }
}

/**
 * A file: written beside its place under a hidden name, and renamed when it is complete.
 *
 * @throws CcaRimError USAGE_OUTPUT if the folder is missing or not writable, or the path a folder.
 */
export function fileSink(path: string): Sink {
  const old = existing(path);
  if (old?.stats.isDirectory() === true) throw outputError(path, "it is a folder");
  if (old !== undefined && !old.stats.isFile()) return deviceSink(path);
  const target = old?.real ?? path;
  const aside = join(dirname(target), `.${basename(target)}.${process.pid}.part`);
  const fd = openAside(aside, "wx", path);
  let open = true;
  const release = (): void => {
    if (open) closeSync(fd);
    open = false;
  };
  return {
    write: (piece) => writeAll(fd, piece, path),
    close() {
      try {
        if (old !== undefined) fchmodSync(fd, old.stats.mode);
        release();
        renameSync(aside, target);
      } catch (error) {
        throw outputError(path, reason(error), error);
      }
    },
    discard() {
      release();
      rmSync(aside, { force: true });
    },
  };
}

/** Gathers small pieces of text, so that a million lines are not a million writes. */
async function* inBatches(answer: Answer): Answer {
  let batch = "";
  let breath = performance.now();
  try {
    for (;;) {
      const next = await answer.next();
      // Signals are heard only between turns of the event loop.
      if (performance.now() - breath > LONGEST_TURN_MS) {
        await setImmediate();
        breath = performance.now();
      }
      if (next.done === true || typeof next.value !== "string" || batch.length > BATCH) {
        if (batch !== "") yield batch;
        batch = "";
      }
      if (next.done === true) return next.value;
      if (typeof next.value === "string") batch += next.value;
      else yield next.value;
    }
  } finally {
    await answer.return(0);
  }
}

/**
 * Lets an answer flow into a sink, no faster than it is taken.
 *
 * @returns the answer's exit code. When the reader closes its end, the rest of an answer with a
 * verdict is computed all the same, because the exit code depends on it; other answers end at 0.
 */
export async function deliver(answer: Answer, sink: Sink, hasVerdict: boolean): Promise<ExitCode> {
  const pieces = inBatches(answer);
  let reading = true;
  for (;;) {
    const next = await pieces.next();
    if (next.done === true) return next.value;
    if (reading) reading = await sink.write(next.value);
    if (!reading && !hasVerdict) {
      await pieces.return(0);
      return 0;
    }
  }
}
