import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeManifest } from "./launches.ts";

/** More than what is hashed alone, and no whole number of granules. */
const SIZE = 8 * 2 ** 20 + 1234;

/** A launch of an image of which every fourth granule is zero; gives manifest and image. */
export function makeLaunch(folder: string, hashAlgo: string): { manifest: string; image: string } {
  const image = join(folder, "Image");
  const bytes = Uint8Array.from({ length: SIZE }, (_, i) =>
    (i >> 12) % 4 === 0 ? 0 : (i * 7 + (i >> 12)) & 0xff,
  );
  writeFileSync(image, bytes);
  const manifest = writeManifest(
    folder,
    [{ data: { file: "Image", ipa: "0x80000000", measure: true } }],
    { files: { Image: { path: "Image" } }, realm: { hashAlgo, s2sz: 40, numBps: 1, numWps: 1 } },
  );
  return { manifest, image };
}

/**
 * Loaded into every thread before anything else. Helpers write a file when they hash for the first
 * time; the main thread waits for that before its first page, at most 20 s, then does `then`.
 */
export function preload(folder: string, then = ""): { seen: string; env: Record<string, string> } {
  const script = join(folder, "preload.cjs");
  const seen = join(folder, "helper");
  writeFileSync(
    script,
    `const { isMainThread } = require("node:worker_threads");
    const { existsSync, truncateSync, writeFileSync } = require("node:fs");
    const crypto = require("node:crypto");
    const seen = ${JSON.stringify(seen)};
    const { hash } = crypto;
    let pages = 0;
    crypto.hash = (...args) => {
      if (args[1].length === 4096 && args[1].some((byte) => byte !== 0)) pages += 1;
      // The first one of the main thread are the Realm's parameters: nobody was asked to help yet.
      if (isMainThread && pages === 2) {
        pages += 1;
        const turn = new Int32Array(new SharedArrayBuffer(4));
        for (let i = 0; i < 2000 && !existsSync(seen); i++) Atomics.wait(turn, 0, 0, 10);
        ${then}
      } else if (!isMainThread && pages === 1) {
        writeFileSync(seen, "");
      }
      return hash(...args);
    };`,
  );
  return { seen, env: { NODE_OPTIONS: `--require ${JSON.stringify(script)}` } };
}
