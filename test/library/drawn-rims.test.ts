/** Whole launches of kvmtool, line to RIM, against RIMs that other programs computed. */
import { describe, expect, test } from "vitest";
import { nodeHashes } from "../../src/hash/node.ts";
import { measure } from "../../src/library/measure.ts";
import { cook, type Recipe, syntheticFile } from "../host/kvmtool/images.ts";
import { goldenLines } from "../host/kvmtool/requests-text.ts";

interface DrawnRim {
  readonly vmm: string;
  readonly hypervisor: string;
  readonly rmm: string;
  readonly argv: readonly string[];
  readonly platform: Readonly<Record<string, unknown>>;
  readonly images?: Readonly<Record<string, Recipe>>;
  readonly rim: string;
}

const DIRECTORIES: readonly string[] = ["share", "bad"];

/** Names that a word of a line may hold: itself, or what follows an option in the same word. */
function namesIn(word: string): string[] {
  return [word, word.replace(/^--[\w-]+=/, ""), word.replace(/^-[a-zA-Z]/, "")];
}

async function rimOf({ vmm, hypervisor, rmm, argv, platform, images = {} }: DrawnRim) {
  const bytes: Record<string, Uint8Array> = {};
  const entries: Record<string, object> = {};
  for (const name of argv.flatMap(namesIn)) {
    const recipe = images[name];
    const file = recipe === undefined ? syntheticFile(name) : cook(recipe);
    if (DIRECTORIES.includes(name)) entries[name] = { directory: true };
    if (file === undefined) continue;
    bytes[name] = file;
    entries[name] = { path: name };
  }
  const manifest = { manifest: 1, rmm, host: { vmm, hypervisor, args: argv } };
  const options = { files: bytes, hashes: nodeHashes };
  const { rim } = await measure({ ...manifest, files: entries, platform }, options);
  return rim;
}

const lines = goldenLines<DrawnRim>("drawn-rims");
const pairs = [...new Set(lines.map(({ vmm, hypervisor }) => `${vmm} on ${hypervisor}`))];

describe.each(pairs)("%s", (pair) => {
  test("RIMs", async () => {
    const own = lines.filter(({ vmm, hypervisor }) => `${vmm} on ${hypervisor}` === pair);
    for (const line of own) expect(await rimOf(line), line.argv.join(" ")).toBe(line.rim);
    expect(own.length).toBeGreaterThan(0);
  });
});
