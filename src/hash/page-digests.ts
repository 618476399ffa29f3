/**
 * Hashes of the granules of guest memory content: computed while they are asked for, or once per
 * file, place and algorithm and then remembered.
 *
 * @module
 */
import { GRANULE_SIZE } from "../units.ts";
import { DIGEST_SIZE, type HashAlgo, type HashProvider } from "./hasher.ts";
import { type PageRun, pageRuns } from "./page-runs.ts";
import type { DigestRun, PageDigests } from "./pages.ts";
import {
  CHUNK_PAGES,
  type ChunkDigests,
  hashedHere,
  pagesOfChunk,
  type RunHashing,
  zeroDigest,
} from "./run-hashing.ts";
import type { MemoryContent } from "./source.ts";

/** Digests by page number: those of a run, or that of the zero granule. Holds one chunk of them. */
class ContentDigests implements PageDigests {
  readonly pages: number;
  readonly #runs: readonly PageRun[];
  readonly #hashes: HashProvider;
  readonly #hashing: RunHashing;
  /** Where the last page was found: the next one is nearly always there, too. */
  #algo: HashAlgo | undefined;
  #run: PageRun | undefined;
  #chunks: ChunkDigests | undefined;
  #chunk = -1;
  #digests: Uint8Array = new Uint8Array(0);

  constructor(content: MemoryContent, hashes: HashProvider, hashing: RunHashing) {
    this.pages = content.size / GRANULE_SIZE;
    this.#runs = pageRuns(content);
    this.#hashes = hashes;
    this.#hashing = hashing;
  }

  digestsFrom(algo: HashAlgo, page: number): DigestRun {
    if (page < 0 || page >= this.pages) {
      throw new RangeError(`"page" expected 0 .. ${this.pages - 1}, got ${page}`);
    }
    const run = this.#runOf(page);
    if (run === undefined) return { bytes: zeroDigest(this.#hashes(algo)), at: 0, pages: 1 };
    const chunk = Math.floor((page - run.first) / CHUNK_PAGES);
    this.#load(run, algo, chunk);
    const before = page - run.first - chunk * CHUNK_PAGES;
    const pages = pagesOfChunk(run, chunk) - before;
    return { bytes: this.#digests, at: before * DIGEST_SIZE[algo], pages };
  }

  /** Makes a chunk the one that is held. */
  #load(run: PageRun, algo: HashAlgo, chunk: number): void {
    if (run !== this.#run || algo !== this.#algo || this.#chunks === undefined) {
      this.#chunks = this.#hashing(run, algo);
      this.#chunk = -1;
      this.#run = run;
      this.#algo = algo;
    }
    if (chunk !== this.#chunk) {
      this.#digests = this.#chunks(chunk);
      this.#chunk = chunk;
    }
  }

  #runOf(page: number): PageRun | undefined {
    const last = this.#run;
    if (last !== undefined && contains(last, page)) return last;
    return this.#runs.find((run) => contains(run, page));
  }
}

function contains(run: PageRun, page: number): boolean {
  return page >= run.first && page < run.first + run.pages;
}

/**
 * The digests of a content, computed when they are asked for and not kept: memory does not grow
 * with the content. For a launch that is measured once.
 */
export function contentDigests(
  content: MemoryContent,
  hashes: HashProvider,
  hashing: RunHashing = hashedHere(hashes),
): PageDigests {
  return new ContentDigests(content, hashes, hashing);
}

/**
 * Computes page digests and keeps them for the launches that follow: the same bytes at the same
 * place in their granules are hashed once.
 */
export class PageDigestStore {
  readonly #hashes: HashProvider;
  readonly #hashing: RunHashing;
  /** Digests of the chunks that were asked for. */
  readonly #known = new Map<string, (Uint8Array | undefined)[]>();

  constructor(hashes: HashProvider, hashing: RunHashing = hashedHere(hashes)) {
    this.#hashes = hashes;
    this.#hashing = hashing;
  }

  /** The digests of a content, computed when they are first asked for. */
  digestsOf(content: MemoryContent): PageDigests {
    return new ContentDigests(content, this.#hashes, (run, algo) => this.#remember(run, algo));
  }

  #remember(run: PageRun, algo: HashAlgo): ChunkDigests {
    const key = `${algo}\n${run.key}`;
    const known = this.#known.get(key) ?? [];
    this.#known.set(key, known);
    const { size } = this.#hashes(algo);
    let chunks: ChunkDigests | undefined;
    return (n) => {
      let digests = known[n];
      if (digests === undefined) {
        chunks ??= this.#hashing(run, algo);
        digests = chunks(n).slice(0, pagesOfChunk(run, n) * size);
        known[n] = digests;
      }
      return digests;
    };
  }
}
