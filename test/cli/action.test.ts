import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { run } from "./run.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();
const ROOT = join(import.meta.dirname, "../..");
const HAS_BASH = spawnSync("bash", ["--version"]).status === 0;

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}
const action = parse(readFileSync(join(ROOT, "action.yml"), "utf8")) as {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
};
const { steps } = action.runs;

/** Fills an expression in as the runner does. */
function filled(text: string, inputs: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{\{ ([\w.-]+) \}\}/g, (_, name: string) => {
    if (name === "github.action_path") return ROOT;
    const input = name.slice("inputs.".length);
    return inputs[input] ?? action.inputs[input]?.default ?? expect.fail(`nothing is ${name}`);
  });
}

/** Runs the step of the gate as a runner does. */
function gateStep(cwd: string, inputs: Readonly<Record<string, string>> = {}) {
  const { run: script = "", env = {} } = steps.find(({ name }) => name === "Gate") ?? {};
  const output = join(cwd, "output");
  writeFileSync(output, "");
  const set = Object.entries(env).map(([name, value]) => [name, filled(value, inputs)] as const);
  const { status } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
    cwd,
    env: {
      PATH: process.env["PATH"],
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: join(cwd, "summary"),
      ...Object.fromEntries(set),
    },
  });
  const summary = join(cwd, "summary");
  return {
    status,
    output: readFileSync(output, "utf8"),
    summary: existsSync(summary) ? readFileSync(summary, "utf8") : "",
  };
}

test("no input reaches a script but through the environment; actions are pinned by commit", () => {
  for (const { run: script = "", uses = "" } of steps) {
    expect(script).not.toContain("${{");
    expect(uses).toMatch(/^$|@[0-9a-f]{40}$/);
  }
});

describe.skipIf(!HAS_BASH)("the step of the gate (skipped without bash)", () => {
  async function accepted(): Promise<string> {
    const folder = newFolder();
    cpSync(join(ROOT, "golden/self/sample"), join(folder, "my launch"), { recursive: true });
    const { code } = await run(["gate", "-u"], { cwd: folder });
    expect(code).toBe(0);
    return folder;
  }

  test("passes, and says so", async () => {
    const { status, output, summary } = gateStep(await accepted());
    expect([status, output]).toEqual([0, "passed=true\n"]);
    expect(summary).toMatch(/^## cca-rim gate: open\n/);
  });

  test("fails, and says so; names with spaces, and reports", async () => {
    const folder = await accepted();
    const path = join(folder, "my launch/launch.yaml");
    writeFileSync(path, readFileSync(path, "utf8").replace("numBps: 1", "numBps: 2"));
    const inputs = { manifests: "my launch/launch.yaml\n", sarif: "a b.sarif", junit: "j.xml" };
    const { status, output, summary } = gateStep(folder, inputs);
    expect([status, output]).toEqual([1, "passed=false\n"]);
    expect(summary).toMatch(/changed-value/);
    expect(existsSync(join(folder, "a b.sarif")) && existsSync(join(folder, "j.xml"))).toBe(true);
  });

  test("cannot run: no answer", async () => {
    const { status, output } = gateStep(await accepted(), { sarif: "no/where.sarif" });
    expect([status, output]).toEqual([2, ""]);
  });
});
