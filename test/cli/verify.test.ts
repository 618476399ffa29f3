import { createPublicKey } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { TEST_JWK } from "../evidence/keys.ts";
import { CHALLENGE, makeToken } from "../evidence/make-token.ts";
import { makeLog, SEPARATOR, START } from "../formats/make-log.ts";
import { run } from "./run.ts";
import { scenes, verifyJson, writeLaunch, writeToken } from "./scene.ts";

const { newFolder, scene } = scenes();
const CHALLENGE_HEX = toHex(CHALLENGE);

describe("verify", () => {
  test("prints every check by name, and the verdict last", async () => {
    const place = await scene();
    const args = [writeToken(place), place.manifest, "--platform-key", place.key];
    const good = await run(["verify", ...args, "--challenge", CHALLENGE_HEX]);
    expect(good.code).toBe(0);
    const lines = good.stdout.trimEnd().split("\n");
    expect(lines.at(-1)).toBe("PASSED");
    expect(lines.filter((line) => line.startsWith("ok  ")).length).toBe(12);
    const open = await run(["verify", ...args]);
    expect(open.code).toBe(1);
    expect(open.stdout).toMatch(/^NOT CHECKED +challenge +no challenge was given$/m);
    expect(open.stdout).toContain("FAILED: challenge not checked");
  });

  test("one changed page: the RIM fails by name", async () => {
    const place = await scene();
    const token = writeToken(place);
    const image = Uint8Array.from({ length: 3 * 4096 }, (_, i) => i % 251).with(5000, 0);
    const changed = writeLaunch(place.folder, { image }, "changed.json");
    const args = ["--platform-key", place.key, "--challenge", CHALLENGE_HEX];
    const { code, stdout } = await run(["verify", token, changed, ...args]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAIL +RIM +not that of /m);
    expect(stdout).toContain("FAILED: RIM\n");
  });

  test("what is not checked is allowed by name, in any spelling", async () => {
    const place = await scene();
    const base = ["verify", writeToken(place), place.manifest];
    for (const allowed of [
      ["--allow-unchecked", "platform signature", "--allow-unchecked", "challenge"],
      ["--allow-unchecked", "Platform-Signature,CHALLENGE"],
    ]) {
      expect((await run([...base, ...allowed])).code).toBe(0);
    }
    expect((await run([...base, "--allow-unchecked", "challenge"])).code).toBe(1);
    const wrong = await run([...base, "--allow-unchecked", "everything"]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("no check")]);
  });

  test("a report, --against, and challenges in other forms", async () => {
    const place = await scene();
    const report = join(place.folder, "report.json");
    await run(["measure", "--json", "--encoding", "base64", "-o", report, place.manifest]);
    const file = join(place.folder, "challenge.bin");
    writeFileSync(file, CHALLENGE);
    const base64 = Buffer.from(CHALLENGE).toString("base64");
    for (const challenge of [`@${file}`, `base64:${base64}`, `0x${CHALLENGE_HEX}`]) {
      const args = ["--against", report, "--platform-key", place.key, "--challenge", challenge];
      expect((await verifyJson(writeToken(place), ...args)).verified).toBe(true);
    }
  });

  test("a manifest that predicts REMs by an event log", async () => {
    const folder = newFolder();
    const log = makeLog(
      [
        { ...SEPARATOR, index: 1 },
        { ...START, index: 2 },
      ],
      "sha-256",
      { fill: 0xff },
    );
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "ccel.bin"), log);
    const manifest = writeLaunch(folder, { more: { rem: [{ eventLog: { file: "ccel.bin" } }] } });
    const { stdout } = await run(["measure", "--json", manifest]);
    const { rem } = JSON.parse(stdout) as { rem: readonly string[] };
    expect(rem[0]).toBe("3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969");
    const inspected = await run(["inspect", join(folder, "ccel.bin")]);
    expect(inspected.stdout).toContain(`REM1: ${rem[1]}`);
  });

  test.each([
    ["a log that is none", new Uint8Array(10)],
    ["a log of another hash", makeLog([{ ...SEPARATOR, index: 1 }], "sha-512")],
  ])("%s is refused with the line of the manifest", async (_, log) => {
    const folder = newFolder();
    const manifest = writeLaunch(folder, { more: { rem: [{ eventLog: { file: "ccel.bin" } }] } });
    writeFileSync(join(folder, "ccel.bin"), log);
    const { code, stderr } = await run(["measure", manifest]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/guest\.json:1:\d+: ccel\.bin.*\[EVENTLOG_FORMAT\]/);
  });

  test("an EAR-shaped result says that it is not signed", async () => {
    const place = await scene();
    const { code, stdout } = await run(["verify", "--ear", writeToken(place), place.manifest]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ notice: "not signed, not an attestation result" });
  });

  test("a damaged token ends in one line with the offset", async () => {
    const place = await scene();
    const file = join(place.folder, "bad.cbor");
    writeFileSync(file, makeToken().subarray(0, 300));
    const { code, stdout, stderr } = await run(["verify", file, place.manifest]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^\S+bad\.cbor: byte \d+: .* \[CBOR_FORMAT\]\n$/);
  });

  test("the platform's key in every form, its private half ignored", async () => {
    const place = await scene();
    const token = writeToken(place);
    const { d: _, ...jwk } = TEST_JWK["P-384"];
    const key = createPublicKey({ key: jwk, format: "jwk" });
    const ids = { "implementation-id": "01".repeat(32), "instance-id": `01${"02".repeat(32)}` };
    const forms: readonly (readonly [string, boolean])[] = [
      [JSON.stringify(jwk), true],
      [JSON.stringify(TEST_JWK["P-384"]), true],
      [JSON.stringify({ keys: [TEST_JWK["P-256"], jwk] }), true],
      [String(key.export({ type: "spki", format: "pem" })), true],
      [readFileSync(join(import.meta.dirname, "../evidence/chain-p384.pem"), "utf8"), true],
      [JSON.stringify([{ pkey: jwk, ...ids }]), true],
      [JSON.stringify([{ pkey: jwk, ...ids, "instance-id": `01${"03".repeat(32)}` }]), false],
      [JSON.stringify(TEST_JWK["P-256"]), false],
    ];
    const file = join(place.folder, "form");
    for (const [text, isRight] of forms) {
      writeFileSync(file, text);
      const found = await verifyJson(
        token,
        place.manifest,
        "--platform-key",
        file,
        "--challenge",
        CHALLENGE_HEX,
      );
      expect([text, found.failed]).toEqual([text, isRight ? [] : ["platform signature"]]);
    }
  });

  test("keys that are none, references that are none", async () => {
    const place = await scene();
    const token = writeToken(place);
    const file = join(place.folder, "x");
    for (const content of ["{}", "[1]", "not json", "-----BEGIN PUBLIC KEY-----\n"]) {
      writeFileSync(file, content);
      const { code, stderr } = await run(["verify", token, place.manifest, "--platform-key", file]);
      expect([code, stderr]).toEqual([2, expect.stringContaining("[COSE_KEY]")]);
    }
    for (const content of ["{}", "[]", '"x"', '{"references": [{}], "schemaVersion": 1}']) {
      writeFileSync(file, content);
      const { code, stderr } = await run(["verify", token, file]);
      expect([code, stderr]).toEqual([2, expect.stringContaining("[REFERENCE_FORMAT]")]);
    }
  });
});
