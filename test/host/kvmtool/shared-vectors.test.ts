/** Device trees byte for byte, over all vectors beside the repository (the goldens know hashes). */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { launchKvmtool } from "../../../src/host/vmm/kvmtool/launch.ts";
import { u64 } from "../../../src/units.ts";
import { filesWith } from "./images.ts";

const VECTORS = join(import.meta.dirname, "../../../../shared/vectors");
const CASES = join(VECTORS, "kvmtool/cases");
const STACK = join(VECTORS, "full-stack/cases.jsonl");
const files = filesWith();

/** Where two trees differ first; -1 if nowhere. */
function firstDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  return a.findIndex((byte, at) => byte !== b[at]);
}

const calculated = existsSync(CASES)
  ? readdirSync(CASES).filter((id) => existsSync(join(CASES, id, "dtb.bin")))
  : [];

describe.skipIf(calculated.length === 0)("trees of Samsung's calculator (shared vectors)", () => {
  test.each(calculated)("%s", (id) => {
    const folder = join(CASES, id);
    const { argv } = JSON.parse(readFileSync(join(folder, "case.json"), "utf8")) as {
      argv: string[];
    };
    const { dtb } = launchKvmtool({
      version: "kvmtool/eac5",
      hypervisor: "rim-measurer/eac5",
      argv,
      files,
      platform: { ramSize: u64(64n << 30n) },
    });
    // Without what lies behind it; that is in the golden's hash.
    const tree = readFileSync(join(folder, "dtb.bin"));
    expect(firstDifference(dtb.subarray(0, tree.length), tree)).toBe(-1);
  });
});

interface StackCase {
  readonly id: string;
  readonly vmm: string;
  readonly hypervisor: string;
  readonly args: readonly string[];
  readonly dtb?: { readonly file?: string };
}

const captured = existsSync(STACK)
  ? readFileSync(STACK, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as StackCase)
      .filter(({ vmm, dtb }) => vmm.startsWith("kvmtool/") && dtb?.file !== undefined)
  : [];

describe.skipIf(captured.length === 0)("trees captured on a stack (shared vectors)", () => {
  test.each(captured)("$id: $vmm", ({ vmm, hypervisor, args, dtb }) => {
    const platform = { cpus: 2, ramSize: u64(64n << 30n) };
    const launch = launchKvmtool({ version: vmm, hypervisor, argv: args, files, platform });
    const packed = readFileSync(join(VECTORS, "full-stack", dtb?.file ?? ""));
    expect(firstDifference(launch.dtb, gunzipSync(packed))).toBe(-1);
  });
});
