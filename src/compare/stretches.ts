/**
 * What a launch measures, without its hashes: stretches of measurement descriptors in order. The
 * same stretches with other page contents are another launch of the same shape, so a shape is
 * worked out once by the models and then chained for every content.
 *
 * @module
 */
import type { PageDigests } from "../hash/pages.ts";
import type { MemoryContent } from "../hash/source.ts";
import type { RemExtension } from "../replay/engine.ts";
import type { Measured, MeasuredPages } from "../rmm/measurement.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import { GRANULE_SIZE } from "../units.ts";

/** One descriptor per granule, from `base` on. */
export interface DataStretch {
  readonly kind: "data";
  /** Below 2^52. */
  readonly base: number;
  readonly pages: number;
  /** RmiDataFlags of every granule. */
  readonly flags: number;
  /** Whether the content is measured, or its place stays zero. */
  readonly measured: boolean;
  readonly content: SlotPages | KnownPages;
}

/** Granules of what was loaded as one piece. */
export interface SlotPages {
  /** Index of the content in {@link RecordedLaunch.slots}. */
  readonly slot: number;
  /** Granule of that content where the stretch starts. */
  readonly first: number;
}

/** Granules of which only hashes are known (an `rmi` step with a page of its own). */
export interface KnownPages {
  readonly digests: PageDigests;
  readonly first: number;
}

/** A run of measurement descriptors of one kind. */
export type Stretch = Exclude<Measured, MeasuredPages> | DataStretch;

/** Something that is loaded into guest memory as one piece. */
export interface Slot {
  /** What it is, for people: "kernel", "initrd", "dtb", a file's name. */
  readonly label: string;
  /** Guest address of the first granule. */
  readonly base: number;
  readonly content: MemoryContent;
  /** JSON pointer of what asks for it, if a step does. */
  readonly origin: string | undefined;
}

/** A launch that the models ran without hashing. */
export interface RecordedLaunch {
  readonly spec: RmmSpec;
  /** The first is the Realm's. */
  readonly stretches: readonly Stretch[];
  readonly slots: readonly Slot[];
  /** RECs that the launch creates, runnable or not. */
  readonly recs: number;
  /** Realm Personalization Value, 64 bytes. */
  readonly rpv: Uint8Array;
  /** What the Realm extends its REMs with, in order. */
  readonly rem: readonly RemExtension[];
}

function follows(last: DataStretch, next: DataStretch): boolean {
  if (last.flags !== next.flags || last.base + last.pages * GRANULE_SIZE !== next.base)
    return false;
  const { content: a } = last;
  const { content: b } = next;
  if ("slot" in a && "slot" in b) return a.slot === b.slot && a.first + last.pages === b.first;
  return (
    "digests" in a && "digests" in b && a.digests === b.digests && a.first + last.pages === b.first
  );
}

/** Two stretches as one, if the second goes on where the first ends. */
export function joined(last: Stretch, next: Stretch): Stretch | undefined {
  if (last.kind === "ripas" && next.kind === "ripas") {
    const goesOn = last.top === next.base && last.entrySize === next.entrySize;
    return goesOn ? { ...last, top: next.top } : undefined;
  }
  if (last.kind === "data" && next.kind === "data") {
    return follows(last, next) ? { ...last, pages: last.pages + next.pages } : undefined;
  }
  return undefined;
}
