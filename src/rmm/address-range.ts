/**
 * RmiAddrRangeDesc4KB (RMM 2.0): a run of equal blocks of physical memory in one 64-bit value.
 *
 * @see TF-RMM 9a7f8ef4 lib/addr_list/src/addr_list_prv.h:25, lib/smc/include/smc-rmi.h:1252
 * @module
 */
import { type BitField, bits, extract, insert } from "../formats/bitfields.ts";
import { GRANULE_SIZE, type U64, u64 } from "../units.ts";
import { RTT_PAGE_LEVEL, rttLevelSize } from "./rtt.ts";

const SIZE: BitField = bits(1, 0);
const COUNT: BitField = bits(11, 2);
const ADDRESS: BitField = bits(51, 12);
const UNDELEGATED: BitField = bits(63);

/**
 * In the flags of the commands that map and unmap: what `oaddr` is. RmiRttProtMapFlags and
 * RmiRttUnmapFlags (lib/smc/include/smc-rmi.h:1296, 1323) have these fields at the same place.
 */
export const OADDR_TYPE: BitField = bits(1, 0);
/** In the same flags: how long the list at `oaddr` is. */
export const LIST_COUNT: BitField = bits(15, 2);
/** `oaddr` is a descriptor. */
export const ADDRESS_SINGLE = 1;
/** `oaddr` points to a list of descriptors. */
export const ADDRESS_LIST = 2;

/** Blocks that one descriptor can count. */
const MAX_COUNT = 1023;
/** Descriptors in a list: as many as fit a granule. */
export const ADDRESS_LIST_MAX = 512;

/** A decoded descriptor. */
export interface AddressRange {
  /** PA of the first block. */
  readonly base: number;
  readonly count: number;
  /** RTT level whose entries have the blocks' size: 3 .. 0. */
  readonly level: number;
  /** Whether the blocks are said to be delegated. */
  readonly delegated: boolean;
}

/** Decodes a descriptor. Bits 62:52 are ignored. */
export function decodeRange(desc: bigint): AddressRange {
  return {
    base: extract(desc, ADDRESS) * GRANULE_SIZE,
    count: extract(desc, COUNT),
    level: RTT_PAGE_LEVEL - extract(desc, SIZE),
    delegated: extract(desc, UNDELEGATED) === 0,
  };
}

/** Encodes a descriptor of delegated memory. */
export function encodeRange(range: Omit<AddressRange, "delegated">): U64 {
  return u64(
    insert(Math.floor(range.base / GRANULE_SIZE), ADDRESS) |
      insert(range.count, COUNT) |
      insert(RTT_PAGE_LEVEL - range.level, SIZE),
  );
}

/** Length of a range in bytes. */
export function rangeSize(range: AddressRange): number {
  return range.count * rttLevelSize(range.level);
}

/** How many descriptors a list at `pointer` can have: it does not cross a granule. */
export function listRoom(pointer: bigint): number {
  return ADDRESS_LIST_MAX - Number(pointer % BigInt(GRANULE_SIZE)) / 8;
}

interface Run {
  base: number;
  count: number;
}

/** Collects blocks of one level as descriptors, merging neighbours, up to a number of them. */
export class AddressList {
  readonly #max: number;
  readonly #level: number;
  readonly #runs: Run[] = [];

  /** @param max Descriptors that there is room for. */
  constructor(max: number, level: number) {
    this.#max = max;
    this.#level = level;
  }

  /** Adds a block. @returns false if there is no room for another descriptor. */
  add(pa: number): boolean {
    const size = rttLevelSize(this.#level);
    for (const run of this.#runs) {
      if (run.count >= MAX_COUNT) continue;
      const isBefore = pa === run.base - size;
      if (!isBefore && pa !== run.base + run.count * size) continue;
      if (isBefore) run.base = pa;
      run.count += 1;
      return true;
    }
    if (this.#runs.length >= this.#max) return false;
    this.#runs.push({ base: pa, count: 1 });
    return true;
  }

  /** The descriptors, in the order in which they were begun. */
  get descriptors(): readonly U64[] {
    return this.#runs.map((run) => encodeRange({ ...run, level: this.#level }));
  }
}
