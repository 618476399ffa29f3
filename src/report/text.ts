/**
 * Answers as text for people. Pure functions of data; every text ends with a newline.
 *
 * @module
 */
import type { ReplaySummary, TranscriptResult } from "./json.ts";
import type { Style } from "./style.ts";

/**
 * Columns side by side, two spaces apart; the last one is as long as it likes.
 *
 * @param rows cells without colour: their length counts.
 * @param paint applied to a cell after it was padded.
 */
export function columns(
  rows: readonly (readonly string[])[],
  paint: (cell: string, column: number) => string = (cell) => cell,
): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows
    .map((row) => {
      const cells = row.map((cell, i) => paint(cell.padEnd(widths[i] ?? 0), i));
      return `${cells.join("  ").trimEnd()}\n`;
    })
    .join("");
}

/** The list of schemas. */
export function schemaList(
  schemas: readonly { readonly name: string; readonly title: string }[],
  style: Style,
): string {
  return columns(
    schemas.map(({ name, title }) => [name, title]),
    (cell, i) => (i === 0 ? style.bold(cell) : cell),
  );
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** One replayed transcript: what differs, or where it ended. */
export function transcriptLine(result: TranscriptResult, style: Style): string {
  const { file, transcript, difference, description, steps, rim } = result;
  const head = style.bold(`${file}: transcript ${transcript}`);
  if (difference === null) {
    return `${head}: ${plural(steps, "step")}, RIM ${rim ?? "none"}${description === "" ? "" : `  ${style.dim(description)}`}\n`;
  }
  const { step, command, field, expected, got } = difference;
  return `${head}, step ${step}, ${command}: ${field} expected ${style.green(expected)}, got ${style.red(got)}\n`;
}

/** The closing count of a replay. */
export function replayCount(summary: Omit<ReplaySummary, "results">, style: Style): string {
  const { check, transcripts, steps, differing } = summary;
  const count = `${plural(transcripts, "transcript")}, ${plural(steps, "step")}`;
  if (!check) return `${count}\n`;
  return differing === 0
    ? `${count}: ${style.green("no difference")}\n`
    : `${count}: ${style.red(`${plural(differing ?? 0, "transcript")} ${differing === 1 ? "differs" : "differ"}`)}\n`;
}
