/**
 * What is measured: images of known content, and the manifests that load them.
 */
import { createCipheriv } from "node:crypto";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

export const MIB = 2 ** 20;
const PIECE = 4 * MIB;
const GRANULE = 4096;

/** Granules of which one is not zero in a sparse image. */
const SPARSE = 10;

/**
 * Writes an image: the same bytes for the same size, everywhere.
 *
 * @param content "random", or "sparse" of which nine granules in ten are zero.
 */
export function writeImage(path, size, content) {
  // A key stream is random enough, and the same on every machine.
  const stream = createCipheriv("aes-128-ctr", Buffer.alloc(16, "cca-rim"), Buffer.alloc(16));
  const zeros = Buffer.alloc(PIECE);
  const file = openSync(path, "w");
  for (let at = 0; at < size; at += PIECE) {
    const piece = stream.update(zeros.subarray(0, Math.min(PIECE, size - at)));
    if (content === "sparse") {
      for (let page = 0; page * GRANULE < piece.length; page++) {
        if ((at / GRANULE + page) % SPARSE !== 0) {
          piece.fill(0, page * GRANULE, Math.min((page + 1) * GRANULE, piece.length));
        }
      }
    }
    writeSync(file, piece);
  }
  closeSync(file);
}

/** Hosts by name: the same measured calls, fewer or more calls around them. */
export const HOSTS = ["direct", "linux-kvm/v7"];

/** Writes the manifest of the launch that baseline.c measures; gives its path. */
export function writeManifest(folder, { image, size, hashAlgo, host = "direct" }) {
  const path = join(folder, `${hashAlgo}-${host.replace("/", "-")}.json`);
  const top = Math.ceil(size / (2 * MIB)) * 2 * MIB;
  const memslot = {
    id: 0,
    base: "0x80000000",
    size: `0x${top.toString(16)}`,
    guestMemfd: true,
  };
  const manifest = {
    manifest: 1,
    rmm: "1.0-rel0",
    host: { vmm: "none", hypervisor: host },
    files: { image: { path: image } },
    realm: { hashAlgo, s2sz: 40, numBps: 1, numWps: 1 },
    launch: [
      ...(host === "direct" ? [] : [{ memslot }]),
      { data: { file: "image", ipa: "0x80000000", measure: true } },
    ],
  };
  if (host !== "direct") manifest.platform = "tf-rmm-1.0-rel0-fvp";
  writeFileSync(path, JSON.stringify(manifest));
  return path;
}
