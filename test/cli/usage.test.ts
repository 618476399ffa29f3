import { describe, expect, test } from "vitest";
import { run } from "./run.ts";
import { violations } from "./schemas.ts";

describe("a wrong command line", () => {
  test.each([
    [
      "an unknown command",
      ["repaly"],
      'unknown command "repaly"',
      "USAGE_COMMAND",
      "did you mean replay?",
    ],
    [
      "nothing like a command",
      ["qqqqqq"],
      'unknown command "qqqqqq"',
      "USAGE_COMMAND",
      "--help lists",
    ],
    ["no command", [], "no command given", "USAGE_COMMAND", "--help lists"],
    [
      "an unknown flag",
      ["replay", "--chek", "x"],
      "unknown option --chek",
      "USAGE_ARGUMENT",
      "did you mean --check?",
    ],
    [
      "an unknown flag with a value",
      ["replay", "--colour=auto"],
      "unknown option --colour",
      "USAGE_ARGUMENT",
      "did you mean --color?",
    ],
    [
      "an unknown letter",
      ["replay", "-z", "x"],
      "unknown option -z",
      "USAGE_ARGUMENT",
      "cca-rim replay --help",
    ],
    [
      "a prefix of a flag",
      ["replay", "--chec", "x"],
      "unknown option --chec",
      "USAGE_ARGUMENT",
      "did you mean --check?",
    ],
    [
      "a negated flag",
      ["replay", "--no-check", "x"],
      "unknown option --no-check",
      "USAGE_ARGUMENT",
      "cca-rim replay --help",
    ],
    [
      "a property of objects",
      ["replay", "--constructor"],
      "unknown option --constructor",
      "USAGE_ARGUMENT",
      "--help",
    ],
    [
      "an object property as command",
      ["toString"],
      'unknown command "toString"',
      "USAGE_COMMAND",
      "--help",
    ],
    [
      "a flag before the command",
      ["--chek", "replay"],
      "unknown option --chek",
      "USAGE_ARGUMENT",
      "--check",
    ],
    [
      "a missing argument",
      ["replay"],
      "replay needs TRANSCRIPT",
      "USAGE_ARGUMENT",
      "cca-rim replay --help",
    ],
    [
      "an argument too many",
      ["schema", "a", "b"],
      'unexpected argument "b"',
      "USAGE_ARGUMENT",
      "cca-rim schema --help",
    ],
    [
      "a flag with a value it does not take",
      ["replay", "--check=yes", "x"],
      "--check takes no value",
      "USAGE_ARGUMENT",
      "",
    ],
    ["a missing value", ["replay", "x", "-o"], "-o needs a value: FILE", "USAGE_ARGUMENT", ""],
    [
      "a flag where a value should be",
      ["replay", "-o", "--check", "x"],
      "the option --check follows",
      "USAGE_ARGUMENT",
      "--output=--check",
    ],
    [
      "a value that is no choice",
      ["schema", "--color", "alwys"],
      '--color must be auto, always or never, not "alwys"',
      "USAGE_ARGUMENT",
      "did you mean always?",
    ],
    [
      "an argument that is no choice",
      ["completion", "tcsh"],
      'SHELL must be bash, zsh or fish, not "tcsh"',
      "USAGE_ARGUMENT",
      "",
    ],
    [
      "an unknown schema",
      ["schema", "reply"],
      'there is no schema "reply"',
      "USAGE_ARGUMENT",
      "did you mean replay?",
    ],
  ])("%s", async (_, args, message, code, hint) => {
    const { code: exit, stdout, stderr } = await run(args);
    const [first = "", second = "", ...rest] = stderr.split("\n");
    expect(exit).toBe(2);
    expect(stdout).toBe("");
    expect(first.startsWith("cca-rim: ")).toBe(true);
    expect(first).toContain(message);
    expect(first.endsWith(` [${code}]`)).toBe(true);
    expect(hint === "" ? true : second.startsWith("hint: ")).toBe(true);
    expect(second).toContain(hint);
    expect(rest.join("")).toBe("");
  });

  test("is a document under --json", async () => {
    const { code, stdout, stderr } = await run(["replay", "--json", "--chek", "x"]);
    const document = JSON.parse(stdout) as Record<string, unknown>;
    expect(code).toBe(2);
    expect(Object.keys(document)[0]).toBe("schemaVersion");
    expect(document["error"]).toEqual({
      code: "USAGE_ARGUMENT",
      message: "unknown option --chek",
      where: null,
      hint: "did you mean --check?",
    });
    expect(violations("error", document)).toEqual([]);
    expect(stderr).toContain("[USAGE_ARGUMENT]");
  });

  test("--json after -- is not an option", async () => {
    const { code, stdout } = await run(["replay", "--", "--json"]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
  });
});

test("a missing file names itself first", async () => {
  const { code, stdout, stderr } = await run(["replay", "no/such.json"]);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr.split("\n")[0]).toBe("no/such.json: no such file [FILE_NOT_FOUND]");
});

test("a folder in place of a file is no internal error", async () => {
  const { code, stderr } = await run(["replay", "."]);
  expect(code).toBe(2);
  expect(stderr).toContain("[FILE_UNREADABLE]");
});

test("characters that a terminal would obey are shown, not sent", async () => {
  const { stderr } = await run(["replay", "--json=\u001b[2J\n\u0007", "x"]);
  expect(stderr).toContain("\\x1b[2J \\x07");
  expect(stderr).not.toContain("\u001b");
});

test.each([
  ["--version", []],
  ["--json", ["--version"]],
])("--version prints name and number: %s", async (first, rest) => {
  const { code, stdout, stderr } = await run([first, ...rest]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^cca-rim \d+\.\d+\.\d+\n$/);
});
