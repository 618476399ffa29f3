/**
 * Compares the RAM that two launches measure: as sets of addresses first, then by the sizes of the
 * entries.
 *
 * @module
 */
import type { MeasuredRipas } from "../rmm/measurement.ts";
import { hexU64 } from "../units.ts";
import type { AddressRange, DescriptorCount, Effect, EntryCount } from "./effects.ts";
import type { Stretch } from "./stretches.ts";

/** Numbers from `base` up to `top`. */
interface Interval {
  readonly base: number;
  readonly top: number;
}

function ripasOf(stretches: readonly Stretch[]): readonly MeasuredRipas[] {
  return stretches.filter((stretch) => stretch.kind === "ripas");
}

/** Ascending and disjoint. */
function union(intervals: readonly Interval[]): readonly Interval[] {
  const merged: { base: number; top: number }[] = [];
  for (const { base, top } of [...intervals].sort((a, b) => a.base - b.base)) {
    const last = merged.at(-1);
    if (last !== undefined && base <= last.top) last.top = Math.max(last.top, top);
    else merged.push({ base, top });
  }
  return merged;
}

function intersection(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  const found: Interval[] = [];
  let j = 0;
  for (const { base, top } of a) {
    while ((b[j]?.top ?? Infinity) <= base) j += 1;
    for (let k = j; (b[k]?.base ?? Infinity) < top; k++) {
      const other = b[k];
      if (other === undefined) break;
      found.push({ base: Math.max(base, other.base), top: Math.min(top, other.top) });
    }
  }
  return found;
}

function difference(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  const found: Interval[] = [];
  for (const { base, top } of a) {
    let at = base;
    for (const cut of intersection([{ base, top }], b)) {
      if (cut.base > at) found.push({ base: at, top: cut.base });
      at = cut.top;
    }
    if (at < top) found.push({ base: at, top });
  }
  return found;
}

const rangeOf = ({ base, top }: Interval): AddressRange => ({
  base: hexU64(base),
  top: hexU64(top),
});

function bySize(stretches: readonly MeasuredRipas[]): ReadonlyMap<number, readonly Interval[]> {
  const found = new Map<number, Interval[]>();
  for (const { base, top, entrySize } of stretches) {
    const same = found.get(entrySize);
    if (same === undefined) found.set(entrySize, [{ base, top }]);
    else same.push({ base, top });
  }
  return new Map([...found].map(([size, intervals]) => [size, union(intervals)]));
}

function total(intervals: readonly Interval[], entrySize: number): number {
  return intervals.reduce((sum, { base, top }) => sum + (top - base) / entrySize, 0);
}

function countsIn(
  sizes: ReadonlyMap<number, readonly Interval[]>,
  within: readonly Interval[],
): readonly EntryCount[] {
  return [...sizes]
    .sort(([a], [b]) => b - a)
    .map(([size, intervals]) => ({
      entrySize: hexU64(size),
      // An entry that reaches beyond counts as one.
      count: Math.ceil(total(intersection(intervals, within), size)),
    }))
    .filter(({ count }) => count > 0);
}

function descriptors(stretches: readonly MeasuredRipas[]): number {
  return stretches.reduce((sum, { base, top, entrySize }) => sum + (top - base) / entrySize, 0);
}

/** Entries that are measured although they were before. */
function repeats(
  stretches: readonly MeasuredRipas[],
  sizes: ReadonlyMap<number, readonly Interval[]>,
): number {
  const once = [...sizes].reduce((sum, [size, intervals]) => sum + total(intervals, size), 0);
  return descriptors(stretches) - once;
}

/** RAM that differs, and how many entries are the same. */
export function compareRipas(
  a: readonly Stretch[],
  b: readonly Stretch[],
): { readonly effects: readonly Effect[]; readonly count: DescriptorCount } {
  const stretchesA = ripasOf(a);
  const stretchesB = ripasOf(b);
  const sizesA = bySize(stretchesA);
  const sizesB = bySize(stretchesB);
  const allA = union(stretchesA);
  const allB = union(stretchesB);
  const effects: Effect[] = [];
  const onlyA = difference(allA, allB).map(rangeOf);
  const onlyB = difference(allB, allA).map(rangeOf);
  if (onlyA.length + onlyB.length > 0) effects.push({ kind: "ripas-ranges", onlyA, onlyB });
  const both = intersection(allA, allB);
  const same = union(
    [...sizesA].flatMap(([size, intervals]) => intersection(intervals, sizesB.get(size) ?? [])),
  );
  const [first] = difference(both, same);
  if (first !== undefined) {
    const others = difference(both, same);
    effects.push({
      kind: "ripas-granularity",
      a: countsIn(sizesA, others),
      b: countsIn(sizesB, others),
      first: rangeOf(first),
    });
  }
  const again = [repeats(stretchesA, sizesA), repeats(stretchesB, sizesB)] as const;
  if (again[0] !== again[1]) effects.push({ kind: "ripas-again", a: again[0], b: again[1] });
  const common = [...sizesA].reduce(
    (sum, [size, intervals]) => sum + total(intersection(intervals, sizesB.get(size) ?? []), size),
    0,
  );
  return {
    effects,
    count: { a: descriptors(stretchesA), b: descriptors(stretchesB), common },
  };
}
