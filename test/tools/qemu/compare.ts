/** What a binary made of a line beside what the model makes of it. */
import { toHex, viewOf } from "../../../src/bytes.ts";
import { CcaRimError } from "../../../src/errors.ts";
import { toDts } from "../../../src/formats/fdt/dts.ts";
import { readFdt } from "../../../src/formats/fdt/reader.ts";
import type { FileLookup } from "../../../src/host/files.ts";
import type { Platform } from "../../../src/host/platform.ts";
import { launchQemu } from "../../../src/host/vmm/qemu/launch.ts";
import { u64 } from "../../../src/units.ts";
import type { Outcome } from "./binary.ts";

/** How a line came out. */
export interface Verdict {
  readonly kind: "equal" | "differs" | "skipped" | "not-modelled";
  readonly text: string;
}

const LAST_COMP_VERSION = 24;

/** What the dump was drawn and linked with. */
function platformOf(dump: Uint8Array): Platform {
  const { root } = readFdt(dump);
  const value = (node: string, property: string): string => {
    const found = root.children.find(({ name }) => name === node);
    return toHex(
      found?.properties.find(({ name }) => name === property)?.value ?? new Uint8Array(),
    );
  };
  const seed = (node: string): bigint => BigInt(`0x${value(node, "kaslr-seed") || "0"}`);
  const libfdt = viewOf(dump).getUint32(LAST_COMP_VERSION) === 2 ? "1.6.0" : "1.6.1";
  return {
    libfdt,
    kaslrSeed: u64(seed("chosen")),
    rngSeed: value("chosen", "rng-seed") || "00".repeat(32),
    secureKaslrSeed: u64(seed("secure-chosen")),
    secureRngSeed: value("secure-chosen", "rng-seed") || "00".repeat(32),
  };
}

const NO_DRAWS: Platform = {
  kaslrSeed: u64(0n),
  rngSeed: "00".repeat(32),
  secureKaslrSeed: u64(0n),
  secureRngSeed: "00".repeat(32),
};

function linesOf(tree: Uint8Array): readonly string[] {
  return toDts(readFdt(tree)).split("\n");
}

/** Lines that only one of two texts has, and the first byte that differs. */
function differenceOf(binary: Uint8Array, model: Uint8Array): string {
  const at = binary.findIndex((byte, i) => byte !== model[i]);
  const theirs = linesOf(binary);
  const ours = linesOf(model);
  const removed = theirs.filter((line) => !ours.includes(line)).map((line) => `  binary ${line}`);
  const added = ours.filter((line) => !theirs.includes(line)).map((line) => `  model  ${line}`);
  const shown = [...removed.slice(0, 12), ...added.slice(0, 12)];
  return [`  first difference at byte ${at} of ${binary.length}`, ...shown].join("\n");
}

/** Compares. @param argv without the program. */
export function compare(
  argv: readonly string[],
  outcome: Outcome,
  version: string,
  files: FileLookup,
): Verdict {
  if (outcome.kind === "skipped") return { kind: "skipped", text: outcome.reason };
  const platform = outcome.kind === "tree" ? platformOf(outcome.bytes) : NO_DRAWS;
  let model: Uint8Array;
  try {
    const launch = { version, argv: ["qemu-system-aarch64", ...argv], files, platform };
    model = launchQemu(launch).dtb;
  } catch (error) {
    if (!(error instanceof CcaRimError)) throw error;
    if (outcome.kind === "refused") {
      return { kind: "equal", text: `refused: ${outcome.reason} | ${error.message}` };
    }
    const kind = error.code === "HOST_NOT_MODELLED" ? "not-modelled" : "differs";
    return { kind, text: `  the binary makes a tree, the model: ${error.message}` };
  }
  if (outcome.kind === "refused") {
    return { kind: "differs", text: `  the binary: ${outcome.reason}\n  the model makes a tree` };
  }
  const same = Buffer.compare(model, outcome.bytes) === 0;
  return same
    ? { kind: "equal", text: "tree" }
    : { kind: "differs", text: differenceOf(outcome.bytes, model) };
}
