/**
 * The granule state of physical memory (GPT and RMM's own view of it).
 *
 * States are held a byte each, in chunks that are only allocated where something left the initial
 * state, so that a model with terabytes of memory costs what the launch touches.
 *
 * @see RMM 1.0-rel0 A2.2
 * @module
 */
import { GRANULE_SIZE, isGranuleAligned, type Pa } from "../units.ts";

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
const CHUNK_BYTES = CHUNK_GRANULES * GRANULE_SIZE;

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
  readonly #end: number;
  readonly #chunks = new Map<number, Uint8Array>();
  // The conditions of a command ask for the same granule several times in a row.
  #askedFor: bigint = -1n;
  #answer: GranuleState | undefined;
  // A host works on granules next to each other: most of them are in the chunk used last.
  #chunk: Uint8Array = new Uint8Array(CHUNK_GRANULES);
  #chunkBase = -1;

  constructor(range: GranuleRange) {
    this.#base = range.base;
    this.#end = range.base + range.size;
  }

  /** Whether `addr` is in memory that can be delegated. @see RMM 1.0-rel0 B3.25 PaIsDelegable */
  isDelegable(addr: Pa): boolean {
    if (addr === this.#askedFor && this.#answer !== undefined) return true;
    const pa = Number(addr);
    return pa >= this.#base && pa < this.#end;
  }

  /** The state of the granule at `addr`; undefined where there is none. */
  stateOf(addr: Pa): GranuleState | undefined {
    if (addr !== this.#askedFor) {
      this.#answer = this.#find(addr);
      this.#askedFor = addr;
    }
    return this.#answer;
  }

  #find(addr: Pa): GranuleState | undefined {
    if (!this.isDelegable(addr) || !isGranuleAligned(addr)) return undefined;
    const pa = Number(addr);
    const chunk = this.#chunkOf(pa, false);
    return STATES[chunk?.[(pa - this.#chunkBase) / GRANULE_SIZE] ?? 0];
  }

  /** Changes a granule's state. `pa` is the address of a granule, as a number below 2^52. */
  set(pa: number, state: GranuleState): void {
    const chunk = this.#chunkOf(pa, true);
    if (chunk !== undefined) chunk[(pa - this.#chunkBase) / GRANULE_SIZE] = CODES[state];
    this.#askedFor = -1n;
  }

  /** The states of the chunk that `pa` is in; makes it the chunk used last. */
  #chunkOf(pa: number, create: boolean): Uint8Array | undefined {
    const offset = pa - this.#chunkBase;
    if (this.#chunkBase >= 0 && offset >= 0 && offset < CHUNK_BYTES) return this.#chunk;
    const number = Math.floor((pa - this.#base) / CHUNK_BYTES);
    let chunk = this.#chunks.get(number);
    if (chunk === undefined) {
      if (!create) return undefined;
      chunk = new Uint8Array(CHUNK_GRANULES);
      this.#chunks.set(number, chunk);
    }
    this.#chunk = chunk;
    this.#chunkBase = this.#base + number * CHUNK_BYTES;
    return chunk;
  }
}
