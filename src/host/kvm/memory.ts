/**
 * The host pages behind guest memory: every guest page has one, found by the guest's address, so
 * that populating a guest page twice offers the RMM the same granule twice.
 *
 * @module
 */
import { GRANULE_SIZE, numberOf, type Pa, u64Of } from "../../units.ts";
import type { GranuleAllocator } from "../granule-allocator.ts";

/** Granules that are backed at once: 2 MiB. */
const CHUNK = 512;
const CHUNK_SIZE = CHUNK * GRANULE_SIZE;

interface Chunk {
  readonly number: number;
  readonly base: number;
  readonly populated: Uint8Array;
}

/** Host memory of one VM. Guest addresses are numbers below 2^53 and granule aligned. */
export class BackingMemory {
  readonly #granules: GranuleAllocator;
  readonly #chunks = new Map<number, Chunk>();
  /** The chunk asked for last: pages are populated one after the other. */
  #last: Chunk | undefined;

  constructor(granules: GranuleAllocator) {
    this.#granules = granules;
  }

  #chunkOf(address: number): Chunk {
    const number = Math.floor(address / CHUNK_SIZE);
    if (this.#last?.number === number) return this.#last;
    let chunk = this.#chunks.get(number);
    if (chunk === undefined) {
      const base = numberOf(this.#granules.take(CHUNK));
      chunk = { number, base, populated: new Uint8Array(CHUNK) };
      this.#chunks.set(number, chunk);
    }
    this.#last = chunk;
    return chunk;
  }

  /** The host page of a guest page. */
  pageOf(address: number): Pa {
    return u64Of(this.#chunkOf(address).base + (address % CHUNK_SIZE)) as Pa;
  }

  /** Whether a guest page was populated. */
  isPopulated(address: number): boolean {
    return this.#chunkOf(address).populated[(address % CHUNK_SIZE) / GRANULE_SIZE] === 1;
  }

  /** How many guest pages from `address` on, below `top`, have host pages that are neighbours. */
  neighbours(address: number, top: number): number {
    return Math.min(CHUNK_SIZE - (address % CHUNK_SIZE), top - address) / GRANULE_SIZE;
  }

  /** Notes that `count` guest pages were populated: neighbours that share a chunk. */
  setPopulated(address: number, count: number): void {
    const first = (address % CHUNK_SIZE) / GRANULE_SIZE;
    this.#chunkOf(address).populated.fill(1, first, first + count);
  }
}
