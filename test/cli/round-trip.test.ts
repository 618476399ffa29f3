import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes.ts";
import { EXPORT_FORMATS } from "../../src/reference/export.ts";
import { CHALLENGE } from "../evidence/make-token.ts";
import { run } from "./run.ts";
import { scenes, verifyJson, writeLaunch, writeToken } from "./scene.ts";
import { violations } from "./schemas.ts";

const { scene } = scenes();
const CHALLENGE_HEX = toHex(CHALLENGE);

describe("from a manifest to every format and back to a token", () => {
  const READABLE = ["corim", "rvps", "rvps-json", "ccatoken", "json"] as const;

  test.each(["0", "1", "2"])("generation %s", async (generation) => {
    const place = await scene();
    const token = writeToken(place);
    const file = join(place.folder, "guest.corim");
    const made = await run([
      "export",
      "corim",
      "--generation",
      generation,
      "-o",
      file,
      place.manifest,
    ]);
    expect(made.code).toBe(0);
    const found = await verifyJson(
      token,
      file,
      "--platform-key",
      place.key,
      "--challenge",
      CHALLENGE_HEX,
    );
    expect([found.failed, found.unchecked]).toEqual([[], ["REM0", "REM1", "REM2", "REM3"]]);
  });

  test.each(READABLE)("%s", async (format) => {
    const place = await scene({ more: { rem: [{ extend: { register: 1, data: "hex:00" } }] } });
    const report = await run(["measure", "--json", place.manifest]);
    const { rem } = JSON.parse(report.stdout) as { rem: readonly string[] };
    const rems = rem.map((text) => fromHex(text) ?? new Uint8Array(0));
    const token = writeToken(place, { rem: rems });
    const file = join(place.folder, `guest.${format}`);
    const made = await run(["export", format, "-o", file, place.manifest]);
    expect(made.code).toBe(0);
    const lint = await run(["lint", file]);
    expect([lint.code, lint.stdout]).toEqual([0, expect.stringContaining("no findings")]);
    const args = ["--platform-key", place.key, "--challenge", CHALLENGE_HEX];
    const found = await verifyJson(token, file, ...args);
    const isRimOnly = format.startsWith("rvps");
    const open = isRimOnly ? ["REM0", "REM1", "REM2", "REM3", "RPV"] : [];
    expect([found.failed, found.unchecked]).toEqual([[], open]);
    expect(found.code).toBe(isRimOnly ? 1 : 0);
    const changed = writeToken({ ...place, rim: place.rim.with(0, 1) }, { rem: rems });
    expect((await verifyJson(changed, file, ...args)).failed).toContain("RIM");
  });

  test("every other format", async () => {
    const { manifest } = await scene();
    const others = EXPORT_FORMATS.filter(({ name }) => !READABLE.some((known) => known === name));
    const outcomes = await Promise.all(others.map(({ name }) => run(["export", name, manifest])));
    expect(outcomes.map(({ code }) => code)).toEqual(others.map(() => 0));
  });

  test("with --json, the document and who takes it", async () => {
    const { manifest } = await scene();
    const { code, stdout } = await run(["export", "rvps", "--json", manifest]);
    expect(code).toBe(0);
    expect(violations("export", JSON.parse(stdout))).toEqual([]);
    expect(JSON.parse(stdout)).toMatchObject({ format: "rvps", encoding: "text" });
  });

  test("a matrix is one document with every RIM once", async () => {
    const { folder } = await scene();
    const rmms = { matrix: { rmm: ["1.0-rel0", "1.1"] } };
    const manifest = writeLaunch(folder, { more: { ...rmms, platform: undefined } }, "axes.json");
    const { code, stdout, stderr } = await run(["export", "json", manifest]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const { references } = JSON.parse(stdout) as { references: { origin: string }[] };
    expect(references.length).toBe(1);
    expect(references[0]?.origin).toContain("combination 1");
  });

  test("two launches in one document, but none twice", async () => {
    const { folder, manifest } = await scene();
    const other = writeLaunch(folder, { image: new Uint8Array(4096) }, "other.json");
    const both = await run(["export", "json", manifest, other]);
    expect((JSON.parse(both.stdout) as { references: unknown[] }).references.length).toBe(2);
    const twice = await run(["export", "json", manifest, manifest]);
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining("the same RIM as")]);
  });
});
