import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The built command. */
export const BIN: string = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A file descriptor in place of a pipe. */
  readonly stdout?: number;
}

/** Starts the built command in a clean environment: the tests' own terminal decides nothing. */
export function start(
  args: readonly string[],
  { cwd, env, stdout }: RunOptions = {},
): ChildProcess {
  return spawn(process.execPath, [BIN, ...args], {
    cwd,
    env: { PATH: process.env["PATH"], LANG: "C", ...env },
    stdio: ["ignore", stdout ?? "pipe", "pipe"],
  });
}

/** Collects what a child prints until it ends. */
export async function finish(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  return { code, stdout, stderr };
}

/** Runs the built command to its end. */
export function run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return finish(start(args, options));
}
