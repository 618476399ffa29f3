import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { helpWidth, wrap } from "../../src/cli/help.ts";
import { run } from "./run.ts";

test.each([
  [200, undefined, 100],
  [72, "200", 72],
  [undefined, "200", 100],
  [undefined, "60", 60],
  [undefined, "", 80],
  [undefined, undefined, 80],
  [10, undefined, 40],
  [0, undefined, 80],
])("help for a terminal of %s columns, COLUMNS=%s, is %s wide", (columns, fallback, expected) => {
  expect(helpWidth(columns, fallback)).toBe(expected);
});

test("wrapped text keeps every word, in order, within the width", () => {
  const text = "one two three four five a-word-that-is-longer-than-the-line six";
  const lines = wrap(text, 12);
  expect(lines.join(" ")).toBe(text);
  expect(lines.filter((line) => line.length > 12)).toEqual(["a-word-that-is-longer-than-the-line"]);
});

test("the program's help lists every command and the exit codes", async () => {
  const { code, stdout, stderr } = await run(["--help"]);
  expect([code, stderr]).toEqual([0, ""]);
  for (const name of commands.names) expect(stdout).toMatch(new RegExp(`^ {2}${name}\\b`, "m"));
  expect(stdout).toMatch(/Exit codes\n {2}0 .*\n {2}1 .*\n {2}2 /);
});

describe.each(commands.names)("help of %s", (name) => {
  test("has a usage line, its options and two examples", async () => {
    const command = await commands.load(name);
    const { code, stdout, stderr } = await run([name, "--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(new RegExp(`^Usage: cca-rim ${name}\\b`));
    for (const [option, { hidden }] of Object.entries(command?.options ?? {})) {
      expect(stdout.includes(`--${option}`)).toBe(hidden === undefined);
    }
    const examples = stdout.slice(stdout.indexOf("Examples\n"), stdout.indexOf("Exit codes\n"));
    expect(examples.match(/^ {2}cca-rim /gm)?.length).toBeGreaterThanOrEqual(2);
    for (const { line } of command?.examples ?? []) {
      expect(line.split(" ").slice(0, 2)).toEqual(["cca-rim", name]);
    }
  });

  test.each(["100", "60"])("fits %s columns", async (columns) => {
    const { stdout } = await run([name, "--help"], { env: { COLUMNS: columns } });
    const tooWide = stdout
      .split("\n")
      .filter((line) => line.length > Number(columns) && !/^ {2}cca-rim /.test(line));
    expect(tooWide).toEqual([]);
  });

  test("is the same by every way to ask for it", async () => {
    const [direct, first, short, word] = await Promise.all([
      run([name, "--help"]),
      run(["--help", name]),
      run([name, "-h", "--no-such-option"]),
      run(["help", name]),
    ]);
    expect(direct.stdout).not.toBe("");
    expect([first, short, word]).toEqual([direct, direct, direct]);
  });
});
