/** docs/verifiers.md shows what is printed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LINT_RULES } from "../../src/reference/lint/finding.ts";
import { run } from "./run.ts";
import { matches, shownIn } from "./shown.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/verifiers.md"), "utf8");

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
