/** The README shows what really happens. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { GOLDEN } from "../tools/measure.ts";
import { modelsTable } from "../tools/models-table.ts";

const ROOT = join(GOLDEN, "..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");

function fence(language: string, holding: string): string {
  const fences = [...README.matchAll(/```(\w+)\n([\s\S]*?)```/g)];
  const found = fences.find(([, name, text = ""]) => name === language && text.includes(holding));
  return found?.[2] ?? "";
}

function node(...args: readonly string[]): string {
  return execFileSync(process.execPath, args, {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
}

test("its first command prints what it says", () => {
  const [command = "", ...output] = fence("console", "cca-rim measure").trimEnd().split("\n");
  const manifest = command.split(" ").at(-1) ?? "";
  expect(command).toBe(`$ npm ci && npx cca-rim measure ${manifest}`);
  expect(node("dist/cli/main.js", "measure", manifest).trimEnd().split("\n")).toEqual(output);
});

test("its lines of library use run", () => {
  const program = fence("js", 'from "cca-rim"');
  // Inside the package, so that its own name resolves to it.
  const folder = mkdtempSync(join(ROOT, "dist/readme-"));
  try {
    const file = join(folder, "program.mjs");
    writeFileSync(file, program);
    const { rim, rem } = JSON.parse(
      readFileSync(join(GOLDEN, "self/sample/expected.json"), "utf8"),
    ) as { readonly rim: string; readonly rem: readonly string[] };
    expect(node(file)).toBe(`${rim} ${rem[0]}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("its table of models is what the program goes by", () => {
  const [, table = ""] = /<!-- models -->\n([\s\S]*?)\n<!-- \/models -->/.exec(README) ?? [];
  expect(table).toBe(modelsTable());
});

test("its links lead somewhere", () => {
  const links = [...README.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path ?? "");
  expect(links.length).toBeGreaterThan(3);
  expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
