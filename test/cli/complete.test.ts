import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { completions } from "../../src/cli/complete.ts";
import { BIN, run } from "./run.ts";
import { SCHEMA_NAMES, violations } from "./schemas.ts";
import { temporaryFolders } from "./temporary.ts";

async function complete(shell: "bash" | "zsh" | "fish", ...words: string[]): Promise<string[]> {
  return (await completions(commands, words, shell)).map(({ value }) => value);
}

const V1X = [0, 1, 2, 3, 4, 5, 6].map((n) => `linux-kvm/v1${n}`);
const RFC = ["rfc-v1", "rfc-v2", "rfc-v3"];

describe("what fits", () => {
  test.each([
    ["every command", [""], [...commands.names]],
    ["commands that begin so", ["rep"], commands.names.filter((name) => name.startsWith("rep"))],
    ["after a common option", ["--json", "sch"], ["schema"]],
    ["a command's options", ["replay", "--ch"], ["--check"]],
    ["common options", ["--js"], ["--json"]],
    ["not those that are hidden", ["completion", "--comp"], []],
    ["an option's choices", ["replay", "--color", ""], ["auto", "always", "never"]],
    ["those that begin so", ["replay", "--color", "a"], ["auto", "always"]],
    ["in the other form", ["replay", "--color=n"], ["--color=never"]],
    ["files for a file option", ["schema", "-o", ""], [":files"]],
    ["files in the other form", ["schema", "--output=x"], [":files"]],
    ["files for a file argument", ["replay", "x.json", ""], [":files"]],
    ["names for an argument", ["schema", "re"], SCHEMA_NAMES.filter((n) => n.startsWith("re"))],
    ["after an option with a value", ["schema", "-o", "x", "repl"], ["replay"]],
    ["nothing when the arguments are complete", ["schema", "replay", ""], []],
    ["a command after a common option's value", ["--color", "never", "repl"], ["replay"]],
    ["choices of an argument", ["completion", ""], ["bash", "zsh", "fish"]],
    ["nothing after an unknown command", ["qqq", ""], []],
    ["files after --", ["replay", "--", "-"], [":files"]],
    ["nothing at all", ["replay", "--qqq"], []],
    ["models for an option", ["diff", "--hypervisor", "linux-kvm/v1"], V1X],
    ["models in the other form", ["import", "--rmm=1.0"], ["--rmm=1.0-eac5", "--rmm=1.0-rel0"]],
    ["kvmtool's names", ["import", "--vmm", "kvmtool/v2"], ["kvmtool/v2", "kvmtool/v2-dtb"]],
    ["no version of QEMU that nobody named", ["diff", "--vmm", "qemu"], []],
    ["QEMU's series", ["diff", "--vmm", "qemu/9.1.91+r"], RFC.map((v) => `qemu/9.1.91+${v}`)],
    ["the same for models", ["models", "qemu/9.2+rfc-v3"], ["qemu/9.2+rfc-v3"]],
    ["names of checks in one word", ["verify", "--allow-unchecked", "real"], ["realm-signature"]],
    ["commands when nothing was typed", [], [...commands.names]],
  ])("%s", async (_, words, expected) => {
    expect(await complete("zsh", ...words)).toEqual(expected);
  });

  test("bash takes --option=value apart at the equals sign", async () => {
    expect(await complete("bash", "replay", "--color", "=", "a")).toEqual(["auto", "always"]);
    expect(await complete("bash", "replay", "--color", "=")).toEqual(["auto", "always", "never"]);
    expect(await complete("bash", "replay", "--color", "=", "never", "--ch")).toEqual(["--check"]);
  });
});

describe("the command", () => {
  test.each([
    [["completion", "fish"], {}, "complete -c cca-rim"],
    [["completion"], { SHELL: "/usr/bin/zsh" }, "#compdef cca-rim"],
    [["completion"], { SHELL: "/bin/bash" }, "complete -F _cca_rim cca-rim"],
    [["completion"], { SHELL: "/bin/csh" }, "complete -F _cca_rim cca-rim"],
  ])("%j with %j prints a script", async (args, env, expected) => {
    const { code, stdout, stderr } = await run(args, { env });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(expected);
  });

  test("--json holds the same script", async () => {
    const [plain, json] = await Promise.all([
      run(["completion", "bash"]),
      run(["completion", "bash", "--json"]),
    ]);
    const document = JSON.parse(json.stdout) as { script: string };
    expect(document.script).toBe(plain.stdout);
    expect(violations("completion", document)).toEqual([]);
  });

  test("words without --complete are refused", async () => {
    const { code, stderr } = await run(["completion", "bash", "zsh"]);
    expect(code).toBe(2);
    expect(stderr).toContain('unexpected argument "zsh"');
  });
});

function hasShell(shell: string): boolean {
  try {
    execFileSync(shell, ["-c", ":"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const newFolder = temporaryFolders();

/** A folder with `cca-rim` on its PATH and two files to complete. */
function stage(): { folder: string; env: NodeJS.ProcessEnv } {
  const folder = newFolder();
  mkdirSync(join(folder, "bin"));
  symlinkSync(BIN, join(folder, "bin", "cca-rim"));
  writeFileSync(join(folder, "boot a.json"), "");
  writeFileSync(join(folder, "boot-b.json"), "");
  return { folder, env: { PATH: `${join(folder, "bin")}:${process.env["PATH"]}` } };
}

describe.skipIf(!hasShell("bash"))("bash itself", () => {
  test.each([
    [["cca-rim", "sch"], "schema"],
    [["cca-rim", "replay", "--ch"], "--check"],
    [["cca-rim", "schema", "--color", "=", "al"], "always"],
    [["cca-rim", "replay", "boot"], "boot a.json|boot-b.json"],
    [["cca-rim", "schema", "erro"], "error"],
  ])("completes %j to %s", (words, expected) => {
    const { folder, env } = stage();
    const script = `
      source <(cca-rim completion bash)
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      _cca_rim
      printf '%s\\n' "\${COMPREPLY[@]}" | sort | paste -sd'|'`;
    const output = execFileSync("bash", ["--norc", "-c", script, "bash", ...words], {
      cwd: folder,
      env: { ...env, LC_ALL: "C" },
      encoding: "utf8",
    });
    expect(output.trim()).toBe(expected);
  });
});

describe.skipIf(!hasShell("fish"))("fish itself", () => {
  test.each([
    ["cca-rim sch", "schema"],
    ["cca-rim replay --ch", "--check"],
    ["cca-rim replay boot-", "boot-b.json"],
  ])("completes %s to %s", (line, expected) => {
    const { folder, env } = stage();
    const script = "cca-rim completion fish | source; complete -C $argv[1]";
    const output = execFileSync("fish", ["-c", script, line], {
      cwd: folder,
      env: { ...env, HOME: folder },
      encoding: "utf8",
    });
    expect(output.split("\n").map((row) => row.split("\t")[0])).toContain(expected);
  });
});

describe.skipIf(!hasShell("zsh"))("zsh itself", () => {
  test("takes the script", () => {
    const { folder, env } = stage();
    const script = `
      autoload -U compinit && compinit -u
      source <(cca-rim completion zsh)
      print $_comps[cca-rim]`;
    const output = execFileSync("zsh", ["-fc", script], {
      cwd: folder,
      env: { ...env, HOME: folder },
      encoding: "utf8",
    });
    expect(output.trim()).toBe("_cca_rim");
  });
});
