import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { helpWidth, wrap } from "../../src/cli/help.ts";
import { parse } from "../../src/cli/parse.ts";
import { run } from "./run.ts";
import { temporaryFolders } from "./temporary.ts";

const ROOT = join(import.meta.dirname, "../..");
const newFolder = temporaryFolders();

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

  test.each(["100", "60", "40"])("fits %s columns", async (columns) => {
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

test("the program's help fits 40 columns", async () => {
  const { stdout } = await run(["--help"], { env: { COLUMNS: "40" } });
  expect(stdout.split("\n").filter((line) => line.length > 40)).toEqual([]);
});

describe("examples", () => {
  test.each(commands.names)(
    "of %s are command lines that the program understands",
    async (name) => {
      const command = await commands.load(name);
      for (const { line } of command?.examples ?? []) {
        const [words = ""] = line.split(/ (?:\||>>?) /);
        const { kind } = await parse(words.split(" ").slice(1));
        expect({ line, kind }).toEqual({ line, kind: "run" });
      }
    },
  );

  test("of import are lines that the VMM takes", async () => {
    const { examples: shown = [] } = (await commands.load("import")) ?? {};
    const folder = newFolder();
    for (const { line } of shown) {
      const { code, stderr } = await run(line.split(" ").slice(1), { cwd: folder });
      expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: "" });
    }
  });

  test("of replay name files that are there", async () => {
    const { examples: shown = [] } = (await commands.load("replay")) ?? {};
    const patterns = shown.flatMap(({ line }) => line.split(" ").filter((w) => w.includes("*")));
    expect(patterns.map((pattern) => dirname(pattern))).toEqual(["golden/oracle/tf-rmm"]);
    for (const pattern of patterns) {
      const files = readdirSync(join(ROOT, dirname(pattern)));
      const [, suffix = ""] = basename(pattern).split("*");
      expect(files.filter((file) => file.endsWith(suffix)).length).toBeGreaterThan(1);
    }
  });
});
