import { describe, expect, test } from "vitest";
import { derivationOf } from "../../src/rmm/command.ts";
import type { RmiCommandName } from "../../src/rmm/rmi.ts";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";
import { v1_0_rel0 } from "../../src/rmm/spec/v1_0_rel0.ts";
import { PAGES } from "./specification.ts";

type Table = readonly { readonly id: string }[];

const isOwn = (id: string): boolean => id.startsWith("tfrmm_");
const idsOf = (table: Table): readonly string[] => table.map(({ id }) => id);

/** The table that all edits start from: the page as the command's file has it. */
function pageOf(table: Table): Table {
  const derivation = derivationOf(table);
  return derivation === undefined ? table : pageOf(derivation.from);
}

const commands = Object.values(v1_0_rel0.commands).map(
  ({ name, failures }) => [name, failures] as const,
);

describe("RMM 1.0-rel0 against the specification's pages", () => {
  test("every command has a page", () => {
    expect(commands.map(([name]) => name).sort()).toEqual(Object.keys(PAGES).sort());
  });

  test.each(commands)("%s lists the page's conditions in the page's order", (name, failures) => {
    const page = idsOf(pageOf(failures)).filter((id) => !isOwn(id));
    expect(page.join(" ")).toBe(PAGES[name]?.ids);
  });

  test.each(commands)("%s decides each condition of the page, once", (name, failures) => {
    const own = idsOf(failures).filter((id) => !isOwn(id));
    expect([...own].sort().join(" ")).toBe(PAGES[name]?.ids.split(" ").sort().join(" "));
  });
});

interface Constraint {
  readonly first: string;
  readonly later: string;
}

/** Pairs of an ordering such as `a b < c`. */
function constraintsOf(order: string): readonly Constraint[] {
  const [left = "", right = ""] = order.split(" < ");
  return left.split(" ").flatMap((first) => right.split(" ").map((later) => ({ first, later })));
}

const ordered = rmmSpecs.flatMap((spec) =>
  Object.values(spec.commands)
    .filter(({ name }) => (PAGES[name]?.order.length ?? 0) > 0)
    .map(({ name, failures }) => [spec.id, name, failures] as const),
);

test.each(ordered)("RMM %s %s keeps the specification's order", (_, name, failures) => {
  const ids = idsOf(failures);
  const { order = [] } = PAGES[name as RmiCommandName] ?? {};
  const broken = order
    .flatMap(constraintsOf)
    .filter(({ first, later }) => ids.includes(first) && ids.includes(later))
    .filter(({ first, later }) => ids.indexOf(first) > ids.indexOf(later));
  expect(broken).toEqual([]);
});

test("every edit says why, with a line of TF-RMM", () => {
  const reasons = rmmSpecs.flatMap((spec) =>
    [
      ...Object.values(spec.commands).map(({ failures }) => failures),
      spec.realmParamsRules,
    ].flatMap((table) => derivationOf(table)?.edits.map(({ because }) => because) ?? []),
  );
  expect(reasons.length).toBeGreaterThan(20);
  expect(reasons.filter((because) => because.trim() === "")).toEqual([]);
});
