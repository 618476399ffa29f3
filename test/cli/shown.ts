/** Commands that pages show, and what the pages say they print. */

/** A command line with the lines below it. */
export interface Shown {
  readonly command: string;
  readonly output: readonly string[];
}

function dedented(text: string): string {
  const [indent = ""] = /^ */.exec(text) ?? [];
  return text.replaceAll(new RegExp(`^${indent}`, "gm"), "");
}

/** Commands of a page with the lines below each, also of blocks within lists. */
export function shownIn(page: string): readonly Shown[] {
  const fences = [...page.matchAll(/^ *```console\n([\s\S]*?)^ *```/gm)];
  return fences.flatMap(([, text = ""]) =>
    dedented(text)
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = "", ...output] = part.trimEnd().split("\n");
        return { command, output };
      }),
  );
}

/** Whether lines are as shown, where "..." stands for any number of them. */
export function matches(lines: readonly string[], shown: readonly string[]): boolean {
  const [wanted, ...others] = shown;
  if (wanted === undefined) return lines.length === 0;
  if (wanted === "...") {
    return lines.some((_, i) => matches(lines.slice(i), others)) || others.length === 0;
  }
  return lines[0] === wanted && matches(lines.slice(1), others);
}
