/**
 * `models` for people.
 *
 * @module
 */
import type { ModelInfo } from "../host/models.ts";
import type { ModelsReport } from "./models.ts";
import type { Style } from "./style.ts";
import { columns } from "./text.ts";

type Row = readonly string[];

/** Joins names that differ in their last number: `linux-kvm/v4 ... v11`. */
function ranges(names: readonly string[]): string {
  const groups: { readonly first: string; last: string; readonly prefix: string; next: number }[] =
    [];
  for (const name of names) {
    const [, prefix = "", digits = ""] = /^(.*\D)(\d+)$/.exec(name) ?? [];
    const group = groups.at(-1);
    if (group !== undefined && digits !== "" && group.prefix === prefix && group.next === +digits) {
      group.last = name;
      group.next += 1;
    } else groups.push({ first: name, last: name, prefix, next: Number(digits) + 1 });
  }
  return groups
    .map(({ first, last }) =>
      first === last ? first : `${first} ... ${last.slice(last.lastIndexOf("/") + 1)}`,
    )
    .join(", ");
}

function modelRow({ name, proof, title, evidence, abilities }: ModelInfo): Row {
  return abilities.length === 0
    ? [name, "-", `${title}; not modelled yet`]
    : [name, proof, `${title}; ${evidence}`];
}

/** A VMM's hypervisors, those on the same RMM versions together. */
function pairRows(report: ModelsReport): Row[] {
  const groups = new Map<string, { readonly row: readonly [string, string]; names: string[] }>();
  for (const { vmm, hypervisor, rmm } of report.pairs) {
    const below = rmm.length === 0 ? "no RMM that is modelled" : `RMM ${rmm.join(", ")}`;
    const key = `${vmm}\n${below}`;
    const group = groups.get(key) ?? { row: [vmm, below], names: [] };
    group.names.push(hypervisor);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ row: [vmm, below], names }) => [vmm, ranges(names), below]);
}

/** What is modelled: one table for each kind, then what goes together. */
export function modelsText(report: ModelsReport, style: Style): string {
  const section = (title: string, rows: readonly Row[]): string[] =>
    rows.length === 0
      ? []
      : [`${style.bold(title)}\n${columns(rows).replaceAll(/^(?=.)/gm, "  ")}`];
  return [
    ...section("RMM versions", report.rmm.map(modelRow)),
    ...section("Hypervisors", report.hypervisors.map(modelRow)),
    ...section("VMMs", report.vmms.map(modelRow)),
    ...section(
      "Platforms",
      report.platforms.map(({ name, title }) => [name, title]),
    ),
    ...section("What goes together", pairRows(report)),
    ...section("Classes of proof", Object.entries(report.proofClasses)),
  ].join("\n");
}
