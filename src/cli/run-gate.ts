/**
 * One run of the gate: find the launches, measure them, compare, and accept if asked to.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { CcaRimError } from "../errors.ts";
import { type Candidate, judge, type Verdict } from "../gate/judge.ts";
import { DEFAULT_PATTERNS, manifestOf } from "../gate/lock.ts";
import { lockText, type ReadLock } from "../gate/lock-text.ts";
import { accept } from "../gate/update.ts";
import { type GateReport, isAcceptable } from "../report/gate.ts";
import type { ProgressListener } from "./command.ts";
import { findManifests } from "./find-manifests.ts";
import { readLockFile, updateLockFile } from "./lock-file.ts";
import { type LockedOf, measureCandidates, portable, refuseUnderCi } from "./measure-candidates.ts";
import { packageVersion } from "./version.ts";

/** What to look at. */
export interface GateRequest {
  /** Path of the lock. */
  readonly lock: string;
  readonly update: boolean;
  /** Paths; none: all of the project. */
  readonly manifests: readonly string[];
}

/** The lock, or what is wrong with it. */
interface LockState {
  readonly read: ReadLock | undefined;
  readonly damage: Verdict | undefined;
}

/** What a shell takes as one word. */
function word(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function acceptCommand({ lock }: GateRequest, folder: string): (manifest?: string) => string {
  const named = lock === "cca-rim.lock" ? "" : ` --lock ${word(lock)}`;
  return (manifest) => {
    const operand = manifest === undefined ? "" : ` ${word(portable(join(folder, manifest)))}`;
    return `cca-rim gate -u${named}${operand}`;
  };
}

function openLock(request: GateRequest, accepts: string): LockState {
  try {
    return { read: readLockFile(request.lock), damage: undefined };
  } catch (error) {
    if (!(error instanceof CcaRimError) || error.code !== "GATE_LOCK") throw error;
    const damage: Verdict = {
      kind: "damaged-lock",
      launch: null,
      message: error.message,
      where: error.where ?? { file: request.lock },
      changes: null,
      accept: accepts,
    };
    return { read: undefined, damage };
  }
}

/** Manifests to measure: those named, or those found and those that the lock names. */
function manifestsOf({ manifests }: GateRequest, folder: string, read: ReadLock | undefined) {
  if (manifests.length > 0) return [...new Set(manifests.map((path) => portable(join(path))))];
  const patterns = read?.lock.manifests ?? DEFAULT_PATTERNS;
  const locked = Object.keys(read?.lock.launches ?? {}).map(manifestOf);
  const there = locked.filter((name) => existsSync(join(folder, name)));
  const names = [...new Set([...findManifests(folder, patterns), ...there])].toSorted();
  return names.map((name) => portable(join(folder, name)));
}

/** A manifest that was named and is gone has no error of its own if the lock knows it. */
function withoutGone(
  candidates: readonly Candidate[],
  isLocked: (launch: string) => boolean,
): readonly Candidate[] {
  return candidates.filter(({ launch, result, locate }) => {
    const gone = "error" in result && result.error.code === "FILE_NOT_FOUND";
    const itself =
      gone && result.error.where?.pointer === undefined && locate("").line === undefined;
    return !(itself && isLocked(launch));
  });
}

/** The folder of the project. @throws CcaRimError FILE_NOT_FOUND */
function folderOf(lockFile: string): string {
  const folder = dirname(lockFile);
  if (existsSync(folder)) return folder;
  throw new CcaRimError("FILE_NOT_FOUND", "no such folder", {
    where: { file: folder },
    hint: "the lock lies in the folder of the project",
  });
}

/**
 * Runs the gate.
 *
 * @throws CcaRimError USAGE_ARGUMENT under CI with `update`; FILE_NOT_FOUND; GATE_BUSY;
 *   USAGE_OUTPUT
 */
export async function runGate(
  request: GateRequest,
  onProgress: ProgressListener,
): Promise<GateReport> {
  const { lock: lockFile, update, manifests } = request;
  if (update) refuseUnderCi(process.env);
  const folder = folderOf(lockFile);
  const accepts = acceptCommand(request, folder);
  const { read, damage } = openLock(request, accepts());
  const paths = manifestsOf(request, folder, read);
  const named = new Set(paths.map((path) => portable(relative(folder, path))));
  const everything = manifests.length === 0;
  const isInScope = (launch: string): boolean => everything || named.has(manifestOf(launch));
  const launches = read?.lock.launches ?? {};
  const locked = new Set(Object.keys(launches).map(manifestOf));
  const lockedOf: LockedOf = (launch) =>
    Object.hasOwn(launches, launch) ? launches[launch] : undefined;
  const measured = await measureCandidates(paths, folder, lockedOf, onProgress);
  const candidates = withoutGone(measured, (launch) => locked.has(launch));
  const tool = packageVersion();
  const judged = judge({
    lock: read?.lock,
    lockFile: portable(lockFile),
    lineOf: (launch) => read?.lineOf(launch),
    candidates,
    isInScope,
    tool,
    acceptCommand: accepts,
  });
  const verdicts =
    damage === undefined
      ? judged
      : [damage, ...judged.filter(({ kind }) => kind !== "missing-lock")];
  const older = verdicts.some(({ kind }) => kind === "older-tool");
  const nothing = verdicts.some(({ kind }) => kind === "no-launch");
  if (update && !older && !nothing) {
    const acceptance = { candidates, isInScope, everything, tool };
    await updateLockFile(lockFile, (now) => lockText(accept(now?.lock, acceptance)));
  }
  const updated = update && !older && !nothing;
  const open = verdicts.filter((verdict) =>
    updated ? !isAcceptable(verdict) : verdict.kind !== "ok",
  );
  return { passed: open.length === 0, updated, lock: portable(lockFile), tool, verdicts };
}
