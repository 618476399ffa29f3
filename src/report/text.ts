/**
 * Answers as text for people. Pure functions of data; every text ends with a newline.
 *
 * @module
 */

import type { Assumption, InputFile } from "../manifest/plan.ts";
import { plural } from "../plural.ts";
import type { ReplaySummary, TranscriptResult } from "./json.ts";
import type { MeasurementReport } from "./measurement.ts";
import type { Style } from "./style.ts";
import type { TraceCall, TraceRequest } from "./trace.ts";

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

/** Text that a terminal obeys nothing in: inputs may hold any characters. */
export function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
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

/** A value on one line: lists in brackets, the members of objects by name. */
function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(",")}]`;
  if (typeof value === "object" && value !== null) return `{${membersText(value, ",")}}`;
  return String(value);
}

/** The members of an object as `name=value`. */
export function membersText(object: object, separator: string): string {
  return Object.entries(object)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(separator);
}

/** One RMI call: number, command, arguments, status, outputs, RIM after it. */
export function traceLine(call: TraceCall, style: Style): string {
  const { n, command, args, status, index, outputs, rim } = call;
  const answer = status === "RMI_ERROR_RTT" ? `${status}(${index})` : status;
  const parts = [
    String(n).padStart(6),
    style.bold(command),
    membersText(args, " "),
    status === "RMI_SUCCESS" ? answer : style.yellow(answer),
    membersText(outputs, " "),
    style.dim(`rim=${rim ?? "none"}`),
  ];
  return `${parts.filter((part) => part !== "").join(" ")}\n`;
}

/** One request of a VMM: number, name, arguments. */
export function requestLine({ n, request, ...args }: TraceRequest, style: Style): string {
  const parts = [String(n).padStart(6), style.bold(String(request)), membersText(args, " ")];
  return `${parts.filter((part) => part !== "").join(" ")}\n`;
}

const SIZE_UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

/** A number of bytes in the largest unit that fits. */
export function sizeText(size: number): string {
  const power = size < 1024 ? 0 : Math.min(SIZE_UNITS.length - 1, Math.floor(Math.log2(size) / 10));
  return `${Number((size / 1024 ** power).toFixed(1))} ${SIZE_UNITS[power]}`;
}

function inputRow({ name, path, size, format }: InputFile): string[] {
  const what = format === undefined ? "" : membersText(format, " ");
  return [name, path, sizeText(size), what];
}

/** Defaults one a line; limits that the platform does not state on one. */
function assumedText(assumed: readonly Assumption[]): string {
  const open = assumed.filter(({ origin }) => origin === "not-checked");
  const given = assumed.filter(({ origin }) => origin !== "not-checked");
  return [
    ...given.map(({ field, value }) => `${field} = ${valueText(value)}\n`),
    open.length === 0 ? "" : `limits not checked: ${open.map(({ field }) => field).join(", ")}\n`,
  ].join("");
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

/** A measurement for people: the values first, then what they rest on. */
export function measurementText(report: MeasurementReport, style: Style): string {
  const { rim, rem, hashAlgo, rpv, rmm, host, inputs, assumed, proof } = report;
  const rows = [
    ["RIM", style.bold(rim)],
    ...rem.map((value, register) => [`REM${register}`, value]),
    ["hash", hashAlgo],
    ["RPV", /^0*$/.test(rpv) ? "zero" : rpv],
    ["RMM", `${rmm} (${proof.rmm})`],
    ["VMM", `${host.vmm} (${proof.vmm})`],
    ["hypervisor", `${host.hypervisor} (${proof.hypervisor})`],
    ["RMI calls", `${report.calls}, of which ${report.measuredCalls} changed the RIM`],
  ];
  const section = (title: string, text: string): string =>
    text === "" ? "" : `${title}\n${indented(text)}`;
  return [
    columns(rows),
    section("inputs", columns(inputs.map(inputRow))),
    section("assumed", assumedText(assumed)),
  ].join("");
}
