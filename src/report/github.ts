/**
 * Verdicts of the gate for GitHub Actions: annotations on lines, and a summary in Markdown.
 *
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 * @module
 */
import { VERDICTS, type Verdict } from "../gate/judge.ts";
import { advice, changeLines, type GateReport, gateSummary, placeOf } from "./gate.ts";

/** The text of a workflow command. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function annotation(verdict: Verdict): string {
  const { kind, launch, message, where } = verdict;
  const { file = "", line = 1, column } = where;
  const place = [
    `file=${property(file)}`,
    `line=${line}`,
    ...(column === undefined ? [] : [`col=${column}`]),
    `title=${property(`cca-rim: ${kind}`)}`,
  ].join(",");
  const lines = [`${launch ?? file}: ${message}`, ...changeLines(verdict), advice(verdict) ?? ""];
  return `::error ${place}::${data(lines.filter((part) => part !== "").join("\n"))}\n`;
}

/** One workflow command for each verdict that closes the gate. */
export function githubAnnotations({ verdicts }: GateReport): string {
  return verdicts
    .filter(({ kind }) => kind !== "ok")
    .map(annotation)
    .join("");
}

/** Text in a table cell or a sentence that Markdown leaves alone. */
function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\`*_{}[\]()#+!|~]/g, "\\$&")
    .replaceAll(/\r?\n/g, " ");
}

/** A code span, whatever backticks the text has. @see CommonMark 0.31 section 6.1 */
function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = /^`|`$/.test(text) ? " " : "";
  return `${fence}${pad}${text.replaceAll(/\r?\n/g, " ")}${pad}${fence}`;
}

function details(verdict: Verdict): string {
  const { kind, launch } = verdict;
  const lines = changeLines(verdict);
  const todo = advice(verdict);
  if (lines.length === 0 && todo === undefined) return "";
  return [
    `\n### ${escaped(launch ?? placeOf(verdict))}: ${kind}\n\n`,
    `${escaped(VERDICTS[kind])}.\n\n`,
    ...lines.map((line) => `- ${code(line)}\n`),
    ...(todo === undefined
      ? []
      : [
          `\n${escaped(todo.slice(0, todo.indexOf(":") + 1))} ${code(todo.slice(todo.indexOf(":") + 2))}\n`,
        ]),
  ].join("");
}

/** GitHub drops a summary of more than 1 MiB. */
const MOST_DETAILS = 50;
const MOST_ROWS = 1000;

/** The summary: a table, and below it what differs. */
export function gateMarkdown(report: GateReport): string {
  const { verdicts, passed, tool } = report;
  const failed = verdicts.filter(({ kind }) => kind !== "ok");
  const shown = [...failed, ...verdicts.filter(({ kind }) => kind === "ok")].slice(0, MOST_ROWS);
  const left = [verdicts.length - shown.length, Math.max(0, failed.length - MOST_DETAILS)] as const;
  const rows = shown.map((verdict) => {
    const { kind, launch, message } = verdict;
    const mark = kind === "ok" ? "✅ ok" : `❌ ${kind}`;
    return `| ${mark} | ${escaped(launch ?? placeOf(verdict))} | ${escaped(message)} |\n`;
  });
  return [
    `## cca-rim gate: ${passed ? "open" : "closed"}\n\n`,
    `${escaped(gateSummary(report))} (cca-rim ${escaped(tool)})\n\n`,
    "| verdict | launch | |\n|---|---|---|\n",
    ...rows,
    left[0] > 0 ? `\n${left[0]} more launches are as accepted, or not listed.\n` : "",
    ...failed.slice(0, MOST_DETAILS).map(details),
    left[1] > 0 ? `\n${left[1]} more verdicts are in the log.\n` : "",
  ].join("");
}
