import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { variantBytes } from "../reference/variants.ts";
import { run } from "./run.ts";
import { scenes, writeLaunch } from "./scene.ts";

const { newFolder, scene } = scenes();

describe("export", () => {
  const ANCHORS = ["g1-int-alg", "g1-text-alg", "g1-sha384", "g1-two-realms"] as const;
  const RIM = "cf37146fce0ad50e1be1a04580c1024e5449b430b0dd96b6ef5c9a2b73767bf5";

  function writeReport(folder: string, rim: string, name: string): string {
    const hashAlgo = rim.length === 96 ? "sha-384" : "sha-256";
    const rem = Array.from({ length: 4 }, () => "0".repeat(rim.length));
    const path = join(folder, name);
    const report = { schemaVersion: 1, rim, rem, hashAlgo, rpv: "0".repeat(128) };
    writeFileSync(path, JSON.stringify(report));
    return path;
  }

  test.each(ANCHORS)("gives %s byte for byte from reports", async (name) => {
    const folder = newFolder();
    const rims = name === "g1-sha384" ? [RIM + RIM.slice(0, 32)] : [RIM];
    if (name === "g1-two-realms") rims.push("0".repeat(64));
    const reports = rims.map((rim, i) => writeReport(folder, rim, `${i}.json`));
    const file = join(folder, "out.corim");
    const { code, stderr } = await run([
      "export",
      "corim",
      ...reports,
      "--corim-id",
      name === "g1-two-realms" ? "two" : "cca-realm-test",
      "--tag-id",
      "00112233-4455-6677-8899-aabbccddeeff",
      "--rem",
      "always",
      ...(/int-alg|text-alg/.test(name) ? ["--entity", "Example Ltd."] : []),
      ...(name === "g1-text-alg" ? ["--algorithms", "text"] : []),
      "-o",
      file,
    ]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(toHex(readFileSync(file))).toBe(toHex(variantBytes(name)));
  });

  test("REMs stay out unless a manifest predicts them, and that is told", async () => {
    const { manifest } = await scene();
    const silent = await run(["export", "json", manifest]);
    expect(silent.stderr).toContain("REMs are left out");
    expect(JSON.parse(silent.stdout)).toMatchObject({
      references: [{ rem: [null, null, null, null] }],
    });
    const loud = await run(["export", "json", "--rem", "always", "--no-rpv", manifest]);
    expect(loud.stderr).toBe("");
    expect(JSON.parse(loud.stdout)).toMatchObject({
      references: [{ rem: Array.from({ length: 4 }, () => "0".repeat(64)), rpv: null }],
    });
  });

  test("dates come from the manifest, the command line or SOURCE_DATE_EPOCH", async () => {
    const { folder, manifest } = await scene();
    const validity = { notBefore: "2026-01-01T00:00:00Z", notAfter: "2027-01-01T00:00:00Z" };
    const dated = writeLaunch(folder, { more: { validity } }, "dated.json");
    const of = async (
      args: readonly string[],
      env: Record<string, string> = {},
    ): Promise<unknown> => {
      const { code, stdout } = await run(["export", "corim-json", ...args], { env });
      return code === 0 ? (JSON.parse(stdout) as { validity?: unknown }).validity : code;
    };
    expect(await of([manifest])).toBeUndefined();
    expect(await of([dated])).toEqual({
      "not-before": "2026-01-01T00:00:00Z",
      "not-after": "2027-01-01T00:00:00Z",
    });
    expect(await of([dated, "--not-after", "0"])).toEqual({ "not-after": "1970-01-01T00:00:00Z" });
    expect(await of([manifest, "--valid-days", "1"], { SOURCE_DATE_EPOCH: "86400" })).toEqual({
      "not-before": "1970-01-02T00:00:00Z",
      "not-after": "1970-01-03T00:00:00Z",
    });
    expect(await of([manifest, "--valid-days", "1"])).toBe(2);
    expect(await of([manifest, "--not-before", "0"])).toBe(2);
    expect(await of([manifest, "--not-after", "tomorrow"])).toBe(2);
    expect(await of([manifest, "--not-before", "2", "--not-after", "1"])).toBe(2);
  });

  test.each([
    [{ notAfter: "2027-13-01T00:00:00Z" }, "MANIFEST_VALUE"],
    [{ notBefore: "2028-01-01T00:00:00Z", notAfter: "2027-01-01T00:00:00Z" }, "MANIFEST_VALUE"],
    [{ notAfter: "tomorrow" }, "MANIFEST_SCHEMA"],
  ])("the validity %j is refused", async (validity, code) => {
    const manifest = writeLaunch(newFolder(), { more: { validity } });
    const { stderr } = await run(["measure", manifest]);
    expect(stderr).toContain(`[${code}]`);
  });

  test("an unknown format is told with a hint", async () => {
    const { code, stderr } = await run(["export", "corimm", "x.yaml"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("did you mean corim?")]);
  });
});
