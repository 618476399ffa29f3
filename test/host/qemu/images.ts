/**
 * The files that the dumps' command lines name: stand-ins of the same length and header, and the
 * trees and synthetic images that are wholly known.
 */
import { gzipSync } from "node:zlib";
import { type ByteSource, bytesSource } from "../../../src/hash/source.ts";
import type { FileLookup, ResolvedFile } from "../../../src/host/files.ts";
import { arm64Image, standIn } from "../kvmtool/images.ts";

/** A Linux Image of which header and length are real. */
function linux(size: number, imageSize: number): ByteSource {
  return standIn(size, arm64Image("", 64, 0, imageSize));
}

const DEB12 = linux(0x1f6dfc0, 0x2010000);

function contentOf(source: ByteSource): Uint8Array {
  const bytes = new Uint8Array(source.size);
  source.read(0, bytes);
  return bytes;
}

/** By the last part of the name that a line uses. */
const FILES: Readonly<Record<string, () => ByteSource>> = {
  "Image-deb12": () => DEB12,
  "Image-deb12.gz": () => bytesSource(gzipSync(contentOf(DEB12))),
  "Image-deb13": () => linux(0x23ea7c0, 0x24f0000),
  "initrd-deb12.gz": () => standIn(0x2649983),
  "initrd-tiny": () => standIn(40),
  "QEMU_EFI.fd": () => standIn(2 << 20),
  "AAVMF_CODE.fd": () => standIn(64 << 20),
  "AAVMF_VARS.fd": () => standIn(64 << 20),
  "disk.img": () => standIn(64 << 20),
};

/** Finds the dumps' files, and those given by name. */
export function dumpFiles(own: Readonly<Record<string, ByteSource>> = {}): FileLookup {
  const resolved = new Map<string, ResolvedFile>();
  return {
    resolve(name) {
      const known = resolved.get(name);
      if (known !== undefined) return known;
      const base = name.slice(name.lastIndexOf("/") + 1);
      const source = own[base] ?? FILES[base]?.();
      if (source === undefined) throw new Error(`no stand-in for ${name}`);
      const file = { name, source, standIn: own[base] === undefined };
      resolved.set(name, file);
      return file;
    },
    isDirectory: () => false,
    isListed: () => false,
  };
}
