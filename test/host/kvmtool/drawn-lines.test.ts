/**
 * Lines drawn at random, at the edges of the layout and of every limit, as real trees took them:
 * odd images, abbreviated and repeated options, hosts that offer less, refusals.
 */
import { describe, expect, test } from "vitest";
import { CcaRimError } from "../../../src/errors.ts";
import { type ByteSource, bytesSource } from "../../../src/hash/source.ts";
import type { FileLookup } from "../../../src/host/files.ts";
import type { Platform } from "../../../src/host/platform.ts";
import { launchKvmtool } from "../../../src/host/vmm/kvmtool/launch.ts";
import { u64 } from "../../../src/units.ts";
import { cook, filesWith, type Recipe } from "./images.ts";
import { goldenLines, requestText, sha256 } from "./requests-text.ts";

interface DrawnLine {
  readonly tree: string;
  readonly model: string;
  readonly argv: readonly string[];
  readonly host?: Platform;
  readonly images?: Readonly<Record<string, Recipe>>;
  readonly refused?: string;
  readonly requests?: readonly string[];
  readonly dtb?: string;
}

/** What the fake KVM and the machine under it said unless a line says otherwise. */
const HOST: Platform = {
  breakpoints: 6,
  watchpoints: 4,
  sveVectorBits: 2048,
  pmuCounters: 31,
  maxIpaBits: 48,
  cpus: 2,
  ramSize: u64(6171021n * 4096n),
};

const common = filesWith();
const cooked = new Map<string, ByteSource>();

/** Each file is made once: many lines share them. */
function sourceOf(recipe: Recipe): ByteSource {
  const key = JSON.stringify(recipe);
  const source = cooked.get(key) ?? bytesSource(cook(recipe));
  cooked.set(key, source);
  return source;
}

function filesOf({ images = {} }: DrawnLine): FileLookup {
  return {
    resolve(name) {
      const recipe = images[name];
      if (recipe === undefined) return common.resolve(name);
      return { name, source: sourceOf(recipe), standIn: false };
    },
    isDirectory: (name) => name === "share" || name === "bad",
    isListed: (name) => name in images || common.isListed(name),
  };
}

/** Requests and tree, or that the line is refused, the way the golden file puts it. */
function outcomeOf(line: DrawnLine): object {
  const { model: version, argv, host } = line;
  const platform = { ...HOST, ...host };
  try {
    const launch = launchKvmtool({ version, argv, files: filesOf(line), platform });
    return { requests: launch.requests.flatMap(requestText), dtb: sha256(launch.dtb) };
  } catch (error) {
    if (!(error instanceof CcaRimError)) throw error;
    return { refused: error.code.startsWith("HOST_") };
  }
}

const lines = goldenLines<DrawnLine>("drawn-lines");
const trees = [...new Set(lines.map(({ tree }) => tree))];

describe.each(trees)("lines drawn for %s", (tree) => {
  const own = lines.filter((line) => line.tree === tree);

  test("requests and trees", () => {
    const accepted = own.filter(({ refused }) => refused === undefined);
    expect(accepted.length).toBeGreaterThan(0);
    for (const line of accepted) {
      const { requests, dtb } = line;
      expect(outcomeOf(line), line.argv.join(" ")).toEqual({ requests, dtb });
    }
  });

  test("refusals", () => {
    const refused = own.filter((line) => line.refused !== undefined);
    expect(refused.length).toBeGreaterThan(0);
    for (const line of refused) {
      expect(outcomeOf(line), `${line.argv.join(" ")}: ${line.refused}`).toEqual({ refused: true });
    }
  });
});
