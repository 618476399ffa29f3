import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { VERDICTS } from "../../src/gate/judge.ts";
import { expandMatrix } from "../../src/manifest/matrix.ts";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "docs/gate.md"), "utf8");

/** Rows of the table with these column names, cells without their code marks. */
function rowsOf(head: string): readonly (readonly string[])[] {
  const [, rows = ""] = page.split(`${head}\n`);
  const lines = rows.split("\n").slice(1);
  return lines
    .slice(0, lines.indexOf(""))
    .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")))
    .map((cells) => cells.slice(1, -1));
}

test("docs/gate.md explains every verdict in the program's words", () => {
  const rows = rowsOf("| verdict | means | what to do |");
  expect(Object.fromEntries(rows.map(([name, means]) => [name, means]))).toEqual(VERDICTS);
});

test("docs/gate.md tells the inputs and outputs of the action", () => {
  const action = parse(readFileSync(join(ROOT, "action.yml"), "utf8")) as {
    readonly inputs: Readonly<Record<string, { readonly default: string }>>;
    readonly outputs: object;
  };
  const inputs = rowsOf("| input | default | is |").map(([name, value]) => [name, value]);
  expect(inputs).toEqual(Object.entries(action.inputs).map(([name, one]) => [name, one.default]));
  expect(rowsOf("| output | is |").map(([name]) => name)).toEqual(Object.keys(action.outputs));
});

test("the matrix of docs/matrix.md is one", () => {
  const [, text = ""] =
    /```yaml\n(manifest: 1\n[\s\S]*?)```/.exec(
      readFileSync(join(ROOT, "docs/matrix.md"), "utf8"),
    ) ?? [];
  const { matrix } = parse(text) as { readonly matrix: Parameters<typeof expandMatrix>[0] };
  const fail = (): never => expect.fail("nothing is to blame");
  expect(expandMatrix(matrix, fail).combinations.length).toBe(9 * 3 * 2 - 2 - 4);
});
