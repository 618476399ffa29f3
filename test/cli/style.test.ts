import { expect, test } from "vitest";
import { styleOf, wantsColor } from "../../src/cli/style.ts";
import { run } from "./run.ts";

test.each([
  ["auto", {}, true, true],
  ["auto", {}, false, false],
  ["auto", { NO_COLOR: "1" }, true, false],
  ["auto", { NO_COLOR: "" }, true, true],
  ["auto", { TERM: "dumb" }, true, false],
  ["auto", { FORCE_COLOR: "1" }, false, true],
  ["auto", { FORCE_COLOR: "" }, false, true],
  ["auto", { FORCE_COLOR: "0" }, true, false],
  ["auto", { FORCE_COLOR: "1", NO_COLOR: "1", TERM: "dumb" }, false, true],
  ["always", { NO_COLOR: "1", TERM: "dumb" }, false, true],
  ["never", { FORCE_COLOR: "1" }, true, false],
] as const)("--color %s, %j, terminal %s: %s", (mode, environment, isTerminal, expected) => {
  expect(wantsColor(mode, environment, isTerminal)).toBe(expected);
});

test("effects wrap the text, or leave it alone", () => {
  expect(styleOf(true).red("x")).toBe("\u001b[31mx\u001b[39m");
  expect(styleOf(false).red("x")).toBe("x");
});

test.each([
  [[], {}, false],
  [["--color", "always"], { NO_COLOR: "1" }, true],
  [["--color=never"], { FORCE_COLOR: "1" }, false],
  [[], { FORCE_COLOR: "1" }, true],
  [[], { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
] as const)("schema %j with %j: coloured %s", async (args, env, expected) => {
  const { stdout } = await run(["schema", ...args], { env });
  expect(stdout.includes("\u001b[")).toBe(expected);
});

test.each([
  [["--color", "always"], true],
  [["--color=always"], true],
  [["--color=never"], false],
  [[], false],
] as const)("an error with %j: coloured %s", async (args, expected) => {
  const { stderr } = await run(["replay", "no-such-file", ...args]);
  expect(stderr.includes("\u001b[")).toBe(expected);
});

test("JSON is never coloured", async () => {
  const { stdout } = await run(["schema", "--json", "--color=always"]);
  expect(stdout).not.toContain("\u001b[");
});
