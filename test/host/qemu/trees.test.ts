/** Device trees of real QEMU binaries, whole buffers by their SHA-256. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { CcaRimError } from "../../../src/errors.ts";
import { bytesSource } from "../../../src/hash/source.ts";
import type { Platform } from "../../../src/host/platform.ts";
import { launchQemu } from "../../../src/host/vmm/qemu/launch.ts";
import { u64 } from "../../../src/units.ts";
import { GOLDEN } from "../../tools/measure.ts";
import { dumpFiles } from "./images.ts";

interface Dump {
  /** Version of the binary; `9.1.91-ccav3-tcgstub` is the RFC v3 realm series. */
  readonly folder: string;
  readonly case: string;
  readonly argv: readonly string[];
  /** Exit status: other than 0, the binary refused the line. */
  readonly rc: number;
  /** What the run drew at random, and its libfdt. */
  readonly drawn?: Readonly<Record<string, string>>;
  readonly sha256?: string;
}

const FOLDER = join(GOLDEN, "oracle/qemu");
const DUMPS = gunzipSync(readFileSync(join(FOLDER, "trees.jsonl.gz")))
  .toString()
  .split("\n")
  .map((line) => JSON.parse(line) as Dump);
const USER_DTB = bytesSource(Uint8Array.from(readFileSync(join(FOLDER, "user.dtb"))));

const SEEDS: ReadonlySet<string> = new Set(["kaslrSeed", "secureKaslrSeed"]);

function platformOf({ drawn = {} }: Dump): Platform {
  return Object.fromEntries(
    Object.entries(drawn).map(([name, value]) => [
      name,
      SEEDS.has(name) ? u64(BigInt(value)) : value,
    ]),
  );
}

function treeOf(dump: Dump): string {
  const realm = dump.folder === "9.1.91-ccav3-tcgstub";
  const { dtb } = launchQemu({
    version: realm ? "9.1.91" : dump.folder,
    ...(realm ? { series: "rfc-v3" } : {}),
    argv: dump.argv,
    files: dumpFiles({ "user.dtb": USER_DTB }),
    platform: platformOf(dump),
  });
  return createHash("sha256").update(dtb).digest("hex");
}

describe.each([...new Set(DUMPS.map(({ folder }) => folder))])("QEMU %s", (folder) => {
  const own = DUMPS.filter((dump) => dump.folder === folder);

  test.each(own.filter(({ rc }) => rc === 0))("$case", (dump) => {
    expect(treeOf(dump)).toBe(dump.sha256);
  });

  const refused = own.filter(({ rc }) => rc !== 0);
  test.runIf(refused.length > 0).each(refused)("$case is refused", (dump) => {
    expect(() => treeOf(dump)).toThrow(CcaRimError);
  });
});
