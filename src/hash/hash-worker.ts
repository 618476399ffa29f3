/**
 * What a helping thread runs: hashes chunks of the runs that it is told of.
 *
 * @module
 */
import { readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { nodeHashes } from "./node.ts";
import type { FileSegment, HashJob } from "./node-workers.ts";
import type { PageRun } from "./page-runs.ts";
import { hashChunk } from "./run-hashing.ts";
import { SharedRun } from "./shared-run.ts";
import type { ByteSource, Segment } from "./source.ts";

/** How long to wait for room before looking whether there is any work left. */
const LOOK_MS = 1000;

function sourceOf({ fd, from, length }: FileSegment): ByteSource {
  return {
    identity: `fd:${fd}`,
    size: from + length,
    read(offset, target) {
      let done = 0;
      while (done < target.length) {
        const count = readSync(fd, target, done, target.length - done, offset + done);
        if (count === 0) throw new RangeError("the file ends early");
        done += count;
      }
    },
  };
}

function hash({ algo, pages, segments, parts }: HashJob): void {
  const sources = segments.map((part): Segment => ({ ...part, source: sourceOf(part) }));
  const run: PageRun = { key: "", first: 0, pages, segments: sources };
  const shared = new SharedRun(parts);
  const hasher = nodeHashes(algo);
  while (!shared.isExhausted) {
    const chunk = shared.take();
    if (chunk === undefined) {
      shared.waitForRoom(LOOK_MS);
      continue;
    }
    try {
      hashChunk(run, chunk, hasher, shared.digestsOf(chunk));
      shared.finish(chunk);
    } catch {
      // The reader will meet the same error, and can say what it is about.
      shared.finish(chunk, false);
    }
  }
}

parentPort?.on("message", hash);
