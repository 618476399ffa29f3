/**
 * Hashes of the granules of guest memory content, computed once per file, place and algorithm.
 *
 * A content is cut into runs: stretches of granules that hold bytes of sources, with all-zero
 * granules between them. A run is what is hashed, remembered, and can be given to somebody else to
 * hash ({@link PageDigestStore.missing}, {@link hashRun}, {@link PageDigestStore.put}).
 *
 * @module
 */
import { GRANULE_SIZE } from "../units.ts";
import { DIGEST_SIZE, type HashAlgo, type Hasher, type HashProvider } from "./hasher.ts";
import type { PageDigests } from "./pages.ts";
import type { MemoryContent, Segment } from "./source.ts";

/** How many granules are read at a time: 256 KiB. */
const BATCH = 64;

/** Granules that hold bytes: from the granule of the first byte to the granule of the last one. */
export interface PageRun {
  /** Same key, same bytes. */
  readonly key: string;
  /** First granule, counted from the start of the content. */
  readonly first: number;
  readonly pages: number;
  /** `at` counts from the start of the run. */
  readonly segments: readonly Segment[];
}

function runOf(segments: readonly Segment[], first: number, end: number): PageRun {
  const base = first * GRANULE_SIZE;
  const moved = segments.map((segment) => ({ ...segment, at: segment.at - base }));
  const key = moved.map((s) => `${s.at}+${s.length}@${s.from} ${s.source.identity}`).join("\n");
  return { key, first, pages: end - first, segments: moved };
}

/** Cuts a content into its runs, ascending. Segments that share a granule share a run. */
export function pageRuns(content: MemoryContent): readonly PageRun[] {
  const runs: PageRun[] = [];
  let group: Segment[] = [];
  let first = 0;
  let end = 0;
  for (const segment of content.segments) {
    if (segment.length === 0) continue;
    const start = Math.floor(segment.at / GRANULE_SIZE);
    if (group.length > 0 && start >= end) {
      runs.push(runOf(group, first, end));
      group = [];
    }
    if (group.length === 0) first = start;
    group.push(segment);
    end = Math.ceil((segment.at + segment.length) / GRANULE_SIZE);
  }
  if (group.length > 0) runs.push(runOf(group, first, end));
  return runs;
}

/** Buffers for hashing, made once per thread: views cost more to make than a small hash. */
class Scratch {
  readonly bytes: Uint8Array = new Uint8Array(BATCH * GRANULE_SIZE);
  readonly pages: readonly Uint8Array[];
  readonly #words: readonly Int32Array[];

  constructor() {
    const { buffer } = this.bytes;
    const starts = Array.from({ length: BATCH }, (_, page) => page * GRANULE_SIZE);
    this.pages = starts.map((at) => new Uint8Array(buffer, at, GRANULE_SIZE));
    this.#words = starts.map((at) => new Int32Array(buffer, at, GRANULE_SIZE / 4));
  }

  /** Whether granule `page` of the buffer is all zero; ends at the first word that is not. */
  isZero(page: number): boolean {
    const words = this.#words[page];
    if (words === undefined) return false;
    for (let i = 0; i < words.length; i++) {
      if (words[i] !== 0) return false;
    }
    return true;
  }
}

let shared: Scratch | undefined;

/** Reads `length` bytes of a run from `from` on, zeros where no segment is. */
function readRun(run: PageRun, from: number, target: Uint8Array): void {
  const to = from + target.length;
  let filled = from;
  for (const segment of run.segments) {
    const start = Math.max(from, segment.at);
    const end = Math.min(to, segment.at + segment.length);
    if (start >= end) continue;
    target.fill(0, filled - from, start - from);
    const part = target.subarray(start - from, end - from);
    segment.source.read(segment.from + (start - segment.at), part);
    filled = end;
  }
  target.fill(0, filled - from);
}

const ZERO_PAGE = new Uint8Array(GRANULE_SIZE);
const zeroDigests = new Map<Hasher, Uint8Array>();

function zeroDigest(hasher: Hasher): Uint8Array {
  let digest = zeroDigests.get(hasher);
  if (digest === undefined) {
    digest = hasher.digest(ZERO_PAGE);
    zeroDigests.set(hasher, digest);
  }
  return digest;
}

/**
 * Hashes granules `first` to `first + pages - 1` of a run. Needs nothing but its arguments, so
 * that parts of a run can be hashed anywhere.
 *
 * @param target takes the digests, one after the other, from its start on.
 */
export function hashRun(
  run: PageRun,
  first: number,
  pages: number,
  hasher: Hasher,
  target: Uint8Array,
): void {
  shared ??= new Scratch();
  const zero = zeroDigest(hasher);
  for (let done = 0; done < pages; done += BATCH) {
    const count = Math.min(BATCH, pages - done);
    const whole = count === BATCH ? shared.bytes : shared.bytes.subarray(0, count * GRANULE_SIZE);
    readRun(run, (first + done) * GRANULE_SIZE, whole);
    for (let page = 0; page < count; page++) {
      const at = (done + page) * hasher.size;
      const bytes = shared.pages[page];
      if (bytes === undefined || shared.isZero(page)) target.set(zero, at);
      else hasher.digestInto(bytes, target, at);
    }
  }
}

/** One run with its digests. */
interface HashedRun {
  readonly run: PageRun;
  readonly digests: Uint8Array;
}

/** Computes page digests and keeps them for the launches that follow. */
export class PageDigestStore {
  readonly #hashes: HashProvider;
  readonly #known = new Map<string, Uint8Array>();

  constructor(hashes: HashProvider) {
    this.#hashes = hashes;
  }

  /** Runs of these contents that are not hashed yet, each once. */
  missing(contents: Iterable<MemoryContent>, algo: HashAlgo): readonly PageRun[] {
    const found = new Map<string, PageRun>();
    for (const content of contents) {
      for (const run of pageRuns(content)) {
        if (!this.#known.has(storeKey(run, algo))) found.set(run.key, run);
      }
    }
    return [...found.values()];
  }

  /**
   * Takes the digests of a run that somebody else has hashed.
   *
   * @param digests `run.pages` digests, one after the other; kept, not copied.
   * @throws RangeError if the length is another
   */
  put(run: PageRun, algo: HashAlgo, digests: Uint8Array): void {
    const size = run.pages * DIGEST_SIZE[algo];
    if (digests.length !== size) {
      throw new RangeError(`"digests" expected ${size} bytes, got ${digests.length}`);
    }
    this.#known.set(storeKey(run, algo), digests);
  }

  /**
   * The digests of a content. Those for `algo` are computed now, where they are not known yet;
   * another algorithm would be computed on first use.
   */
  digestsOf(content: MemoryContent, algo: HashAlgo): PageDigests {
    const runs = pageRuns(content);
    const digests = new ContentDigests(content.size / GRANULE_SIZE, (other) => ({
      hasher: this.#hashes(other),
      runs: runs.map((run) => ({ run, digests: this.#digestsOfRun(run, other) })),
    }));
    digests.prepare(algo);
    return digests;
  }

  #digestsOfRun(run: PageRun, algo: HashAlgo): Uint8Array {
    const key = storeKey(run, algo);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const hasher = this.#hashes(algo);
    const digests = new Uint8Array(run.pages * hasher.size);
    hashRun(run, 0, run.pages, hasher, digests);
    this.#known.set(key, digests);
    return digests;
  }
}

function storeKey(run: PageRun, algo: HashAlgo): string {
  return `${algo}\n${run.key}`;
}

interface Prepared {
  readonly hasher: Hasher;
  readonly runs: readonly HashedRun[];
}

/** Digests by page number: those of a run, or that of the zero granule. */
class ContentDigests implements PageDigests {
  readonly pages: number;
  readonly #prepare: (algo: HashAlgo) => Prepared;
  readonly #prepared = new Map<HashAlgo, Prepared>();
  /** The run that was asked last: the next page is nearly always in it, too. */
  #last = 0;

  constructor(pages: number, prepare: (algo: HashAlgo) => Prepared) {
    this.pages = pages;
    this.#prepare = prepare;
  }

  prepare(algo: HashAlgo): Prepared {
    let prepared = this.#prepared.get(algo);
    if (prepared === undefined) {
      prepared = this.#prepare(algo);
      this.#prepared.set(algo, prepared);
    }
    return prepared;
  }

  writeDigest(algo: HashAlgo, page: number, target: Uint8Array, offset: number): void {
    if (page < 0 || page >= this.pages) {
      throw new RangeError(`"page" expected 0 .. ${this.pages - 1}, got ${page}`);
    }
    const { hasher, runs } = this.prepare(algo);
    const found = this.#find(runs, page);
    if (found === undefined) {
      target.set(zeroDigest(hasher), offset);
      return;
    }
    const at = (page - found.run.first) * hasher.size;
    copy(found.digests, at, hasher.size, target, offset);
  }

  #find(runs: readonly HashedRun[], page: number): HashedRun | undefined {
    const last = runs[this.#last];
    if (last !== undefined && contains(last.run, page)) return last;
    this.#last = Math.max(
      0,
      runs.findIndex(({ run }) => contains(run, page)),
    );
    const found = runs[this.#last];
    return found !== undefined && contains(found.run, page) ? found : undefined;
  }
}

function contains(run: PageRun, page: number): boolean {
  return page >= run.first && page < run.first + run.pages;
}

/** A loop: for 32 to 64 bytes it is faster than making a view to copy from. */
function copy(from: Uint8Array, at: number, size: number, to: Uint8Array, offset: number): void {
  for (let i = 0; i < size; i++) to[offset + i] = from[at + i] ?? 0;
}
