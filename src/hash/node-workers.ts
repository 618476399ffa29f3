/**
 * Threads that help with the hashing of files, for Node.
 *
 * Every thread reads its own chunks through the file descriptor that all of them share. Whatever
 * goes wrong in a helper, the thread that asks for digests computes them itself, so that helpers
 * can change the speed of a result and nothing else.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import type { HashAlgo, Hasher, HashProvider } from "./hasher.ts";
import type { PageRun } from "./page-runs.ts";
import { type ChunkDigests, hashChunk, hashedHere, type RunHashing } from "./run-hashing.ts";
import { SharedRun, type SharedRunParts } from "./shared-run.ts";

/** Runs of fewer granules are hashed before a helper has heard of them: 4 MiB. */
const SHARED_PAGES = 1024;
/** A chunk takes a helper a fraction of a millisecond. */
const PATIENCE_MS = 2000;

/** A segment whose bytes come from a file descriptor. */
export interface FileSegment {
  readonly at: number;
  readonly fd: number;
  readonly from: number;
  readonly length: number;
}

/** What a helper is told to do. */
export interface HashJob {
  readonly algo: HashAlgo;
  readonly pages: number;
  readonly segments: readonly FileSegment[];
  readonly parts: SharedRunParts;
}

/** A run as another thread can read it; undefined if that needs more than descriptors. */
function fileSegments(run: PageRun): readonly FileSegment[] | undefined {
  const segments: FileSegment[] = [];
  for (const { at, source, from, length } of run.segments) {
    if (source.fd === undefined) return undefined;
    segments.push({ at, fd: source.fd, from, length });
  }
  return segments;
}

/** The thread that wants the digests: takes what helpers finished, and hashes with them meanwhile. */
class Reader {
  readonly #run: PageRun;
  readonly #shared: SharedRun;
  readonly #hasher: Hasher;
  readonly #here: ChunkDigests;
  readonly #patienceMs: number;
  /** The chunk that was read last. */
  #at = -1;

  constructor(
    run: PageRun,
    shared: SharedRun,
    hasher: Hasher,
    here: ChunkDigests,
    patienceMs: number,
  ) {
    this.#run = run;
    this.#shared = shared;
    this.#hasher = hasher;
    this.#here = here;
    this.#patienceMs = patienceMs;
  }

  read(chunk: number): Uint8Array {
    // The ring only moves on: whoever goes back in the run goes alone.
    if (this.#shared.isAbandoned || chunk < this.#at) return this.#here(chunk);
    this.#at = chunk;
    this.#shared.want(chunk);
    if (this.#obtain(chunk) === "finished") return this.#shared.digestsOf(chunk);
    // The error of a helper is met here again, and said properly.
    return this.#here(chunk);
  }

  /** Hashes chunks that nobody has until the state of `chunk` is known, or helpers hang. */
  #obtain(chunk: number): ReturnType<SharedRun["stateOf"]> {
    const shared = this.#shared;
    let state = shared.stateOf(chunk);
    while (state === "unknown") {
      const taken = shared.take();
      if (taken === undefined) {
        shared.waitFor(chunk, this.#patienceMs);
      } else {
        hashChunk(this.#run, taken, this.#hasher, shared.digestsOf(taken));
        shared.finish(taken);
      }
      state = shared.stateOf(chunk);
      if (taken === undefined && state === "unknown") {
        // A helper that comes back now would write where others do: this ring is not used again.
        shared.abandon();
        break;
      }
    }
    return state;
  }
}

/** Threads that hash chunks of big files ahead of being asked. Close it. */
export class HashCrew {
  readonly #workers: readonly Worker[];
  readonly #hashes: HashProvider;
  readonly #patienceMs: number;
  #last: SharedRun | undefined;

  /**
   * Starts the threads. They keep no process alive.
   *
   * @param helpers how many, besides the one that asks.
   * @param hashes what the thread that asks hashes with; helpers use node:crypto.
   * @param script the built `hash-worker.js`.
   * @param patienceMs a helper that takes longer for a chunk is not waited for.
   */
  constructor(
    helpers: number,
    hashes: HashProvider,
    script: URL,
    patienceMs: number = PATIENCE_MS,
  ) {
    this.#hashes = hashes;
    this.#patienceMs = patienceMs;
    this.#workers = Array.from({ length: helpers }, () => {
      const worker = new Worker(script);
      // A helper that dies is not missed.
      worker.on("error", () => undefined);
      worker.unref();
      return worker;
    });
  }

  /** Hashes with the crew what is worth it, and the rest in this thread. */
  get hashing(): RunHashing {
    const here = hashedHere(this.#hashes);
    return (run, algo) => {
      const segments = run.pages < SHARED_PAGES ? undefined : fileSegments(run);
      const alone = here(run, algo);
      if (segments === undefined) return alone;
      const hasher = this.#hashes(algo);
      const shared = this.#share(run, algo, segments, hasher.size);
      const reader = new Reader(run, shared, hasher, alone, this.#patienceMs);
      return (n) => reader.read(n);
    };
  }

  /** Ends the threads. Digests can be asked for still. */
  close(): void {
    this.#last?.abandon();
    for (const worker of this.#workers) void worker.terminate();
  }

  #share(run: PageRun, algo: HashAlgo, segments: readonly FileSegment[], size: number): SharedRun {
    this.#last?.abandon();
    const shared = SharedRun.create(run.pages, size);
    this.#last = shared;
    const job: HashJob = { algo, pages: run.pages, segments, parts: shared.parts };
    for (const worker of this.#workers) worker.postMessage(job);
    return shared;
  }
}
