import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeToken } from "../evidence/make-token.ts";
import { variantBytes } from "../reference/variants.ts";
import { run } from "./run.ts";
import { scenes, writeLaunch } from "./scene.ts";
import { violations } from "./schemas.ts";

const { newFolder } = scenes();

describe("lint", () => {
  function writeVariant(name: string): string {
    const path = join(newFolder(), `${name}.cbor`);
    writeFileSync(path, variantBytes(name));
    return path;
  }

  test.each([
    ["g1-int-alg", "accept"],
    ["g1-flat-digest", "reject"],
    ["s1-signed-x5-badsig", "accept"],
    ["s1-signed-ct", "reject"],
  ])("--compat veraison %s: %s", async (name, verdict) => {
    const file = writeVariant(name);
    const { code, stdout } = await run(["lint", "--compat", "veraison", "--json", file]);
    const document = JSON.parse(stdout) as { verdict: string };
    expect(violations("lint", document)).toEqual([]);
    expect([code, document.verdict]).toEqual([verdict === "accept" ? 0 : 1, verdict]);
  });

  test("findings have a place, a rule and a count", async () => {
    const { code, stdout } = await run(["lint", writeVariant("g1-class-mismatch")]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /:byte 58: the environment names 0{64}, but the RIM is cf37.*\[class-differs\]/,
    );
    expect(stdout).toContain("CoRIM, 1 finding\n");
  });

  test("what is clean says so, in JSON as well", async () => {
    const { code, stdout } = await run(["lint", "--json", writeVariant("g1-int-alg")]);
    expect(violations("lint", JSON.parse(stdout))).toEqual([]);
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ verdict: "clean" })]);
  });

  test("a manifest: what is assumed, not pinned, or refused", async () => {
    const folder = newFolder();
    const found = await run(["lint", "--json", writeLaunch(folder)]);
    expect(violations("lint", JSON.parse(found.stdout))).toEqual([]);
    const { findings } = JSON.parse(found.stdout) as { findings: { rule: string; path: string }[] };
    expect(findings).toContainEqual(
      expect.objectContaining({ rule: "file-digest", path: "/files/image" }),
    );
    const broken = writeLaunch(folder, { more: { rmm: "9.9" } }, "broken.json");
    const { code, stdout } = await run(["lint", broken]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("[rejected]")]);
  });

  test.each([
    ["nothing", ""],
    ["text", "hello"],
    ["half of JSON", '{"references": ['],
    ["JSON of something else", '{"a": 1}'],
    ["bytes", Uint8Array.of(0, 1, 2, 255)],
    ["half of a CoRIM", Uint8Array.of(0xd9, 0x01, 0xf5, 0xa3)],
  ])("%s is rejected, not an error", async (_, content) => {
    const file = join(newFolder(), "x");
    writeFileSync(file, content);
    for (const args of [[], ["--compat", "veraison"]]) {
      const { code, stderr } = await run(["lint", file, ...args]);
      expect([code, stderr]).toEqual([1, ""]);
    }
  });

  test.each([
    ["a token is evidence", makeToken(), "verify and inspect read those"],
    ["text is no CoRIM, however it begins", "/ diagnostic / {1: 2}", "neither"],
  ])("%s", async (_, content, message) => {
    const file = join(newFolder(), "x");
    writeFileSync(file, content);
    const { code, stdout } = await run(["lint", file]);
    expect([code, stdout]).toEqual([1, expect.stringContaining(message)]);
    expect(stdout).toContain("1 finding\n");
  });

  test("a file that is not there is an error", async () => {
    const { code, stderr } = await run(["lint", "/nowhere/x.corim"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("[FILE_NOT_FOUND]")]);
  });
});
