/** An installed qemu-system-aarch64: its version, and the device trees that it dumps. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;
/** What goes wrong on this machine, not in the line. */
const HERE =
  /cannot set up guest memory|cannot allocate memory|not compiled into this binary|Failed to get ".*" lock|is not a valid device model name|module is not|failed to find romfile|could not open|Could not open/i;

/** What a binary made of a line. */
export type Outcome =
  | { readonly kind: "tree"; readonly bytes: Uint8Array }
  | { readonly kind: "refused"; readonly reason: string }
  /** The machine could not, whatever the line says. */
  | { readonly kind: "skipped"; readonly reason: string };

/** The version that a binary prints, e.g. "7.2.22". @throws Error if it cannot be run */
export async function versionOf(binary: string): Promise<string> {
  const { stdout } = await run(binary, ["--version"], { timeout: TIMEOUT_MS }).catch(
    (error: unknown) => {
      throw new Error(
        `${binary} cannot be run; install Debian's qemu-system-arm, or give --binary PATH`,
        { cause: error },
      );
    },
  );
  const version = /version (\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1];
  if (version !== undefined) return version;
  throw new Error(`${binary} --version says: ${stdout.trim()}`);
}

/** Words of a refusal without the program's name. */
function reasonOf(stderr: string): string {
  const lines = stderr
    .split("\n")
    .filter((line) => line !== "" && !/: (?:warning|info):/.test(line));
  return (lines[0] ?? "").replace(/^[^:]*qemu-system-[^:]*: /, "");
}

/**
 * Dumps the tree of a line.
 *
 * @param argv without the program.
 * @param folder where the files of the line are; the dump goes there, too.
 * @param slot keeps dumps apart that are made at once.
 */
export async function dumpTree(
  binary: string,
  argv: readonly string[],
  folder: string,
  slot: number,
): Promise<Outcome> {
  const dump = join(folder, `dump-${slot}.dtb`);
  rmSync(dump, { force: true });
  let stderr = "";
  try {
    const words = [...argv, "-machine", `dumpdtb=${dump}`, "-display", "none", "-L", folder];
    ({ stderr } = await run(binary, words, { cwd: folder, timeout: TIMEOUT_MS }));
  } catch (error) {
    const failure = error as { readonly stderr?: string; readonly killed?: boolean };
    if (failure.killed === true) return { kind: "skipped", reason: "it does not end" };
    stderr = failure.stderr ?? String(error);
  }
  if (existsSync(dump)) return { kind: "tree", bytes: Uint8Array.from(readFileSync(dump)) };
  return { kind: HERE.test(stderr) ? "skipped" : "refused", reason: reasonOf(stderr) };
}
