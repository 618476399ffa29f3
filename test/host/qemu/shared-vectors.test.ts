/** All dumps of real binaries beside the repository, byte for byte. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { CcaRimError } from "../../../src/errors.ts";
import { bytesSource } from "../../../src/hash/source.ts";
import type { Platform } from "../../../src/host/platform.ts";
import { launchQemu } from "../../../src/host/vmm/qemu/launch.ts";
import { u64 } from "../../../src/units.ts";
import { dumpFiles } from "./images.ts";

interface Dump {
  readonly case: string;
  readonly argv: readonly string[];
  readonly rc: number | string;
  readonly dtb: { readonly file: string } | null;
  readonly drawn?: Readonly<Record<string, string>>;
  readonly stderr: string | readonly string[];
}

const VECTORS = join(import.meta.dirname, "../../../../shared/vectors/qemu");
const STUB = "9.1.91-ccav3-tcgstub";
/** What failed where the dumps were made, not in the line. */
const THERE = /not compiled into this binary|Failed to get "write" lock/;
const folders = existsSync(VECTORS)
  ? readdirSync(VECTORS).filter((name) => existsSync(join(VECTORS, name, "cases.jsonl")))
  : [];

function dumpsOf(folder: string): readonly Dump[] {
  const text = readFileSync(join(VECTORS, folder, "cases.jsonl"), "utf8");
  const dumps = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Dump);
  return dumps.filter(({ stderr }) => !THERE.test(String(stderr)));
}

function platformOf({ drawn = {} }: Dump): Platform {
  const seed = (name: string): object =>
    drawn[name] === undefined ? {} : { [name]: u64(BigInt(drawn[name])) };
  return { ...drawn, ...seed("kaslrSeed"), ...seed("secureKaslrSeed") };
}

describe.skipIf(folders.length === 0)("all dumps (shared vectors)", () => {
  const given = folders.length === 0 ? undefined : readFileSync(join(VECTORS, "user.dtb"));
  const files = dumpFiles(
    given === undefined ? {} : { "user.dtb": bytesSource(Uint8Array.from(given)) },
  );

  describe.each(folders)("%s", (folder) => {
    const treeOf = (dump: Dump): Uint8Array =>
      launchQemu({
        ...(folder === STUB ? { version: "9.1.91", series: "rfc-v3" } : { version: folder }),
        argv: dump.argv,
        files,
        platform: platformOf(dump),
      }).dtb;

    test.each(dumpsOf(folder))("$case", (dump) => {
      if (typeof dump.rc === "number" && dump.rc !== 0) {
        expect(() => treeOf(dump)).toThrow(CcaRimError);
        return;
      }
      // Where no dump was made, the tree is the file that the line gives.
      const file = dump.dtb === null ? given : readFileSync(join(VECTORS, folder, dump.dtb.file));
      const expected = dump.dtb === null ? (file ?? Buffer.alloc(0)) : gunzipSync(file ?? "");
      expect(Buffer.compare(treeOf(dump), expected)).toBe(0);
    });
  });
});
