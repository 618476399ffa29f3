/**
 * Two lists side by side: what both have, what was removed, added, changed or moved. Any part of
 * the differences can then be applied alone, to find out which of them matter.
 *
 * @module
 */

/** How a list's items are compared. */
export interface ItemKeys<T> {
  /** Same key, same item. */
  readonly key: (item: T) => string;
  /** Items of one name that differ are one item that changed; absent: they never are. */
  readonly name: (item: T) => string | undefined;
}

/** An item of a list with its index. */
export interface Placed<T> {
  readonly item: T;
  readonly index: number;
}

/** One difference between two lists. */
export interface ListChange<T> {
  readonly change: "added" | "removed" | "changed" | "moved";
  readonly a?: Placed<T>;
  readonly b?: Placed<T>;
}

/** Two lists, aligned. */
export interface Alignment<T> {
  readonly changes: readonly ListChange<T>[];
  /**
   * The list with some of the changes: items that both have come from `pick`.
   *
   * @param chosen whether a change, by its index, is made.
   */
  compose(chosen: (change: number) => boolean, pick: (a: T, b: T) => T): readonly T[];
}

/** Lengths of longest common subsequences of all tails. */
function tailLengths(a: readonly string[], b: readonly string[]): readonly Uint32Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const same = a[i] === b[j];
      const row = rows[i];
      if (row === undefined) continue;
      row[j] = same
        ? (rows[i + 1]?.[j + 1] ?? 0) + 1
        : Math.max(rows[i + 1]?.[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return rows;
}

type Step<T> = { readonly a?: Placed<T>; readonly b?: Placed<T> };

/** Walks both lists along a longest common subsequence. */
function walk<T>(a: readonly T[], b: readonly T[], key: (item: T) => string): Step<T>[] {
  const keysA = a.map(key);
  const keysB = b.map(key);
  const lengths = tailLengths(keysA, keysB);
  const steps: Step<T>[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const itemA = a[i];
    const itemB = b[j];
    const placedA = itemA === undefined ? undefined : { item: itemA, index: i };
    const placedB = itemB === undefined ? undefined : { item: itemB, index: j };
    const down = lengths[i + 1]?.[j] ?? -1;
    const right = lengths[i]?.[j + 1] ?? -1;
    if (placedA !== undefined && placedB !== undefined && keysA[i] === keysB[j]) {
      steps.push({ a: placedA, b: placedB });
      i += 1;
      j += 1;
    } else if (placedA !== undefined && (placedB === undefined || down >= right)) {
      steps.push({ a: placedA });
      i += 1;
    } else if (placedB !== undefined) {
      steps.push({ b: placedB });
      j += 1;
    }
  }
  return steps;
}

/** Finds for every removed item the added one that it became, and the other way round. */
function couple<T>(
  steps: readonly Step<T>[],
  { key, name }: ItemKeys<T>,
): ReadonlyMap<Step<T>, Step<T>> {
  const added = steps.filter((step) => step.a === undefined);
  const partners = new Map<Step<T>, Step<T>>();
  for (const identify of [key, name]) {
    for (const step of steps) {
      if (step.a === undefined || step.b !== undefined || partners.has(step)) continue;
      const wanted = identify(step.a.item);
      if (wanted === undefined) continue;
      const match = added.find(
        ({ b }, i) =>
          b !== undefined && !partners.has(added[i] ?? step) && identify(b.item) === wanted,
      );
      if (match === undefined) continue;
      partners.set(step, match);
      partners.set(match, step);
    }
  }
  return partners;
}

function changeOf<T>(
  step: Step<T>,
  partner: Step<T> | undefined,
  key: ItemKeys<T>["key"],
): ListChange<T> {
  const a = step.a ?? partner?.a;
  const b = step.b ?? partner?.b;
  if (a === undefined) return { change: "added", ...step };
  if (b === undefined) return { change: "removed", ...step };
  return { change: key(a.item) === key(b.item) ? "moved" : "changed", a, b };
}

/** Aligns two lists, which should not have more than a few thousand items. */
export function align<T>(a: readonly T[], b: readonly T[], keys: ItemKeys<T>): Alignment<T> {
  const steps = walk(a, b, keys.key);
  const partners = couple(steps, keys);
  const changes: ListChange<T>[] = [];
  const numbers = new Map<Step<T>, number>();
  for (const step of steps) {
    if ((step.a !== undefined && step.b !== undefined) || numbers.has(step)) continue;
    const partner = partners.get(step);
    numbers.set(step, changes.length);
    if (partner !== undefined) numbers.set(partner, changes.length);
    changes.push(changeOf(step, partner, keys.key));
  }
  return {
    changes,
    compose: (chosen, pick) =>
      steps.flatMap((step): T[] => {
        if (step.a !== undefined && step.b !== undefined) return [pick(step.a.item, step.b.item)];
        const isMade = chosen(numbers.get(step) ?? -1);
        const kept = isMade ? step.b : step.a;
        return kept === undefined ? [] : [kept.item];
      }),
  };
}
