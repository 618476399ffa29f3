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
 * The candidates that `text` was probably meant to be, all equally near: at most a third of the
 * longer text differs, but not all of it, case ignored. Names that go on from the whole of `text`
 * are nearer than any other.
 */
export function equallyNear(text: string, candidates: Iterable<string>): readonly string[] {
  if (text.length > LONGEST) return [];
  const wanted = text.toLowerCase();
  const all = [...candidates];
  const longer = all.filter((candidate) => candidate.toLowerCase().startsWith(wanted));
  if (longer.length > 0 && wanted.length >= SHORTEST_BEGINNING) return longer;
  let best: string[] = [];
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of all) {
    if (candidate.length > LONGEST) continue;
    const steps = distance(wanted, candidate.toLowerCase());
    const length = Math.max(text.length, candidate.length);
    const limit = Math.max(1, Math.floor(length / 3));
    if (steps > limit || steps >= length || steps > bestDistance) continue;
    best = steps < bestDistance ? [candidate] : [...best, candidate];
    bestDistance = steps;
  }
  return best;
}

/** The first of {@link equallyNear}; undefined if none is near. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  return equallyNear(text, candidates)[0];
}

/** More names than this are no advice. */
const MOST_MEANT = 4;

/**
 * The models, or platforms, that a name was probably meant to be. Those that are equally near are all of them
 * named, since the choice changes the RIM; so are those of which it is a beginning, however short.
 *
 * @returns an empty list if none is near, or too many.
 */
export function modelsMeant(name: string, models: readonly string[]): readonly string[] {
  const longer = name === "" ? [] : models.filter((known) => known.startsWith(name));
  const near = equallyNear(name, models);
  const meant = longer.length > 1 || near.length === 0 ? longer : near;
  return meant.length > MOST_MEANT ? [] : meant;
}
