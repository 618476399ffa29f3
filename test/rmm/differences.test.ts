import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { derivationOf, type TableEdit } from "../../src/rmm/command.ts";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";

type Named = { readonly id: string };

const DOCUMENT = join(import.meta.dirname, "../../docs/rmm-differences.md");
const TABLE_HEAD = "| table | difference | versions | because |\n|---|---|---|---|\n";

/** Every edit that led to a table, from the first one on. */
function editsOf(table: readonly Named[]): readonly TableEdit<Named>[] {
  const derivation = derivationOf(table);
  return derivation === undefined ? [] : [...editsOf(derivation.from), ...derivation.edits];
}

function editText(edit: TableEdit<Named>): string {
  if ("remove" in edit) return `no ${edit.remove}`;
  if ("replace" in edit) return `another ${edit.replace.id}`;
  const before = edit.before === undefined ? "last" : `before ${edit.before}`;
  return "move" in edit ? `${edit.move} ${before}` : `also ${edit.add.id}, ${before}`;
}

/** One line per edit, with the versions that have it. */
function differences(): string {
  const lines = new Map<string, { readonly because: string; readonly versions: string[] }>();
  for (const spec of rmmSpecs) {
    const tables: readonly (readonly [string, readonly Named[]])[] = [
      ...Object.values(spec.commands).map(({ name, failures }) => [name, failures] as const),
      ["parameters", spec.realmParamsRules],
    ];
    for (const [name, table] of tables) {
      for (const edit of editsOf(table)) {
        const key = `| ${name} | ${editText(edit)} |${edit.because}`;
        const line = lines.get(key) ?? { because: edit.because, versions: [] };
        line.versions.push(spec.id);
        lines.set(key, line);
      }
    }
  }
  return [...lines]
    .sort(([a], [b]) => Number(a > b) - Number(a < b))
    .map(([key, { because, versions }]) => {
      const head = key.slice(0, key.length - because.length);
      return `${head} ${versions.join(", ")} | ${because} |\n`;
    })
    .join("");
}

test("docs/rmm-differences.md lists every edit of every version's tables", async () => {
  const [prose = ""] = readFileSync(DOCUMENT, "utf8").split(TABLE_HEAD);
  const table = differences();
  expect(table.split("\n").length).toBeGreaterThan(40);
  await expect(prose + TABLE_HEAD + table).toMatchFileSnapshot(DOCUMENT);
});
