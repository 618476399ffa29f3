/** Tokens of a complete stack against the manifests of their launches: own and others'. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes.ts";
import { loadReferences } from "../../src/cli/load-references.ts";
import { CHECK_NAMES, type CheckName, type CheckResult } from "../../src/evidence/checks.ts";
import { nodeVerifier, publicKeyFromPem } from "../../src/evidence/node-crypto.ts";
import { readToken } from "../../src/evidence/token.ts";
import { verifyToken } from "../../src/evidence/verify.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import type { RealmReference } from "../../src/reference/values.ts";
import { CHALLENGE } from "../evidence/make-token.ts";
import { syntheticImage } from "../host/kvmtool/images.ts";
import { GOLDEN } from "../tools/measure.ts";
import { run } from "./run.ts";

interface Captured {
  readonly id: string;
  readonly vmm: string;
  readonly hypervisor: string;
  readonly rmm: string;
  readonly args: readonly string[];
  readonly platform: object;
  /** SHA-256 by name. */
  readonly images: Readonly<Record<string, string>>;
  readonly rim: string;
  /** Hex. */
  readonly token: string;
}

const TOKENS = join(GOLDEN, "oracle/full-stack-tokens");
const KEY_FILE = join(TOKENS, "platform-key.pem");
const PLATFORM_KEY = {
  key: publicKeyFromPem(readFileSync(KEY_FILE, "utf8"), "key"),
  origin: "platform-key.pem",
};

const CAPTURED = gunzipSync(readFileSync(join(TOKENS, "launches.jsonl.gz")))
  .toString()
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Captured);

/**
 * The line with dtb-randomness=on: QEMU 7.2 and later draw rng-seed anew when the machine resets,
 * behind the dump of the device tree, so nobody but the guest has seen the tree that was measured.
 */
const REDRAWN = "301";

const folder = mkdtempSync(join(tmpdir(), "cca-rim-stack-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The image of that name; undefined if it is none that the test has or can make. */
function imageOf(name: string): Uint8Array | undefined {
  const guest = join(TOKENS, `${name}.gz`);
  return existsSync(guest) ? gunzipSync(readFileSync(guest)) : syntheticImage(name);
}

/** Writes the manifest of a launch with its images; undefined if an image is not there. */
function writeManifest(launch: Omit<Captured, "rim" | "token">): string | undefined {
  const { id, rmm, vmm, hypervisor, args, platform, images } = launch;
  for (const [name, sha256] of Object.entries(images)) {
    const bytes = imageOf(name);
    if (bytes === undefined) return undefined;
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
    writeFileSync(join(folder, name), bytes);
  }
  const files = Object.fromEntries(Object.keys(images).map((name) => [name, { path: name }]));
  // A directory that a line shares with the guest.
  if (args.join(" ").includes("share")) Object.assign(files, { share: { directory: true } });
  const manifest = { manifest: 1, rmm, host: { vmm, hypervisor, args }, files, platform };
  const path = join(folder, `${id}.json`);
  writeFileSync(path, JSON.stringify(manifest));
  return path;
}

async function referenceOf(manifest: string): Promise<RealmReference> {
  const [reference] = (await loadReferences(manifest, () => undefined)).references;
  if (reference === undefined) throw new Error(`${manifest} has no reference`);
  return reference;
}

/** The checks of a captured token that end in a way. */
function outcome(
  { token }: Captured,
  reference: RealmReference,
): (result: CheckResult) => readonly CheckName[] {
  const expectations = {
    references: [reference],
    platformKeys: [PLATFORM_KEY],
    challenge: CHALLENGE,
  };
  const tools = { verifier: nodeVerifier, hashes: nodeHashes };
  const { checks } = verifyToken(
    readToken(fromHex(token) ?? new Uint8Array(0)),
    expectations,
    tools,
  );
  return (result) => checks.filter((check) => check.result === result).map(({ name }) => name);
}

const references = new Map<string, RealmReference>();

beforeAll(async () => {
  for (const launch of CAPTURED) {
    const manifest = writeManifest(launch);
    if (manifest !== undefined) references.set(launch.id, await referenceOf(manifest));
  }
});

describe("tokens of a complete stack", () => {
  test("there are 24, of kvmtool and of QEMU, and a manifest for each", () => {
    const vmms = new Set(CAPTURED.map(({ vmm }) => vmm.split("/")[0]));
    expect([references.size, [...vmms]]).toEqual([24, ["kvmtool", "qemu"]]);
  });

  test.each(CAPTURED.filter(({ id }) => id !== REDRAWN))(
    "$id ($vmm) passes every check against its own manifest",
    (launch) => {
      const reference = references.get(launch.id);
      expect(toHex(reference?.rim ?? new Uint8Array(0))).toBe(launch.rim);
      if (reference !== undefined) expect(outcome(launch, reference)("ok")).toEqual(CHECK_NAMES);
    },
  );

  test("what QEMU drew after it had dumped the tree shows in the RIM alone", () => {
    const launch = CAPTURED.find(({ id }) => id === REDRAWN);
    const reference = references.get(REDRAWN);
    if (launch === undefined || reference === undefined) throw new Error(`${REDRAWN} is missing`);
    expect(outcome(launch, reference)("FAIL")).toEqual(["RIM"]);
    const captured = { ...reference, rim: fromHex(launch.rim) ?? reference.rim };
    expect(outcome(launch, captured)("ok")).toEqual(CHECK_NAMES);
  });

  test("each fails by its RIM against every other launch, unless that one has the same", () => {
    const counts = { differs: 0, same: 0 };
    for (const launch of CAPTURED) {
      for (const [id, reference] of references) {
        if (id === launch.id) continue;
        const isSame = toHex(reference.rim) === launch.rim;
        counts[isSame ? "same" : "differs"] += 1;
        expect(outcome(launch, reference)("FAIL").includes("RIM")).toBe(!isSame);
      }
    }
    // 026, 028 and 032 were launched twice, under two firmwares: 223, 225 and 228.
    expect(counts).toEqual({ differs: 546, same: 6 });
  });

  test.each([
    ["021", "kvmtool", "023"],
    ["287", "QEMU", "288"],
  ])("%s of %s through the command", async (id, _, other) => {
    const token = join(folder, `${id}.token.cbor`);
    const launch = CAPTURED.find((candidate) => candidate.id === id);
    writeFileSync(token, fromHex(launch?.token ?? "") ?? new Uint8Array(0));
    const key = ["--platform-key", KEY_FILE, "--challenge", toHex(CHALLENGE)];
    const own = await run(["verify", token, join(folder, `${id}.json`), ...key]);
    expect([own.code, own.stdout.trimEnd().split("\n").at(-1)]).toEqual([0, "PASSED"]);
    const wrong = await run(["verify", token, join(folder, `${other}.json`), ...key]);
    expect([wrong.code, wrong.stdout]).toEqual([1, expect.stringMatching(/^FAILED: RIM$/m)]);
  });
});

const SHARED = join(import.meta.dirname, "../../../shared/vectors/full-stack");
const STACK = process.env["CCA_RIM_FULL_STACK"] ?? SHARED;

interface SharedCase extends Omit<Captured, "images"> {
  readonly images?: Readonly<Record<string, { readonly sha256: string }>>;
}

describe.skipIf(!existsSync(STACK))("every launch of the shared vectors", () => {
  test("is told from every token's by the RIM, or has the same", async () => {
    const lines = readFileSync(join(STACK, "cases.jsonl"), "utf8").trimEnd().split("\n");
    let compared = 0;
    for (const line of lines) {
      const { images = {}, ...launch } = JSON.parse(line) as SharedCase;
      const digests = Object.entries(images).map(([name, { sha256 }]) => [name, sha256] as const);
      const known = CAPTURED.find(({ id }) => id === launch.id);
      const platform = known?.platform ?? launch.platform;
      const manifest = writeManifest({ ...launch, platform, images: Object.fromEntries(digests) });
      // Images of distributions are not there.
      if (manifest === undefined) continue;
      const reference = await referenceOf(manifest);
      if (launch.id === REDRAWN) continue;
      expect([launch.id, toHex(reference.rim)]).toEqual([launch.id, launch.rim]);
      for (const token of CAPTURED) {
        const isSame = token.rim === launch.rim;
        expect(outcome(token, reference)("FAIL").includes("RIM")).toBe(!isSame);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(24 * 100);
  });
});
