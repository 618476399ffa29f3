/**
 * Finds the launch manifests of a project.
 *
 * @module
 */
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { matcher } from "../gate/patterns.ts";

/** Enough to see that a file says `manifest: 1`. */
const HEAD = 64 * 1024;
/** Folders that hold other people's files. */
const FOREIGN: ReadonlySet<string> = new Set(["node_modules"]);
const MARK = /(?:^|[{,])[ \t]*["']?manifest["']?[ \t]*:[ \t]*1[ \t\r]*(?:$|[,}#])/m;

function startOf(path: string): string {
  const fd = openSync(path, "r");
  try {
    const head = new Uint8Array(HEAD);
    return new TextDecoder().decode(head.subarray(0, readSync(fd, head)));
  } finally {
    closeSync(fd);
  }
}

/** A link is as good as the file it leads to; links to folders are not followed, they may go round. */
function leadsToFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // It leads nowhere, or round in a circle.
    return false;
  }
}

/** Files below a folder, with forward slashes; hidden and foreign folders are left out. */
function* filesBelow(folder: string, prefix = ""): Generator<string> {
  const entries = readdirSync(join(folder, prefix), { withFileTypes: true });
  for (const entry of entries) {
    const path = prefix + entry.name;
    const isFile = entry.isSymbolicLink() ? leadsToFile(join(folder, path)) : entry.isFile();
    if (isFile) yield path;
    if (entry.isDirectory() && !entry.name.startsWith(".") && !FOREIGN.has(entry.name)) {
      yield* filesBelow(folder, `${path}/`);
    }
  }
}

/**
 * The manifests below a folder that match the patterns, sorted.
 *
 * @returns paths relative to the folder, with forward slashes
 */
export function findManifests(folder: string, patterns: readonly string[]): readonly string[] {
  const matches = matcher(patterns);
  return [...filesBelow(folder)]
    .filter((path) => matches(path) && MARK.test(startOf(join(folder, path))))
    .toSorted();
}
