/**
 * The measurements of a matrix: as data, as a table, as CSV.
 *
 * @module
 */
import type { AxisName, AxisValues } from "../manifest/matrix.ts";
import type { Style } from "./style.ts";
import { columns } from "./text.ts";

/** One combination. */
export interface MatrixRow {
  /** Counts from 1 over the whole matrix. */
  readonly n: number;
  /** In the order of the axes. */
  readonly values: AxisValues;
  readonly rmm: string;
  readonly host: { readonly vmm: string; readonly hypervisor: string };
  /** Lower-case hex, as long as the hash; null if the combination cannot be measured. */
  readonly rim: string | null;
  /** REM0 .. REM3, as `rim`; empty if there are none. */
  readonly rem: readonly string[];
  readonly hashAlgo: string | null;
  /** The first row with the same values, where the axes name a combination twice; else null. */
  readonly duplicateOf: number | null;
  /** The first row of this answer with other values and the same RIM; else null. */
  readonly sameRimAs: number | null;
  /** Why it cannot be measured; else null. */
  readonly error: object | null;
}

/** The part of a matrix that one run measures. */
export interface Shard {
  /** Counts from 1. */
  readonly index: number;
  readonly count: number;
}

/** The answer of `matrix`. */
export interface MatrixReport {
  readonly axes: readonly AxisName[];
  /** Combinations of the whole matrix. */
  readonly combinations: number;
  readonly shard: Shard;
  readonly rows: readonly MatrixRow[];
}

/** Sums of a report. */
interface Counts {
  readonly distinct: number;
  readonly duplicates: number;
  readonly shared: number;
  readonly failed: number;
}

function countsOf(rows: readonly MatrixRow[]): Counts {
  const measured = rows.filter(({ rim }) => rim !== null);
  return {
    distinct: new Set(measured.map(({ rim }) => rim)).size,
    duplicates: rows.filter(({ duplicateOf }) => duplicateOf !== null).length,
    shared: rows.filter(({ sameRimAs }) => sameRimAs !== null).length,
    failed: rows.length - measured.length,
  };
}

function messageOf(error: object | null): string {
  if (error === null) return "";
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  return `${message ?? "cannot be measured"} [${code ?? ""}]`;
}

/** What is remarkable about a row. */
function remark({ duplicateOf, sameRimAs, error }: MatrixRow): string {
  if (duplicateOf !== null) return `duplicate: the same combination as ${duplicateOf}`;
  if (sameRimAs !== null) return `overlap: the same RIM as ${sameRimAs}`;
  return messageOf(error);
}

function summary({ rows, combinations, shard }: MatrixReport): string {
  const { distinct, duplicates, shared, failed } = countsOf(rows);
  const part = shard.count > 1 ? ` (shard ${shard.index}/${shard.count} of ${combinations})` : "";
  return [
    `${rows.length} combinations${part}`,
    `${distinct} different RIMs`,
    `${duplicates} duplicates`,
    `${shared} overlaps`,
    `${failed} cannot be measured`,
  ].join(", ");
}

/** The table for people: number, values, RIM, what is remarkable. */
export function matrixText(report: MatrixReport, style: Style): string {
  const { axes, rows } = report;
  const head = ["#", ...axes, "RIM", ""];
  const cells = rows.map((row) => [
    String(row.n),
    ...axes.map((axis) => String(row.values[axis] ?? "")),
    row.rim ?? "-",
    remark(row),
  ]);
  const [title = "", ...lines] = columns([head, ...cells]).split(/(?<=\n)/);
  return `${style.bold(title.trimEnd())}\n${lines.join("")}${summary(report)}\n`;
}

/** One field. @see RFC 4180 section 2 */
function csvField(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** CSV with a header line. @see RFC 4180 */
export function matrixCsv({ axes, rows }: MatrixReport): string {
  const rems = [0, 1, 2, 3] as const;
  const models = (["rmm", "vmm", "hypervisor"] as const).filter((name) => !axes.includes(name));
  const head = ["n", ...axes, ...models, "hashAlgo", "rim", ...rems.map((i) => `rem${i}`)];
  const lines = rows.map((row) => {
    const names = { rmm: row.rmm, ...row.host };
    return [
      row.n,
      ...axes.map((axis) => row.values[axis] ?? ""),
      ...models.map((name) => names[name]),
      row.hashAlgo ?? "",
      row.rim ?? "",
      ...rems.map((i) => row.rem[i] ?? ""),
      row.duplicateOf ?? "",
      row.sameRimAs ?? "",
      messageOf(row.error),
    ];
  });
  const all = [[...head, "duplicateOf", "sameRimAs", "error"], ...lines];
  return all.map((line) => `${line.map(csvField).join(",")}\r\n`).join("");
}
