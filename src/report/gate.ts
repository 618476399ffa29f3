/**
 * The answer of `gate`: as data and as text. Other forms stand in files of their own.
 *
 * @module
 */
import type { Change } from "../gate/changes.ts";
import type { Verdict, VerdictKind } from "../gate/judge.ts";
import { plural } from "../plural.ts";
import type { Style } from "./style.ts";

/** What a run of the gate found. */
export interface GateReport {
  /** Whether everything is as it was accepted. */
  readonly passed: boolean;
  /** Whether the lock was rewritten. */
  readonly updated: boolean;
  /** As it was named. */
  readonly lock: string;
  readonly tool: string;
  readonly verdicts: readonly Verdict[];
}

/** Launches and other verdicts, by what became of them. */
export interface GateCounts {
  readonly launches: number;
  readonly ok: number;
  readonly failed: number;
}

/** Counts verdicts. */
export function gateCounts({ verdicts }: Pick<GateReport, "verdicts">): GateCounts {
  const launches = verdicts.filter(({ launch }) => launch !== null).length;
  const ok = verdicts.filter(({ kind }) => kind === "ok").length;
  return { launches, ok, failed: verdicts.length - ok };
}

/** `file:line`, or what there is of it. */
export function placeOf({ where }: Verdict): string {
  const { file = "", line } = where;
  return line === undefined ? file : `${file}:${line}`;
}

/** Every difference of a verdict as lines: `~` changed, `+` new, `-` gone. */
export function changeLines({ changes }: Verdict): readonly string[] {
  if (changes === null) return [];
  const lines = [...changes.models, ...changes.values, ...changes.inputs].map(changeLine);
  const { first, why } = changes;
  if (why !== null) {
    lines.push(...why.causes.map((line) => `because ${line}`));
    lines.push(...why.effects.map((line) => `measured ${line}`));
  }
  if (first === null) return lines;
  const more = first.stages > 1 ? ` (${first.stages} stages differ)` : "";
  return [...lines, `first different: ${first.text}${more}`];
}

function changeLine({ what, locked, now }: Change): string {
  if (locked === null) return `+ ${what}: ${now ?? ""}`;
  if (now === null) return `- ${what}: ${locked}`;
  return `~ ${what}: ${locked} -> ${now}`;
}

const ADVICE: Readonly<Partial<Record<VerdictKind, string>>> = {
  "missing-file": "to do: restore the file, or correct the manifest",
  "no-launch": "to do: write a manifest, or correct the patterns in the lock",
};

/** What can be done about a verdict; undefined where nothing need be. */
export function advice({ kind, accept }: Verdict): string | undefined {
  if (accept === null) return ADVICE[kind];
  return kind === "older-tool" ? `use that version: ${accept}` : `accept: ${accept}`;
}

/** Verdicts about a line of the manifest. */
const NEEDS_PLACE: ReadonlySet<VerdictKind> = new Set(["missing-file", "not-measurable"]);

function verdictText(verdict: Verdict, updated: boolean, style: Style): string {
  const { kind, launch, message } = verdict;
  const mark = kind === "ok" ? style.green("ok") : style.red(kind);
  const place = launch !== null && NEEDS_PLACE.has(kind) ? `${placeOf(verdict)}: ` : "";
  const lines = [`${mark}  ${style.bold(launch ?? placeOf(verdict))}  ${place}${message}`];
  for (const line of changeLines(verdict)) lines.push(`    ${line}`);
  const todo = updated ? undefined : advice(verdict);
  if (todo !== undefined) lines.push(`    ${todo}`);
  return lines.map((line) => `${line}\n`).join("");
}

/** Kinds that stay wrong after `-u`. */
const UNACCEPTABLE: ReadonlySet<VerdictKind> = new Set([
  "no-launch",
  "missing-file",
  "not-measurable",
  "older-tool",
]);

/** Whether accepting leaves nothing to complain about. */
export function isAcceptable({ kind }: Verdict): boolean {
  return !UNACCEPTABLE.has(kind);
}

/** The last line: how many, and whether the gate is open. */
export function gateSummary(report: GateReport): string {
  const { launches, failed } = gateCounts(report);
  if (report.updated) {
    const open = report.verdicts.filter((verdict) => !isAcceptable(verdict)).length;
    const rest = open === 0 ? "" : `; ${plural(open, "verdict")} cannot be accepted`;
    return `${report.lock} written: ${plural(failed - open, "change")} accepted${rest}`;
  }
  if (report.passed) return `${plural(launches, "launch", "launches")}, all as accepted`;
  return `the gate is closed: ${plural(failed, "verdict")} against it`;
}

/** The verdicts for people. */
export function gateText(report: GateReport, style: Style): string {
  const { verdicts, updated } = report;
  const text = verdicts.map((verdict) => verdictText(verdict, updated, style)).join("");
  return `${text}${gateSummary(report)}\n`;
}
