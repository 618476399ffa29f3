/** From a VMM's command line to every format of reference values, and back to a token. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadReferences } from "../../src/cli/load-references.ts";
import { CHECK_NAMES, type Check, type CheckName } from "../../src/evidence/checks.ts";
import { nodeVerifier } from "../../src/evidence/node-crypto.ts";
import { readToken } from "../../src/evidence/token.ts";
import { verifyToken } from "../../src/evidence/verify.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import type { CorimOptions } from "../../src/reference/corim/build.ts";
import { signCorim } from "../../src/reference/corim/sign.ts";
import { EXPORT_FORMATS, exportReferences } from "../../src/reference/export.ts";
import type { RealmReference } from "../../src/reference/values.ts";
import { testSigner } from "../evidence/keys.ts";
import { CHALLENGE, makeToken } from "../evidence/make-token.ts";
import { syntheticImage } from "../host/kvmtool/images.ts";

const folder = mkdtempSync(join(tmpdir(), "cca-rim-export-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const PLATFORM = {
  maxIpaBits: 52,
  breakpoints: 6,
  watchpoints: 4,
  sveVectorBits: 2048,
  pmuCounters: 6,
  cpus: 2,
};

interface Vmm {
  readonly name: string;
  readonly vmm: string;
  readonly args: readonly string[];
  readonly image: string;
}

const VMMS: readonly Vmm[] = [
  {
    name: "kvmtool",
    vmm: "kvmtool/v3",
    args: "lkvm run --realm -c 2 -m 64M --irqchip=gicv3 -k synk-a.img -i syni-a.bin --measurement-algo=sha512 --realm-pv hello".split(
      " ",
    ),
    image: "synk-a.img",
  },
  {
    name: "QEMU",
    vmm: "qemu/9.1.91+rfc-v3",
    args: "qemu-system-aarch64 -M virt,acpi=off,gic-version=3,confidential-guest-support=rme0 -accel kvm -cpu host -object rme-guest,id=rme0,measurement-algorithm=sha256 -nodefaults -smp 1 -m 512M -kernel synk-a.img -initrd syni-a.bin".split(
      " ",
    ),
    image: "synk-a.img",
  },
];

function writeLaunch({ name, vmm, args, image }: Vmm, change?: number): string {
  const suffix = change === undefined ? "" : "-changed";
  for (const file of [image, "syni-a.bin"]) {
    const bytes = syntheticImage(file) ?? new Uint8Array(0);
    if (file === image && change !== undefined) bytes[change] = (bytes[change] ?? 0) ^ 1;
    writeFileSync(join(folder, `${file}${suffix}`), bytes);
  }
  const path = join(folder, `${name}${suffix}.json`);
  const manifest = {
    manifest: 1,
    rmm: "1.0-rel0",
    host: { vmm, hypervisor: "linux-kvm/v7", args },
    files: {
      [image]: { path: `${image}${suffix}` },
      "syni-a.bin": { path: `syni-a.bin${suffix}` },
    },
    platform: PLATFORM,
    rem: [{ extend: { register: 2, data: "text:started" } }],
  };
  writeFileSync(path, JSON.stringify(manifest));
  return path;
}

async function referencesOf(file: string): Promise<readonly RealmReference[]> {
  return (await loadReferences(file, () => undefined)).references;
}

function checksOf(token: Uint8Array, references: readonly RealmReference[]): readonly Check[] {
  const platformKeys = [{ key: testSigner("P-384").publicKey, origin: "test key" }];
  const expectations = { references, platformKeys, challenge: CHALLENGE };
  return verifyToken(readToken(token), expectations, { verifier: nodeVerifier, hashes: nodeHashes })
    .checks;
}

function named(checks: readonly Check[], result: Check["result"]): readonly CheckName[] {
  return checks.filter((check) => check.result === result).map(({ name }) => name);
}

const OPTIONS: CorimOptions & { readonly rakHashAlgo: string } = {
  generation: 1,
  algorithms: "number",
  rakHashAlgo: "sha-256",
};

function rendered(
  name: string,
  references: readonly RealmReference[],
  generation: 0 | 1 | 2,
): Uint8Array | string {
  const format = EXPORT_FORMATS.find((candidate) => candidate.name === name);
  if (format === undefined) throw new Error(`no format ${name}`);
  return exportReferences(format, references, { ...OPTIONS, generation });
}

type Render = (references: readonly RealmReference[]) => Uint8Array | string;

const SIGNED: Render = (references) =>
  signCorim(rendered("corim", references, 1) as Uint8Array, testSigner("P-384"), {
    chain: [],
    signerName: "test",
  });

/** Everything that can be read back, and the checks for which it has no value. */
const READABLE: readonly (readonly [string, Render, readonly CheckName[]])[] = [
  ["corim, generation 0", (all) => rendered("corim", all, 0), []],
  ["corim, generation 1", (all) => rendered("corim", all, 1), []],
  ["corim, generation 2", (all) => rendered("corim", all, 2), []],
  ["signed corim", SIGNED, []],
  ["rvps", (all) => rendered("rvps", all, 1), ["REM0", "REM1", "REM2", "REM3", "RPV"]],
  ["rvps-json", (all) => rendered("rvps-json", all, 1), ["REM0", "REM1", "REM2", "REM3", "RPV"]],
  ["ccatoken", (all) => rendered("ccatoken", all, 1), []],
  ["comid-json, generation 0", (all) => rendered("comid-json", all, 0), []],
  ["comid-json, generation 1", (all) => rendered("comid-json", all, 1), []],
  ["json", (all) => rendered("json", all, 1), []],
];

describe.each(VMMS)("a launch of $name", (vmm) => {
  async function tokenFor(reference: RealmReference | undefined): Promise<Uint8Array> {
    if (reference === undefined) throw new Error("no reference");
    const { hashAlgo = "sha-256", rim, rpv = new Uint8Array(64) } = reference;
    const rem = reference.rem.map((value) => value ?? new Uint8Array(rim.length));
    return makeToken({ hashAlgo, rim, rem, rpv });
  }

  test("a token for its RIM verifies against the manifest and every format made from it", async () => {
    const manifest = writeLaunch(vmm);
    const references = await referencesOf(manifest);
    const token = await tokenFor(references[0]);
    expect(named(checksOf(token, references), "ok")).toEqual(CHECK_NAMES);
    for (const [name, render, silent] of READABLE) {
      const file = join(folder, "reference");
      writeFileSync(file, render(references));
      const checks = checksOf(token, await referencesOf(file));
      expect([name, named(checks, "FAIL"), named(checks, "NOT CHECKED")]).toEqual([
        name,
        [],
        silent,
      ]);
    }
  });

  test.each([0x40, 0x5000])("one bit changed at byte %i: the RIM fails by name", async (at) => {
    const token = await tokenFor((await referencesOf(writeLaunch(vmm)))[0]);
    const changed = await referencesOf(writeLaunch(vmm, at));
    expect(named(checksOf(token, changed), "FAIL")).toEqual(["RIM"]);
    for (const [name, render] of READABLE) {
      const file = join(folder, "reference");
      writeFileSync(file, render(changed));
      expect([name, named(checksOf(token, await referencesOf(file)), "FAIL")]).toEqual([
        name,
        expect.arrayContaining(["RIM"]),
      ]);
    }
  });

  test("the formats for other programs carry the RIM as well", async () => {
    const references = await referencesOf(writeLaunch(vmm));
    const rim = Buffer.from(references[0]?.rim ?? new Uint8Array(0));
    const text = (name: string): string => String(rendered(name, references, 1));
    expect(text("rego")).toContain(rim.toString("base64"));
    expect(Buffer.from(rendered("comid", references, 1) as Uint8Array).includes(rim)).toBe(true);
  });
});
