/**
 * What `lint` prints.
 *
 * @module
 */
import type { Finding } from "../reference/lint/finding.ts";
import type { Style } from "./style.ts";
import { plain } from "./text.ts";

/** What a linter says of a file. */
export interface LintReport {
  readonly file: string;
  /** What the file is, e.g. "CoRIM". */
  readonly kind: string;
  readonly findings: readonly Finding[];
}

/** More findings of one rule than this are counted, not listed. */
const MOST_OF_A_RULE = 10;

function placeOf({ offset, path, line, column }: Finding): string {
  if (line !== undefined) return `:${line}${column === undefined ? "" : `:${column}`}`;
  if (offset !== undefined) return `:byte ${offset}`;
  return path === undefined ? "" : `:${path}`;
}

function findingLine(file: string, finding: Finding, style: Style): string {
  const { message, offset, path, rule, fix } = finding;
  const inside = offset === undefined || path === undefined ? "" : style.dim(` (${plain(path)})`);
  return `${style.bold(`${file}${plain(placeOf(finding))}:`)} ${plain(message)} [${style.yellow(rule)}]${inside}\n${
    fix === undefined ? "" : `  ${style.bold("fix:")} ${fix}\n`
  }`;
}

/** One line a finding, and a count. */
export function lintText({ file, kind, findings }: LintReport, style: Style): string {
  const counts = new Map<string, number>();
  let text = "";
  for (const finding of findings) {
    const count = (counts.get(finding.rule) ?? 0) + 1;
    counts.set(finding.rule, count);
    if (count <= MOST_OF_A_RULE) text += findingLine(file, finding, style);
  }
  for (const [rule, count] of counts) {
    if (count > MOST_OF_A_RULE) text += `${file}: ${count - MOST_OF_A_RULE} more of ${rule}\n`;
  }
  const { length } = findings;
  return length === 0
    ? `${file}: ${kind}, ${style.green("no findings")}\n`
    : `${text}${file}: ${kind}, ${style.red(`${length} finding${length === 1 ? "" : "s"}`)}\n`;
}
