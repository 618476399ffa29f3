/**
 * The nearest of a list of names, for hints.
 *
 * @module
 */

/** Longer texts are not compared: nobody mistypes them, and the table below grows with them. */
const LONGEST = 64;

/**
 * Levenshtein distance with transpositions (optimal string alignment): how many insertions,
 * deletions, replacements and swaps of neighbours turn `a` into `b`.
 */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(
        (row[j - 1] ?? 0) + 1,
        (last[j] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** Shorter beginnings say too little about the name that was meant. */
const SHORTEST_BEGINNING = 4;

/**
 * The candidate that `text` was probably meant to be: at most a third of the longer text differs,
 * but not all of it, case ignored; the first one of several that are equally near. A name that goes
 * on from the whole of `text` is nearer than any other.
 *
 * @returns undefined if none is near.
 */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  if (text.length > LONGEST) return undefined;
  const wanted = text.toLowerCase();
  const all = [...candidates];
  const longer = all.find((candidate) => candidate.toLowerCase().startsWith(wanted));
  if (longer !== undefined && wanted.length >= SHORTEST_BEGINNING) return longer;
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of all) {
    if (candidate.length > LONGEST) continue;
    const steps = distance(wanted, candidate.toLowerCase());
    const length = Math.max(text.length, candidate.length);
    const limit = Math.max(1, Math.floor(length / 3));
    if (steps <= limit && steps < length && steps < bestDistance) {
      best = candidate;
      bestDistance = steps;
    }
  }
  return best;
}
