/**
 * Asks an installed qemu-system-aarch64 for its device trees and compares them, byte for byte, with
 * the model's: `npm run oracle:qemu -- [--binary PATH] [--random N] [--seed N] [--verbose]`, or with
 * `--line="-M virt ..."`, any number of times, these lines alone.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { FileLookup } from "../../src/host/files.ts";
import { type QemuRelease, releaseName, resolveRelease } from "../../src/host/vmm/qemu/versions.ts";
import { dumpTree, versionOf } from "./qemu/binary.ts";
import { compare, type Verdict } from "./qemu/compare.ts";
import { makeFiles } from "./qemu/files.ts";
import { fixedLines } from "./qemu/lines.ts";
import { Chance } from "./qemu/random.ts";
import { randomLine } from "./qemu/random-line.ts";

const AT_ONCE = 2;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

interface Oracle {
  readonly binary: string;
  readonly version: string;
  readonly folder: string;
  readonly files: FileLookup;
  readonly verbose: boolean;
}

type Counts = Record<Verdict["kind"], number>;

async function ask(
  oracle: Oracle,
  argv: readonly string[],
  slot: number,
): Promise<Verdict["kind"]> {
  const outcome = await dumpTree(oracle.binary, argv, oracle.folder, slot);
  const verdict = compare(argv, outcome, oracle.version, oracle.files);
  if (oracle.verbose || verdict.kind === "differs" || verdict.kind === "not-modelled") {
    const quoted = argv.map((word) => (/^[\w.,=/:-]+$/.test(word) ? word : `'${word}'`));
    print(`${verdict.kind}: ${quoted.join(" ")}\n${verdict.text}`);
  }
  return verdict.kind;
}

async function askAll(oracle: Oracle, lines: readonly (readonly string[])[]): Promise<Counts> {
  const counts: Counts = { equal: 0, differs: 0, skipped: 0, "not-modelled": 0 };
  let next = 0;
  const worker = async (slot: number): Promise<void> => {
    for (;;) {
      const argv = lines[next];
      next += 1;
      if (argv === undefined) return;
      counts[await ask(oracle, argv, slot)] += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, slot) => worker(slot)));
  return counts;
}

function linesFor(
  release: QemuRelease,
  count: number,
  seed: number,
): readonly (readonly string[])[] {
  const chance = new Chance(seed);
  const random = Array.from({ length: count }, () => randomLine(chance, release));
  return [...fixedLines(release), ...random];
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      binary: { type: "string", default: "qemu-system-aarch64" },
      random: { type: "string", default: "200" },
      seed: { type: "string", default: "1" },
      line: { type: "string", multiple: true },
      verbose: { type: "boolean", default: false },
    },
  });
  const version = await versionOf(values.binary);
  const release = resolveRelease(version);
  if (release === undefined) {
    print(`QEMU ${version} is not modelled: docs/adding-a-qemu-version.md`);
    return 1;
  }
  print(
    `QEMU ${version}: taken to be ${releaseName(release.release)}, of the releases ${release.group}`,
  );
  for (const warning of release.warnings) print(`warning: ${warning}`);
  const folder = mkdtempSync(join(tmpdir(), "cca-rim-oracle-"));
  try {
    const files = makeFiles(folder);
    const { binary, verbose } = values;
    const oracle = { binary, version, folder, files, verbose };
    const lines =
      values.line?.map((line) => line.split(" ").filter((word) => word !== "")) ??
      linesFor(release, Number(values.random), Number(values.seed));
    const counts = await askAll(oracle, lines);
    const rest = `${counts["not-modelled"]} not modelled, ${counts.skipped} impossible on this machine`;
    print(`${lines.length} lines: ${counts.equal} equal, ${counts.differs} differ, ${rest}`);
    return counts.differs === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  print(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
