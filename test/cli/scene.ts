/** Manifests, tokens and keys for tests of the commands about evidence. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { fromHex } from "../../src/bytes.ts";
import { TEST_JWK } from "../evidence/keys.ts";
import { makeToken, type TokenWish } from "../evidence/make-token.ts";
import { run } from "./run.ts";
import { violations } from "./schemas.ts";
import { temporaryFolders } from "./temporary.ts";

/** A folder with a manifest, an image, a token for its RIM, and the platform's key. */
export interface Scene {
  readonly folder: string;
  readonly manifest: string;
  readonly rim: Uint8Array;
  readonly key: string;
}

/** What is special about a launch. */
export interface Launch {
  readonly image?: Uint8Array;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Writes a manifest and its image; gives its path. */
export function writeLaunch(
  folder: string,
  { image, more }: Launch = {},
  name = "guest.json",
): string {
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

/** Makes scenes in folders that go when the test ends. */
export function scenes(): {
  readonly newFolder: () => string;
  readonly scene: (launch?: Launch) => Promise<Scene>;
} {
  const newFolder = temporaryFolders();
  return { newFolder, scene: (launch) => sceneIn(newFolder(), launch) };
}

async function sceneIn(folder: string, launch: Launch = {}): Promise<Scene> {
  const manifest = writeLaunch(folder, launch);
  const { stdout } = await run(["measure", "-q", manifest]);
  const key = join(folder, "platform.jwk");
  const { d: _, ...publicKey } = TEST_JWK["P-384"];
  writeFileSync(key, JSON.stringify(publicKey));
  return { folder, manifest, rim: fromHex(stdout.trim()) ?? new Uint8Array(0), key };
}

/** The RPV of every scene. */
export function guestRpv(): Uint8Array {
  const rpv = new Uint8Array(64);
  rpv.set(new TextEncoder().encode("guest"));
  return rpv;
}

/** Writes a token for a scene; gives its path. */
export function writeToken({ folder, rim }: Scene, wish: TokenWish = {}): string {
  const path = join(folder, "token.cbor");
  writeFileSync(path, makeToken({ rim, rpv: guestRpv(), ...wish }));
  return path;
}

interface VerifyAnswer {
  readonly verified: boolean;
  readonly failed: readonly string[];
  readonly unchecked: readonly string[];
}

/** Runs `verify --json`. */
export async function verifyJson(
  ...args: string[]
): Promise<VerifyAnswer & { readonly code: number | null }> {
  const { code, stdout } = await run(["verify", "--json", ...args]);
  const document = JSON.parse(stdout) as VerifyAnswer;
  expect(violations("verify", document)).toEqual([]);
  return { ...document, code };
}
