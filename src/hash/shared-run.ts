/**
 * A run whose chunks several threads hash: who takes which chunk, where its digests go, and when
 * there is room for more. The digests stand in a ring, so that memory does not grow with the run.
 *
 * One thread, the reader, takes the digests in ascending order and lets go of them; it hashes
 * chunks, too. No method of this class blocks except those that say so.
 *
 * @module
 */
import { CHUNK_PAGES } from "./run-hashing.ts";

/** Chunks in the ring: how far helpers may be ahead of the reader, 16 MiB of content. */
const RING = 64;

/** Index of the chunk that is taken next. */
const NEXT = 0;
/** Index of the first chunk that the reader still wants. */
const WANTED = 1;
/** Where the states of the ring's slots begin: the number of the finished chunk plus 1, or minus that. */
const SLOTS = 2;
const CONTROL_BYTES = (SLOTS + RING) * Int32Array.BYTES_PER_ELEMENT;

/** What another thread needs to take part; can be sent in a message. */
export interface SharedRunParts {
  readonly memory: SharedArrayBuffer;
  readonly chunks: number;
  /** Length of a digest in bytes. */
  readonly digestSize: number;
}

/** One thread's view of a run that is hashed by several. */
export class SharedRun {
  readonly parts: SharedRunParts;
  readonly #control: Int32Array;
  readonly #slots: readonly Uint8Array[];
  #isAbandoned = false;

  constructor(parts: SharedRunParts) {
    this.parts = parts;
    const { memory, digestSize } = parts;
    this.#control = new Int32Array(memory, 0, SLOTS + RING);
    const length = CHUNK_PAGES * digestSize;
    this.#slots = Array.from(
      { length: RING },
      (_, slot) => new Uint8Array(memory, CONTROL_BYTES + slot * length, length),
    );
  }

  /** Makes the shared memory for a run. */
  static create(pages: number, digestSize: number): SharedRun {
    const memory = new SharedArrayBuffer(CONTROL_BYTES + RING * CHUNK_PAGES * digestSize);
    return new SharedRun({ memory, chunks: Math.ceil(pages / CHUNK_PAGES), digestSize });
  }

  /** Takes the next chunk that nobody has; undefined if there is none, or no room for it. */
  take(): number | undefined {
    for (;;) {
      const chunk = Atomics.load(this.#control, NEXT);
      if (chunk >= this.parts.chunks) return undefined;
      if (chunk >= Atomics.load(this.#control, WANTED) + RING) return undefined;
      if (Atomics.compareExchange(this.#control, NEXT, chunk, chunk + 1) === chunk) return chunk;
    }
  }

  /** Whether every chunk was taken, or the reader gave up. */
  get isExhausted(): boolean {
    return Atomics.load(this.#control, NEXT) >= this.parts.chunks;
  }

  /** Where the digests of a chunk go, once it was taken, and are, once it is finished. */
  digestsOf(chunk: number): Uint8Array {
    return this.#slots[chunk % RING] ?? new Uint8Array(0);
  }

  /** Says that the digests of a chunk are there, or that they could not be computed. */
  finish(chunk: number, success = true): void {
    const slot = SLOTS + (chunk % RING);
    Atomics.store(this.#control, slot, success ? chunk + 1 : -chunk - 1);
    Atomics.notify(this.#control, slot);
  }

  /** Whether the digests of a chunk are there. */
  stateOf(chunk: number): "finished" | "failed" | "unknown" {
    const state = Atomics.load(this.#control, SLOTS + (chunk % RING));
    if (state === chunk + 1) return "finished";
    return state === -chunk - 1 ? "failed" : "unknown";
  }

  /** The reader lets go of all chunks before `chunk`. */
  want(chunk: number): void {
    Atomics.store(this.#control, WANTED, chunk);
    Atomics.notify(this.#control, WANTED);
  }

  /** The reader needs no more digests. */
  abandon(): void {
    this.#isAbandoned = true;
    Atomics.store(this.#control, NEXT, this.parts.chunks);
    this.want(this.parts.chunks);
  }

  /** Whether {@link abandon} was called, in this thread. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** Blocks until the reader lets go of a chunk, or `ms` have passed. */
  waitForRoom(ms: number): void {
    const wanted = Atomics.load(this.#control, WANTED);
    if (Atomics.load(this.#control, NEXT) < wanted + RING) return;
    Atomics.wait(this.#control, WANTED, wanted, ms);
  }

  /** Blocks until something is known about a chunk, or `ms` have passed. */
  waitFor(chunk: number, ms: number): void {
    const slot = SLOTS + (chunk % RING);
    const state = Atomics.load(this.#control, slot);
    if (state === chunk + 1 || state === -chunk - 1) return;
    Atomics.wait(this.#control, slot, state, ms);
  }
}
