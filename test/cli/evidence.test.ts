import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes.ts";
import { EXPORT_FORMATS } from "../../src/reference/export.ts";
import { TEST_JWK } from "../evidence/keys.ts";
import { CHALLENGE, makeToken, type TokenWish } from "../evidence/make-token.ts";
import { makeLog, SEPARATOR, START } from "../formats/make-log.ts";
import { variantBytes } from "../reference/variants.ts";
import { run } from "./run.ts";
import { violations } from "./schemas.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();
const CHALLENGE_HEX = toHex(CHALLENGE);

/** A folder with a manifest, an image, a token for its RIM, and the platform's key. */
interface Scene {
  readonly folder: string;
  readonly manifest: string;
  readonly rim: Uint8Array;
  readonly key: string;
}

interface Launch {
  readonly image?: Uint8Array;
  readonly more?: Readonly<Record<string, unknown>>;
}

function writeLaunch(folder: string, { image, more }: Launch = {}, name = "guest.json"): string {
  const content = image ?? Uint8Array.from({ length: 3 * 4096 }, (_, i) => i % 251);
  writeFileSync(join(folder, `${name}.img`), content);
  const path = join(folder, name);
  const manifest = {
    manifest: 1,
    rmm: "1.0-rel0",
    host: { vmm: "none", hypervisor: "direct" },
    platform: "tf-rmm-1.0-rel0-fvp",
    files: { image: { path: `${name}.img` } },
    realm: { hashAlgo: "sha-256", s2sz: 40, numBps: 1, numWps: 1, rpv: "text:guest" },
    launch: [
      { ripas: { base: "0x80000000", top: "0x80200000" } },
      { data: { file: "image", ipa: "0x80000000" } },
      { rec: { mpidr: "0x0", pc: "0x80000000", runnable: true } },
      { activate: true },
    ],
    ...more,
  };
  writeFileSync(path, JSON.stringify(manifest));
  return path;
}

async function scene(launch: Launch = {}): Promise<Scene> {
  const folder = newFolder();
  const manifest = writeLaunch(folder, launch);
  const { stdout } = await run(["measure", "-q", manifest]);
  const key = join(folder, "platform.jwk");
  const { d: _, ...publicKey } = TEST_JWK["P-384"];
  writeFileSync(key, JSON.stringify(publicKey));
  return { folder, manifest, rim: fromHex(stdout.trim()) ?? new Uint8Array(0), key };
}

function guestRpv(): Uint8Array {
  const rpv = new Uint8Array(64);
  rpv.set(new TextEncoder().encode("guest"));
  return rpv;
}

function writeToken({ folder, rim }: Scene, wish: TokenWish = {}): string {
  const path = join(folder, "token.cbor");
  writeFileSync(path, makeToken({ rim, rpv: guestRpv(), ...wish }));
  return path;
}

interface VerifyAnswer {
  readonly verified: boolean;
  readonly failed: readonly string[];
  readonly unchecked: readonly string[];
}

async function verifyJson(
  ...args: string[]
): Promise<VerifyAnswer & { readonly code: number | null }> {
  const { code, stdout } = await run(["verify", "--json", ...args]);
  const document = JSON.parse(stdout) as VerifyAnswer;
  expect(violations("verify", document)).toEqual([]);
  return { ...document, code };
}

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

  test("a file that is not there is an error", async () => {
    const { code, stderr } = await run(["lint", "/nowhere/x.corim"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("[FILE_NOT_FOUND]")]);
  });
});

describe("signed CoRIM", () => {
  // Made with OpenSSL for the P-256 key of keys.ts.
  const CHAIN = join(import.meta.dirname, "../evidence/chain.pem");

  test("is accepted, and its signature verifies with the certificate in it", async () => {
    expect(existsSync(CHAIN)).toBe(true);
    const { folder, manifest } = await scene();
    const key = join(folder, "key.jwk");
    writeFileSync(key, JSON.stringify(TEST_JWK["P-256"]));
    const file = join(folder, "signed.corim");
    const args = ["--key", key, "--chain", CHAIN, "--signer", "ACME", "-o", file];
    expect((await run(["export", "corim", manifest, ...args])).code).toBe(0);
    expect((await run(["lint", file])).stdout).toContain("no findings");
    const { stdout } = await run(["lint", "--compat", "veraison", file]);
    expect(stdout).toContain("accept: signed, with a signing certificate");
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect((await run(["lint", file])).stdout).toContain("[signature]");
    const token = writeToken(await scene());
    const refused = await run(["verify", token, file]);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("the signature is not"),
    ]);
  });

  test("needs a name, the right certificate, and the format corim", async () => {
    const { folder, manifest } = await scene();
    const key = join(folder, "key.jwk");
    writeFileSync(key, JSON.stringify(TEST_JWK["P-384"]));
    const out = ["-o", join(folder, "x")];
    const cases: readonly (readonly [readonly string[], string])[] = [
      [["export", "corim", manifest, "--key", key, ...out], "give --signer"],
      [
        ["export", "corim", manifest, "--key", key, "--chain", CHAIN, ...out],
        "not for the signing key",
      ],
      [["export", "json", manifest, "--key", key, ...out], "--key signs a CoRIM"],
      [["export", "corim", manifest, "--key", manifest, ...out], "[COSE_KEY]"],
      [["export", "corim", manifest, "--key", key, "--chain", key, ...out], "no certificate"],
    ];
    for (const [args, message] of cases) {
      const { code, stderr } = await run(args);
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
  });
});

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
