/**
 * How a command hashes page contents: in how many threads, kept or not, and who hears about it.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import type { HashProvider } from "../hash/hasher.ts";
import { nodeHashes } from "../hash/node.ts";
import { pageRuns } from "../hash/page-runs.ts";
import type { PageDigests } from "../hash/pages.ts";
import { hashedHere, type RunHashing } from "../hash/run-hashing.ts";
import type { MemoryContent } from "../hash/source.ts";
import { GRANULE_SIZE } from "../units.ts";
import type { ProgressListener } from "./command.ts";
import { PACKAGE } from "./package-folder.ts";

/** From this many granules on, 100 MiB, further threads save more time than they take to start. */
const WORTH_THREADS = 25_600;
/** The chain of descriptors, which only one thread can work on, keeps no more busy than these. */
const USEFUL_THREADS = 4;
/** The bundled script of a thread. Where nothing was bundled, nobody helps. */
const SCRIPT: URL = new URL("dist/cli/hash-worker.js", PACKAGE);

/** Granules that hold bytes. */
function pagesOf(contents: readonly MemoryContent[]): number {
  return contents.flatMap(pageRuns).reduce((sum, { pages }) => sum + pages, 0);
}

/** Hashes runs: in this thread until there are others. */
export class PageHashing {
  readonly #hashes: HashProvider;
  readonly #threads: number | undefined;
  #runs: RunHashing;
  #hasThreads = false;

  /** @param threads how many threads hash; as many as the contents are worth if absent. */
  constructor(hashes: HashProvider, threads?: number) {
    this.#hashes = hashes;
    this.#threads = threads;
    this.#runs = hashedHere(hashes);
  }

  /** The hashing of runs; it may find threads later than this is asked for. */
  readonly runs: RunHashing = (run, algo) => this.#runs(run, algo);

  /** Starts threads if these contents are worth it. They end with the program. */
  async start(contents: readonly MemoryContent[]): Promise<void> {
    // Threads hash with node:crypto; whoever asks for pure JavaScript wants to see that at work.
    if (this.#hasThreads || this.#hashes !== nodeHashes) return;
    const worth = pagesOf(contents) < WORTH_THREADS ? 1 : availableParallelism();
    const threads = this.#threads ?? Math.min(worth, USEFUL_THREADS);
    if (threads <= 1) return;
    this.#hasThreads = true;
    const { HashCrew } = await import("../hash/node-workers.ts");
    this.#runs = new HashCrew(threads - 1, this.#hashes, SCRIPT).hashing;
  }
}

/** Counts the granules whose digests are asked for, out of those of some contents. */
export class PageCounter {
  readonly #listener: ProgressListener;
  readonly #total: number;
  #done = 0;

  constructor(contents: readonly MemoryContent[], listener: ProgressListener) {
    this.#total = contents.reduce((sum, { size }) => sum + size / GRANULE_SIZE, 0);
    this.#listener = listener;
  }

  /** The same digests, counted. */
  count(digests: PageDigests): PageDigests {
    let reached = 0;
    return {
      pages: digests.pages,
      digestsFrom: (algo, page) => {
        const found = digests.digestsFrom(algo, page);
        const top = page + found.pages;
        if (top > reached) {
          this.#done += top - reached;
          reached = top;
          this.#listener(this.#done, this.#total);
        }
        return found;
      },
    };
  }
}
