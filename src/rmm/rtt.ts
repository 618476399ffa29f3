/**
 * Realm Translation Tables: entries, levels, the walk.
 *
 * Levels count from -1 (LPA2 only) to 3 (pages). Inside the RMM model IPAs and PAs that have passed
 * the bound checks are plain numbers, all below 2^52.
 *
 * @see RMM 1.0-rel0 A5.5
 * @module
 */
import { EntryAddresses } from "./entry-addresses.ts";

/** RTT level whose entries describe pages. @see RMM 1.0-rel0 A5.5.2 */
export const RTT_PAGE_LEVEL = 3;
/** Entries in a table. Level -1 has 16; the rest of its granule reads as zeros, as in TF-RMM. */
export const RTT_ENTRIES = 512;

/**
 * State of an RTT entry: HIPAS and, for protected addresses, RIPAS, in one code. A zeroed granule
 * is a table of UNASSIGNED_EMPTY entries, which is what TF-RMM's encoding gives, too.
 *
 * @see RMM 1.0-rel0 C1.30 RmmRttEntryState, C1.26 RmmRipas
 */
export const RTTE = {
  UNASSIGNED_EMPTY: 0,
  UNASSIGNED_RAM: 1,
  UNASSIGNED_DESTROYED: 2,
  UNASSIGNED_NS: 3,
  ASSIGNED_EMPTY: 4,
  ASSIGNED_RAM: 5,
  ASSIGNED_DESTROYED: 6,
  ASSIGNED_NS: 7,
  TABLE: 8,
} as const;

/** One of the codes of {@link RTTE}. */
export type Rtte = (typeof RTTE)[keyof typeof RTTE];

/** Host IPA state of an entry. @see RMM 1.0-rel0 C1.30 */
export type Hipas = "UNASSIGNED" | "UNASSIGNED_NS" | "ASSIGNED" | "ASSIGNED_NS" | "TABLE";
/** Realm IPA state of an entry. @see RMM 1.0-rel0 C1.26 */
export type Ripas = "EMPTY" | "RAM" | "DESTROYED";

const HIPAS: readonly Hipas[] = [
  "UNASSIGNED",
  "UNASSIGNED",
  "UNASSIGNED",
  "UNASSIGNED_NS",
  "ASSIGNED",
  "ASSIGNED",
  "ASSIGNED",
  "ASSIGNED_NS",
  "TABLE",
];
const RIPAS: readonly (Ripas | undefined)[] = [
  "EMPTY",
  "RAM",
  "DESTROYED",
  undefined,
  "EMPTY",
  "RAM",
  "DESTROYED",
  undefined,
  undefined,
];

/** The host's view of an entry. */
export function hipasOf(entry: Rtte): Hipas {
  return HIPAS[entry] ?? "UNASSIGNED";
}

/** The Realm's view of an entry; undefined for entries that have none (NS and tables). */
export function ripasOf(entry: Rtte): Ripas | undefined {
  return RIPAS[entry];
}

/** Whether a physical address is stored in the entry. @see RMM 1.0-rel0 A5.5.8 RTTE liveness */
export function isLive(entry: Rtte): boolean {
  return entry >= RTTE.ASSIGNED_EMPTY;
}

/** Whether another granule is referenced, so that the table cannot go. @see A5.5.8 RTT liveness */
function holdsGranule(entry: Rtte): boolean {
  return isLive(entry) && entry !== RTTE.ASSIGNED_NS;
}

/** Entry sizes by level + 1; a table, since walks ask for them at every step. */
const LEVEL_SIZES: readonly number[] = [-1, 0, 1, 2, 3].map(
  (level) => 2 ** (12 + 9 * (RTT_PAGE_LEVEL - level)),
);

/**
 * Bytes that one entry describes: 4 KiB at level 3, 2 MiB, 1 GiB, 512 GiB, 256 TiB at level -1.
 * One level further up, which only a fold or an alignment check can ask for, it is 2^57.
 */
export function rttLevelSize(level: number): number {
  return LEVEL_SIZES[level + 1] ?? 2 ** (12 + 9 * (RTT_PAGE_LEVEL - level));
}

/** Whether an IPA is a multiple of what an entry at `level` describes. @see B3.5 */
export function isRttLevelAligned(ipa: bigint, level: number): boolean {
  return ipa % BigInt(rttLevelSize(level)) === 0n;
}

/** One translation table: 512 entries. */
export class Rtt {
  /** Physical address of its granule. */
  readonly pa: number;
  readonly level: number;
  readonly #states = new Uint8Array(RTT_ENTRIES);
  /** Made for the first one: many tables of a Realm stay empty. */
  #addresses: EntryAddresses | undefined;
  /** The tables that TABLE entries point to. */
  readonly #tables: (Rtt | undefined)[] = [];

  constructor(pa: number, level: number) {
    this.pa = pa;
    this.level = level;
  }

  /** State of an entry. */
  state(index: number): Rtte {
    return (this.#states[index] ?? RTTE.UNASSIGNED_EMPTY) as Rtte;
  }

  /** PA of a table, page or block; for ASSIGNED_NS the host's descriptor. 0 where there is none. */
  address(index: number): number {
    return this.#addresses?.at(index) ?? 0;
  }

  /** Changes an entry. */
  set(index: number, state: Rtte, address = 0): void {
    if (this.#states[index] === RTTE.TABLE) this.#tables[index] = undefined;
    this.#states[index] = state;
    this.#setAddresses(index, 1, address, 0);
  }

  /** The table that a TABLE entry points to. */
  tableAt(index: number): Rtt | undefined {
    return this.#tables[index];
  }

  /** Makes an entry a TABLE. */
  setTable(index: number, table: Rtt): void {
    this.set(index, RTTE.TABLE, table.pa);
    this.#tables[index] = table;
  }

  /**
   * Makes entries alike, none of which is a table: all 512, or `count` of them from `first` on.
   * Each address is `step` bytes after the one before.
   */
  fill(state: Rtte, address = 0, step = 0, first = 0, count: number = RTT_ENTRIES): void {
    this.#states.fill(state, first, first + count);
    this.#setAddresses(first, count, address, step);
  }

  #setAddresses(first: number, count: number, address: number, step: number): void {
    if (this.#addresses === undefined && address === 0 && step === 0) return;
    this.#addresses ??= new EntryAddresses(RTT_ENTRIES);
    this.#addresses.fill(first, count, address, step);
  }

  /** How many neighbouring entries from `first` on, at most `most`, are UNASSIGNED. */
  unassigned(first: number, most: number): number {
    let count = 0;
    while (count < most && hipasOf(this.state(first + count)) === "UNASSIGNED") count += 1;
    return count;
  }

  /** How many entries refer to a granule of the Realm: TF-RMM's reference count of the table. */
  get references(): number {
    let count = 0;
    for (const entry of this.#states) {
      if (holdsGranule(entry as Rtte)) count += 1;
    }
    return count;
  }

  /** Whether all entries have the state of the first. */
  get isUniform(): boolean {
    const first = this.#states[0];
    return this.#states.every((state) => state === first);
  }

  /**
   * Whether the addresses are one contiguous run of entries of this level.
   *
   * @param attributesToo Whether attributes of NS descriptors have to be alike, too; they are in
   * the low 12 bits, where no address has any.
   */
  isContiguous(attributesToo: boolean): boolean {
    const unit = attributesToo ? 1 : 4096;
    const size = rttLevelSize(this.level) / unit;
    const first = Math.floor(this.address(0) / unit);
    for (let i = 1; i < RTT_ENTRIES; i++) {
      if (Math.floor(this.address(i) / unit) !== first + i * size) return false;
    }
    return true;
  }
}

/** Where a walk ended. @see RMM 1.0-rel0 C1.31 RmmRttWalkResult */
export interface RttWalk {
  readonly level: number;
  readonly table: Rtt;
  readonly index: number;
}

/** A stage 2 translation: starting-level tables and what hangs below them. */
export interface Stage2 {
  readonly ipaWidth: number;
  readonly startLevel: number;
  /** Concatenated starting-level tables, ascending. */
  readonly roots: readonly Rtt[];
}

/** Index of the entry for `ipa` in its table at `level`. @see B3.60 RttEntryIndex */
function entryIndex(ipa: number, level: number): number {
  return Math.floor(ipa / rttLevelSize(level)) % RTT_ENTRIES;
}

/**
 * Walks down to `level`, or to the first entry that is not a table.
 *
 * @param ipa Below 2^ipaWidth.
 * @see RMM 1.0-rel0 B3.78 RttWalk
 */
export function walkRtt(stage2: Stage2, ipa: number, level: number): RttWalk {
  const slot = Math.floor(ipa / rttLevelSize(stage2.startLevel));
  let table = stage2.roots[Math.floor(slot / RTT_ENTRIES)] as Rtt;
  let index = slot % RTT_ENTRIES;
  for (let at = stage2.startLevel; at < level; at++) {
    const next = table.tableAt(index);
    if (next === undefined) return { level: at, table, index };
    table = next;
    index = entryIndex(ipa, at + 1);
  }
  return { level, table, index };
}

/** State of the entry at which a walk ended. */
export function entryOf(walk: RttWalk): Rtte {
  return walk.table.state(walk.index);
}

/**
 * The first live entry at or after the one the walk ended at, as an IPA; the end of the table if
 * there is none; `ipa` itself if that entry is live.
 *
 * @see RMM 1.0-rel0 B3.76 RttSkipNonLiveEntries; TF-RMM lib/s2tt/src/s2tt.c:1274
 */
export function skipNonLiveEntries(walk: RttWalk, ipa: number): number {
  if (isLive(entryOf(walk))) return ipa;
  const size = rttLevelSize(walk.level);
  let index = walk.index + 1;
  while (index < RTT_ENTRIES && !isLive(walk.table.state(index))) index += 1;
  return Math.floor(ipa / size) * size + (index - walk.index) * size;
}
