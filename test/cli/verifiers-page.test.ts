/** docs/verifiers.md shows what is printed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LINT_RULES } from "../../src/reference/lint/finding.ts";
import { run } from "./run.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/verifiers.md"), "utf8");

interface Shown {
  readonly command: string;
  readonly output: readonly string[];
}

/** Commands of a page with the lines below each. */
function shownIn(page: string): readonly Shown[] {
  const fences = [...page.matchAll(/```console\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
  return fences.flatMap((text) =>
    text
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = "", ...output] = part.trimEnd().split("\n");
        return { command, output };
      }),
  );
}

/** Whether lines are as shown, where "..." stands for any number of them. */
function matches(lines: readonly string[], shown: readonly string[]): boolean {
  const [wanted, ...others] = shown;
  if (wanted === undefined) return lines.length === 0;
  if (wanted === "...") {
    return lines.some((_, i) => matches(lines.slice(i), others)) || others.length === 0;
  }
  return lines[0] === wanted && matches(lines.slice(1), others);
}

test.each(shownIn(PAGE))("$command", async ({ command, output }) => {
  const args = command.split(" ");
  expect(args.slice(0, 2)).toEqual(["npx", "cca-rim"]);
  const { stdout } = await run(args.slice(2), { cwd: ROOT });
  const lines = stdout.trimEnd().split("\n");
  expect({ lines, isAsShown: matches(lines, output) }).toEqual({ lines, isAsShown: true });
});

test("there are examples of verify, lint and inspect", () => {
  const commands = shownIn(PAGE).map(({ command }) => command.split(" ")[2]);
  expect(new Set(commands)).toEqual(new Set(["verify", "lint", "inspect"]));
});

describe("the tables", () => {
  test.each(LINT_RULES)("lint's rule %s is there", (rule) => {
    expect(PAGE).toContain(`\`${rule}\``);
  });

  test("so is every format and every check", async () => {
    const { EXPORT_FORMATS } = await import("../../src/reference/export.ts");
    const { CHECK_NAMES } = await import("../../src/evidence/checks.ts");
    const checks = CHECK_NAMES.filter((name) => !/REM[12]/.test(name));
    for (const name of [...EXPORT_FORMATS.map((format) => format.name), ...checks]) {
      expect(PAGE).toContain(`\`${name}\``);
    }
  });
});
