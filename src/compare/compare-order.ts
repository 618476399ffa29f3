/**
 * Compares the order in which two launches measure things.
 *
 * @module
 */
import type { Effect } from "./effects.ts";
import type { RecordedLaunch } from "./stretches.ts";

/** What is measured, one name for each run of descriptors of a kind. */
export function phasesOf({ stretches, slots }: RecordedLaunch): readonly string[] {
  const phases: string[] = [];
  for (const stretch of stretches) {
    let name: string;
    switch (stretch.kind) {
      case "realm":
        continue;
      case "ripas":
        name = "RIPAS";
        break;
      case "rec":
        name = "REC";
        break;
      case "data":
        name = "slot" in stretch.content ? (slots[stretch.content.slot]?.label ?? "data") : "data";
    }
    if (phases.at(-1) !== name) phases.push(name);
  }
  return phases;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

/** Order of RAM ranges alone. */
function ripasOf({ stretches }: RecordedLaunch): readonly string[] {
  return stretches.flatMap((stretch) =>
    stretch.kind === "ripas"
      ? [`RIPAS 0x${stretch.base.toString(16)} .. 0x${stretch.top.toString(16)}`]
      : [],
  );
}

/** A list without what comes again. */
function firstOfEach(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

/**
 * Whether what both launches measure comes in another order. Things that one of them lacks do not
 * count.
 */
export function compareOrder(a: RecordedLaunch, b: RecordedLaunch): readonly Effect[] {
  const phasesA = phasesOf(a);
  const phasesB = phasesOf(b);
  const common = new Set(phasesA.filter((name) => phasesB.includes(name)));
  const inBoth = (name: string): boolean => common.has(name);
  const inOrder = isSame(firstOfEach(phasesA.filter(inBoth)), firstOfEach(phasesB.filter(inBoth)));
  if (!inOrder) return [{ kind: "order", a: phasesA, b: phasesB }];
  const ripasA = ripasOf(a);
  const ripasB = ripasOf(b);
  const sameRanges = isSame([...ripasA].sort(), [...ripasB].sort());
  return sameRanges && !isSame(ripasA, ripasB) ? [{ kind: "order", a: ripasA, b: ripasB }] : [];
}
