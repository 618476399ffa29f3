/**
 * Stage 2 geometry as hosts choose it: start level, concatenation, levels that fit a range.
 *
 * @see reference: Linux KVM, arch/arm64/kvm/rme.c, "start level and concatenation"
 * @module
 */
import { RTT_PAGE_LEVEL, rttLevelSize } from "../rmm/rtt.ts";

/** Where a walk starts, and how many tables are there. */
export interface StartLevel {
  readonly level: number;
  /** Concatenated tables: 1, 2, 4, 8 or 16. */
  readonly tables: number;
}

/** Widths of an IPA space that stage 2 can translate. */
const MIN_IPA_BITS = 32;
const MAX_IPA_BITS = 52;

/**
 * The start level with the most concatenation, for 4 KiB granules: as few levels as can be.
 *
 * @param ipaBits Width of the IPA space; outside 32 .. 52 the nearest of them counts.
 */
export function startLevelFor(ipaBits: number): StartLevel {
  // The RMM refuses every other width; it still has to be asked.
  const width = Math.min(Math.max(ipaBits, MIN_IPA_BITS), MAX_IPA_BITS);
  const level = RTT_PAGE_LEVEL + 1 - Math.floor((width - 8) / 9);
  const resolved = (RTT_PAGE_LEVEL + 1 - level) * 9 + 12;
  return { level, tables: resolved >= width ? 1 : 2 ** (width - resolved) };
}

/**
 * The level of the largest entry that starts at `base` and ends at or before `top`.
 *
 * @param startLevel No entry is larger than one at this level.
 */
export function largestFittingLevel(base: bigint, top: bigint, startLevel: number): number {
  let level = RTT_PAGE_LEVEL;
  while (level > startLevel) {
    const size = BigInt(rttLevelSize(level - 1));
    if (base % size !== 0n || base + size > top) break;
    level -= 1;
  }
  return level;
}
