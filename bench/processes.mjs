/**
 * Whole processes: run one, and say what it took.
 */
import { spawn, spawnSync } from "node:child_process";
import * as crypto from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
/** Arguments of a Node process that says what it used. */
const USAGE = ["--require", join(HERE, "usage.cjs")];

/** The command line of this package, as a command. */
export const CCA_RIM = [process.execPath, ...USAGE, join(HERE, "../dist/cli/main.js")];
/** The same work in Node with nothing around it, for images of random bytes; needs `crypto.hash`. */
export const NODE_ALONE =
  typeof crypto.hash === "function"
    ? [process.execPath, ...USAGE, join(HERE, "floor.cjs")]
    : undefined;
/** A Node process that does nothing. */
export const EMPTY_NODE = [process.execPath, ...USAGE, join(HERE, "empty.cjs")];

/**
 * Runs a process to its end.
 *
 * @returns what it printed, seconds of wall clock and CPU (its own, from start to end), peak MiB.
 */
export async function runProcess([command, ...args]) {
  const start = performance.now();
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit", "pipe"] });
  const texts = ["", ""];
  [child.stdout, child.stdio[3]].forEach((stream, i) => {
    stream.setEncoding("utf8").on("data", (text) => {
      texts[i] += text;
    });
  });
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  const wall = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}`);
  const [micros, kib] = texts[1].split(" ").map(Number);
  return { printed: texts[0].trim(), wall, cpu: micros / 1e6, peak: kib / 1024 };
}

/**
 * Builds the C baseline in a folder.
 *
 * @returns its path, or why there is none.
 */
export function buildBaseline(folder) {
  const path = join(folder, "baseline");
  const source = join(HERE, "baseline.c");
  const compiler = process.env.CC ?? "cc";
  const { status, error, stderr } = spawnSync(compiler, ["-O2", "-o", path, source, "-lcrypto"], {
    encoding: "utf8",
  });
  if (status === 0) return { path };
  const reason = error?.message ?? stderr.split("\n").find((line) => /error|cannot/.test(line));
  return { missing: `${compiler} with OpenSSL's headers: ${reason ?? "it does not compile"}` };
}
