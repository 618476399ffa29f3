import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { BIN, run } from "./run.ts";
import { violations } from "./schemas.ts";

const SAMPLE = "golden/self/sample/launch.yaml";

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
      "an empty name of a file",
      ["replay", "x", "-o", ""],
      "-o needs a value: FILE",
      "USAGE_ARGUMENT",
      "",
    ],
    [
      "a choice like none of the others",
      ["export", "--generation", "3", "corim", "x"],
      '--generation must be 0, 1 or 2, not "3"',
      "USAGE_ARGUMENT",
      "",
    ],
    [
      "an unknown RMM version",
      ["import", "--rmm", "1.0-rel1", "kvmtool", "--", "lkvm"],
      '--rmm: there is no RMM version "1.0-rel1"',
      "USAGE_ARGUMENT",
      "did you mean 1.0-rel0?",
    ],
    [
      "an unknown hypervisor",
      ["import", "--hypervisor", "kvm", "kvmtool", "--", "lkvm"],
      '--hypervisor: there is no hypervisor "kvm"',
      "USAGE_ARGUMENT",
      "cca-rim models",
    ],
    [
      "an unknown VMM",
      ["import", "--vmm", "kvmtool/v9", "kvmtool", "--", "lkvm"],
      '--vmm: there is no VMM "kvmtool/v9"',
      "USAGE_ARGUMENT",
      "did you mean kvmtool/v2 or kvmtool/v3?",
    ],
    [
      "another VMM than the line's",
      ["import", "--vmm", "kvmtool/v2", "qemu", "--", "qemu-system-aarch64"],
      "--vmm: kvmtool/v2 is no version of qemu",
      "USAGE_ARGUMENT",
      "cca-rim models qemu",
    ],
    [
      "a model without its family",
      ["models", "v7"],
      'there is no model "v7"',
      "USAGE_ARGUMENT",
      "did you mean linux-kvm/v7?",
    ],
    [
      "a release of QEMU that is not modelled",
      ["models", "qemu/99.9"],
      'there is no model "qemu/99.9"',
      "USAGE_ARGUMENT",
      "releases 5.2 to",
    ],
    [
      "no name of a check",
      ["verify", "package.json", "--allow-unchecked", "platform"],
      'there is no check "platform"',
      "USAGE_ARGUMENT",
      "platform-signature",
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

test.each([
  [["replay", "."]],
  [["measure", "."]],
  [["diff", ".", "package.json"]],
  [["inspect", "."]],
  [["lint", "."]],
  [["verify", "."]],
  [["export", "corim", "."]],
  [["report", "."]],
  [["gate", "--lock", "."]],
  [["explain", SAMPLE, "--observed", "00".repeat(32), "--state", "."]],
])("a folder in place of a file is no internal error: %j", async (args) => {
  const { code, stderr } = await run(args);
  expect(code).toBe(2);
  expect(stderr).toBe(".: it is a folder [FILE_UNREADABLE]\n");
});

test.each([
  ["-", "/dev/stdin names standard input"],
  ["", "the name is empty"],
])("a name that is none is shown: %j", async (name, hint) => {
  const { code, stderr } = await run(["measure", name]);
  expect(code).toBe(2);
  expect(stderr).toBe(
    `cca-rim: there is no file named "${name}" [FILE_NOT_FOUND]\nhint: ${hint}\n`,
  );
});

test("a folder that is missing is told before anything is searched or gated", async () => {
  const state = ["explain", SAMPLE, "--observed", "00".repeat(32), "--state", "no-such/s.json"];
  const [searched, gated] = await Promise.all([run(state), run(["gate", "--lock", "no-such/x"])]);
  expect([searched.code, gated.code]).toEqual([2, 2]);
  expect(searched.stderr).toBe(
    "cca-rim: cannot write to no-such/s.json: there is no folder no-such [USAGE_OUTPUT]\n" +
      "hint: create it first: mkdir -p no-such\n",
  );
  expect(gated.stderr).toContain("no-such: no such folder [FILE_NOT_FOUND]\nhint: ");
});

/** Of util-linux: runs a command on a terminal of its own. */
const ON_TERMINAL = "script";

function hasTerminals(): boolean {
  try {
    execFileSync(ON_TERMINAL, ["-qec", "true", "/dev/null"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!hasTerminals())("a terminal is not read, and gets no bytes", () => {
  const command = (args: string): string => `'${process.execPath}' '${BIN}' ${args}`;
  const inTerminal = (args: string): string =>
    execFileSync(ON_TERMINAL, ["-qc", command(args), "/dev/null"], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], NO_COLOR: "1" },
    });
  const answer = inTerminal(`export corim ${SAMPLE}`);
  expect(answer).toContain("the answer is bytes, which no terminal can show [USAGE_OUTPUT]");
  expect(inTerminal("measure /dev/tty")).toContain("/dev/tty: it is a terminal [FILE_UNREADABLE]");
  expect(inTerminal(`export corim ${SAMPLE} | wc -c`)).toMatch(/^\d{3,}\s*$/);
});

test("what is no manifest says what to do", async () => {
  const [empty, binary] = await Promise.all([
    run(["measure", "/dev/null"]),
    run(["measure", "golden/self/sample/Image"]),
  ]);
  expect(empty.stderr).toMatch(/^\/dev\/null:1:1: the file is empty .*\nhint: .*cca-rim import/);
  expect(binary.stderr).toMatch(/not UTF-8 text \[MANIFEST_SYNTAX\]\nhint: .*cca-rim inspect/);
});

test("characters that a terminal would obey are shown, not sent", async () => {
  const { stderr } = await run(["replay", "--json=\u001b[2J\n\u0007", "x"]);
  expect(stderr).toContain("\\x1b[2J \\x07");
  expect(stderr).not.toContain("\u001b");
});

test.each([
  ["--version", []],
  ["--json", ["--version"]],
  ["version", []],
  ["measure", ["--version"]],
])("--version prints name and number: %s", async (first, rest) => {
  const { code, stdout, stderr } = await run([first, ...rest]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^cca-rim \d+\.\d+\.\d+\n$/);
});
