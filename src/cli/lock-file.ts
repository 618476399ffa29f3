/**
 * The lock file on the disk: replaced as a whole, by one at a time. Whoever is killed leaves the
 * old file or the new one, never a part.
 *
 * @module
 */
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { CcaRimError } from "../errors.ts";
import { type ReadLock, readLock } from "../gate/lock-text.ts";
import { unreadable } from "./read-file.ts";

/** Writing takes milliseconds; who waits longer than this gives up. */
const PATIENCE_MS = 15_000;
/** A writer that is older than this is gone, whoever has its number now. */
const FORGOTTEN_MS = 60_000;
const POLL_MS = 25;

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Reads the lock; undefined if there is none. @throws CcaRimError GATE_LOCK, FILE_UNREADABLE */
export function readLockFile(path: string): ReadLock | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw unreadable(path, error);
  }
  return readLock(text, path);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** Whether the writer that left this mark is gone. */
function isForgotten(mark: string): boolean {
  try {
    const { mtimeMs } = statSync(mark);
    const pid = Number(readFileSync(mark, "utf8"));
    const age = Date.now() - mtimeMs;
    // A mark without a number is being written, or its writer was killed while it wrote.
    if (!Number.isInteger(pid) || pid <= 0) return age > POLL_MS * 40;
    return age > FORGOTTEN_MS || !isAlive(pid);
  } catch {
    return false;
  }
}

/** Takes a forgotten mark away. Of several who try, one renames it; the others find it gone. */
function clear(mark: string): void {
  const aside = `${mark}.${process.pid}.gone`;
  try {
    renameSync(mark, aside);
    // Between looking and renaming somebody may have made a fresh one: put that back.
    if (isForgotten(aside)) rmSync(aside, { force: true });
    else renameSync(aside, mark);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function tryMark(mark: string): boolean {
  try {
    const fd = openSync(mark, "wx");
    writeSync(fd, String(process.pid));
    closeSync(fd);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw new CcaRimError("USAGE_OUTPUT", `cannot write beside the lock: ${codeOf(error)}`, {
      where: { file: mark },
      cause: error,
    });
  }
}

async function acquire(mark: string): Promise<void> {
  const start = Date.now();
  while (!tryMark(mark)) {
    if (isForgotten(mark)) clear(mark);
    else await setTimeout(POLL_MS);
    if (Date.now() - start > PATIENCE_MS) {
      throw new CcaRimError("GATE_BUSY", "another cca-rim writes the lock", {
        where: { file: mark },
        hint: `wait for it; if there is none, remove ${mark}`,
      });
    }
  }
}

/** Parts of files that a killed writer left; only the one who may write looks for them. */
function sweep(path: string): void {
  const prefix = `.${basename(path)}.`;
  for (const name of readdirSync(dirname(path))) {
    const leftover = name.startsWith(prefix) && /\.(?:part|gone)$/.test(name);
    if (leftover) rmSync(join(dirname(path), name), { force: true });
  }
}

function syncFolder(folder: string): void {
  // Windows cannot open folders; there the rename is as durable as it gets.
  if (process.platform === "win32") return;
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes aside, makes it durable, then puts it in place in one step. */
function replace(path: string, text: string): void {
  const aside = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  const fd = openSync(aside, "w");
  try {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(aside, path);
  syncFolder(dirname(path));
}

/**
 * Replaces the lock by what `update` makes of it; others who do the same wait.
 *
 * @param update gets the lock as it is now; undefined if there is none or it cannot be read.
 * @throws CcaRimError GATE_BUSY, USAGE_OUTPUT
 */
export async function updateLockFile(
  path: string,
  update: (current: ReadLock | undefined) => string,
): Promise<void> {
  const mark = join(dirname(path), `.${basename(path)}.writing`);
  await acquire(mark);
  try {
    sweep(path);
    let current: ReadLock | undefined;
    try {
      current = readLockFile(path);
    } catch (error) {
      if (!(error instanceof CcaRimError) || error.code !== "GATE_LOCK") throw error;
    }
    replace(path, update(current));
  } finally {
    rmSync(mark, { force: true });
  }
}
