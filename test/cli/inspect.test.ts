import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeToken } from "../evidence/make-token.ts";
import { makeLog, START } from "../formats/make-log.ts";
import { variantBytes } from "../reference/variants.ts";
import { run } from "./run.ts";
import { scenes } from "./scene.ts";
import { violations } from "./schemas.ts";

const { newFolder, scene } = scenes();

describe("inspect", () => {
  test.each<[string, Uint8Array, readonly string[]]>([
    [
      "CCA token",
      makeToken(),
      ["wrapper: tag 399", "alg (1): -35 (ES384)", "initial-measurement (44238): a5a5"],
    ],
    [
      "CCA token",
      makeToken({ wrapper: "cmw", keyForm: "point" }),
      ["content format: 263", "uncompressed point on P-384"],
    ],
    [
      "CoRIM",
      variantBytes("g1-int-alg"),
      ['key (0): "cca.rim"', "algorithm: 1 (sha-256)", "0: 1 (manifest creator)"],
    ],
    [
      "signed CoRIM",
      variantBytes("s1-signed-x5-protected"),
      ["corim-meta (8):", "x5chain (33):", "alg (1): -7 (ES256)"],
    ],
    [
      "event log",
      makeLog([{ ...START, index: 2 }]),
      ["EV_EFI_ACTION", "REM1 (measurement register 2)", "Calling EFI"],
    ],
  ])("%s", async (kind, bytes, texts) => {
    const file = join(newFolder(), "x");
    writeFileSync(file, bytes);
    const text = await run(["inspect", file]);
    expect([text.code, text.stdout.split("\n")[0]]).toEqual([0, kind]);
    for (const part of texts) expect(text.stdout).toContain(part);
    const json = await run(["inspect", "--json", file]);
    expect(violations("inspect", JSON.parse(json.stdout))).toEqual([]);
  });

  test("a device tree", async () => {
    const { folder } = await scene();
    const file = join(import.meta.dirname, "../../golden/oracle/kvmtool-dtb/002.dtb.bin");
    const { code, stdout } = await run(["inspect", file]);
    expect([code, folder.length > 0]).toEqual([0, true]);
    expect(stdout).toMatch(/^device tree\nheader:\n/);
    expect(stdout).toContain('device_type: "memory"');
  });

  test.each([
    ["text", "hello", "FILE_FORMAT"],
    ["a token cut off", makeToken().subarray(0, 100), "CBOR_FORMAT"],
    ["nothing", "", "FILE_FORMAT"],
  ])("%s ends in one line", async (_, content, code) => {
    const file = join(newFolder(), "x");
    writeFileSync(file, content);
    const outcome = await run(["inspect", file]);
    expect([outcome.code, outcome.stdout]).toEqual([2, ""]);
    expect(outcome.stderr).toContain(`[${code}]`);
  });
});
