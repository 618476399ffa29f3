/**
 * The granule state of physical memory (GPT and RMM's own view of it).
 *
 * States are held a byte each, in chunks that are only allocated where something left the initial
 * state, so that a model with terabytes of memory costs what the launch touches.
 *
 * @see RMM 1.0-rel0 A2.2
 * @module
 */
import { GRANULE_SIZE, numberOf, type Pa } from "../units.ts";

/** State of a granule. @see RMM 1.0-rel0 C1.7 RmmGranuleState */
export type GranuleState =
  | "UNDELEGATED"
  | "DELEGATED"
  | "RD"
  | "REC"
  | "REC_AUX"
  | "RTT"
  | "DATA"
  // RMM 2.0: belongs to an operation that is in progress
  | "PARTIAL"
  // UNDELEGATED, but in the Secure or Root PAS. No call leads there: who builds an RMM may.
  | "SECURE";

const STATES: readonly GranuleState[] = [
  "UNDELEGATED",
  "DELEGATED",
  "RD",
  "REC",
  "REC_AUX",
  "RTT",
  "DATA",
  "PARTIAL",
  "SECURE",
];
const CODES: Readonly<Record<GranuleState, number>> = {
  UNDELEGATED: 0,
  DELEGATED: 1,
  RD: 2,
  REC: 3,
  REC_AUX: 4,
  RTT: 5,
  DATA: 6,
  PARTIAL: 7,
  SECURE: 8,
};

/** Granules whose states share an array: 16 MiB of memory. */
const CHUNK_GRANULES = 4096;

/** The memory that can be delegated: one contiguous range of physical addresses. */
export interface GranuleRange {
  /** First byte, granule aligned, below 2^52. */
  readonly base: number;
  /** Size in bytes. */
  readonly size: number;
}

/** States of all granules. */
export class Granules {
  readonly #base: number;
  readonly #size: number;
  /** By number of the chunk. */
  readonly #chunks: (Uint8Array | undefined)[] = [];

  constructor(range: GranuleRange) {
    this.#base = range.base;
    this.#size = range.size;
  }

  /** Whether `addr` is in memory that can be delegated. @see RMM 1.0-rel0 B3.25 PaIsDelegable */
  isDelegable(addr: Pa): boolean {
    const offset = numberOf(addr) - this.#base;
    return offset >= 0 && offset < this.#size;
  }

  /** The state of the granule at `addr`; undefined where there is none. */
  stateOf(addr: Pa): GranuleState | undefined {
    return this.stateAt(numberOf(addr));
  }

  /** As {@link stateOf}, of an address as a number. */
  stateAt(pa: number): GranuleState | undefined {
    const offset = pa - this.#base;
    const granule = offset / GRANULE_SIZE;
    if (offset < 0 || offset >= this.#size || granule !== Math.floor(granule)) return undefined;
    const number = Math.floor(granule / CHUNK_GRANULES);
    return STATES[this.#chunkAt(number)?.[granule - number * CHUNK_GRANULES] ?? 0];
  }

  /** Changes a granule's state. `pa` is the address of a granule, as a number below 2^52. */
  set(pa: number, state: GranuleState): void {
    const granule = (pa - this.#base) / GRANULE_SIZE;
    const number = Math.floor(granule / CHUNK_GRANULES);
    this.#ownChunk(number)[granule - number * CHUNK_GRANULES] = CODES[state];
  }

  /**
   * Changes neighbouring granules from one state to another, as far as they have the one.
   *
   * @param pa the first one's address, as a number.
   * @returns how many were changed, at most `count`.
   */
  replace(pa: number, count: number, from: GranuleState, to: GranuleState): number {
    const first = (pa - this.#base) / GRANULE_SIZE;
    if (first < 0 || first !== Math.floor(first)) return 0;
    const top = Math.min(first + count, this.#size / GRANULE_SIZE);
    let at = first;
    while (at < top) {
      const number = Math.floor(at / CHUNK_GRANULES);
      const chunk = this.#ownChunk(number);
      const base = number * CHUNK_GRANULES;
      const end = Math.min(top - base, CHUNK_GRANULES);
      const stop = endOfRun(chunk, at - base, end, CODES[from]);
      chunk.fill(CODES[to], at - base, stop);
      at = base + stop;
      if (stop < end) break;
    }
    return Math.max(at - first, 0);
  }

  /** Reading past the end of an array would slow down every later read of it. */
  #chunkAt(number: number): Uint8Array | undefined {
    return number < this.#chunks.length ? this.#chunks[number] : undefined;
  }

  /** The chunk, made if nothing in it has changed so far. */
  #ownChunk(number: number): Uint8Array {
    return this.#chunkAt(number) ?? this.#newChunk(number);
  }

  #newChunk(number: number): Uint8Array {
    const chunk = new Uint8Array(CHUNK_GRANULES);
    this.#chunks[number] = chunk;
    return chunk;
  }
}

/** Index of the first state from `at` on, before `end`, that is another one; `end` if none is. */
function endOfRun(states: Uint8Array, at: number, end: number, state: number): number {
  let index = at;
  while (index < end && states[index] === state) index += 1;
  return index;
}
