/**
 * Searches that were cut off by their budget, on the disk.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { renameSync, statSync, writeFileSync } from "node:fs";
import type { ExplainSearch } from "../compare/explain.ts";
import type { SearchState } from "../compare/search.ts";
import { CcaRimError } from "../errors.ts";
import { requireFolder } from "./output.ts";
import { readBytes, textOf } from "./read-file.ts";
import { packageVersion } from "./version.ts";

const SCHEMA_VERSION = 2;

interface StateFile {
  readonly schemaVersion: number;
  /** SHA-256 of what has to be the same. */
  readonly search: string;
  readonly state: SearchState;
}

function fingerprint({ identity }: ExplainSearch): string {
  const text = [packageVersion(), ...identity].join("\n");
  return createHash("sha256").update(text).digest("hex");
}

function notOurs(path: string, cause?: unknown): CcaRimError {
  return new CcaRimError("USAGE_ARGUMENT", "this is the state of another search", {
    where: { file: path },
    hint: "name another file, or remove it to search from the start",
    cause,
  });
}

function readState(path: string): StateFile | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const bytes = readBytes(path);
  try {
    return JSON.parse(textOf(bytes) ?? "") as StateFile;
  } catch (error) {
    throw notOurs(path, error);
  }
}

/** Goes on where the file says, if it is there. @throws CcaRimError USAGE_*, FILE_* */
export function loadState(path: string, explain: ExplainSearch): void {
  // Not only when minutes of searching are to be kept.
  requireFolder(path);
  const file = readState(path);
  if (file === undefined) return;
  if (file.schemaVersion !== SCHEMA_VERSION || file.search !== fingerprint(explain)) {
    throw notOurs(path);
  }
  explain.resume(file.state);
}

/** Writes where the search stands. */
export function saveState(path: string, explain: ExplainSearch): void {
  const { state } = explain.search;
  const file: StateFile = { schemaVersion: SCHEMA_VERSION, search: fingerprint(explain), state };
  const aside = `${path}.${process.pid}.tmp`;
  writeFileSync(aside, `${JSON.stringify(file)}\n`);
  renameSync(aside, path);
}
