/**
 * The files that the oracles' command lines name: synthetic images, made here byte for byte, and
 * stand-ins for Debian's, of which only length and Image header are known.
 */
import { createHash } from "node:crypto";
import { writeU64Le } from "../../../src/bytes.ts";
import { type ByteSource, bytesSource } from "../../../src/hash/source.ts";
import type { FileLookup, ResolvedFile } from "../../../src/host/files.ts";

/** SHA-256 over label and counter (u32 big-endian), concatenated and cut. */
export function stream(label: string, size: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(size / 32) * 32);
  const counter = new Uint8Array(4);
  for (let i = 0; i * 32 < size; i++) {
    new DataView(counter.buffer).setUint32(0, i);
    bytes.set(createHash("sha256").update(label).update(counter).digest(), i * 32);
  }
  return bytes.subarray(0, size);
}

/** A stream with an arm64 Image header. */
export function arm64Image(
  label: string,
  size: number,
  textOffset: number,
  imageSize: number,
): Uint8Array {
  const bytes = stream(label, size);
  bytes.set([0x4d, 0x5a, 0x40, 0xfa, 0x10, 0, 0, 0x14]);
  writeU64Le(bytes, 8, BigInt(textOffset));
  writeU64Le(bytes, 16, BigInt(imageSize));
  writeU64Le(bytes, 24, 0x0an);
  bytes.fill(0, 32, 56);
  bytes.set([0x41, 0x52, 0x4d, 0x64, 0x40, 0, 0, 0], 56);
  return bytes;
}

/** How a file is made: an image with a header, a stream with a label only, zeros without one. */
export interface Recipe {
  readonly size: number;
  readonly label?: string;
  readonly textOffset?: number;
  readonly imageSize?: number;
}

/** Makes a file. */
export function cook({ size, label, textOffset, imageSize }: Recipe): Uint8Array {
  if (label === undefined) return new Uint8Array(size);
  if (textOffset === undefined || imageSize === undefined) return stream(label, size);
  const image = arm64Image(label, Math.max(size, 64), 0, 0);
  writeU64Le(image, 8, BigInt.asUintN(64, BigInt(textOffset)));
  writeU64Le(image, 16, BigInt.asUintN(64, BigInt(imageSize)));
  return image.subarray(0, size);
}

const SYNTHETIC: Readonly<Record<string, () => Uint8Array>> = {
  "synk-a.img": () => arm64Image("synk-a", 0x20123, 0, 0x30000),
  "synk-b.img": () => arm64Image("synk-b", 0x10001, 0x80000, 0x12345),
  "synk-c.img": () => stream("synk-c", 0x8765),
  "synk-d.img": () => arm64Image("synk-d", 0x7000, 0x1000, 0),
  "synk-e.img": () => arm64Image("synk-e", 0x4000, 0, 0x4000),
  "synk-f.img": () => arm64Image("synk-f", 0x6ffe, 0x123, 0x9000),
  "synk-g.img": () => arm64Image("synk-g", 0x9000, 0, 0x3000),
  "syni-a.bin": () => stream("syni-a", 12345),
  "syni-b.bin": () => stream("syni-b", 4096),
  "syni-c.bin": () => stream("syni-c", 65536),
  "syni-d.bin": () => stream("syni-d", 4092),
  "syni-e.bin": () => stream("syni-e", 1),
  "synfw-a.fd": () => stream("synfw-a", 0x12345),
  "synfw-b.fd": () => arm64Image("synfw-b", 0x10800, 0, 0x20000),
  "flash.fd": () => new Uint8Array(1 << 20),
  "flash-odd.fd": () => new Uint8Array(3 << 20),
};

/** The synthetic image of that name. */
export function syntheticImage(name: string): Uint8Array | undefined {
  return SYNTHETIC[name]?.();
}

/** A file of that length of which only the start is real. */
export function standIn(size: number, start: Uint8Array = new Uint8Array(64)): ByteSource {
  return {
    identity: `stand-in of ${size}`,
    size,
    read(offset, target) {
      target.fill(0);
      if (offset < start.length) target.set(start.subarray(offset, offset + target.length));
    },
  };
}

const DEBIAN: Readonly<Record<string, () => ByteSource>> = {
  "netboot-linux": () => standIn(32956352, arm64Image("", 64, 0, 0x2010000)),
  "generic-vmlinuz": () => standIn(32956352, arm64Image("", 64, 0, 0x2010000)),
  "cloud-vmlinuz": () => standIn(27303872, arm64Image("", 64, 0, 0x1ab0000)),
  "netboot-initrd.gz": () => standIn(40147331),
  "QEMU_EFI.fd": () => standIn(2097152),
  "rimguest.img": () => standIn(6328, arm64Image("", 64, 0, 0xc000)),
};

function resolveNew(own: Readonly<Record<string, ByteSource>>, name: string): ResolvedFile {
  const synthetic = SYNTHETIC[name];
  const source =
    own[name] ?? (synthetic === undefined ? DEBIAN[name]?.() : bytesSource(synthetic(), name));
  if (source === undefined) throw new Error(`the test has no file ${name}`);
  return { name, source, standIn: name in DEBIAN && own[name] === undefined };
}

/** The bytes of a synthetic file, or undefined if there is none of that name. */
export function syntheticFile(name: string): Uint8Array | undefined {
  return Object.hasOwn(SYNTHETIC, name) ? SYNTHETIC[name]?.() : undefined;
}

/** A lookup over sources, the synthetic and Debian's files behind them; `share` is a directory. */
export function filesWith(own: Readonly<Record<string, ByteSource>> = {}): FileLookup {
  const known = new Map<string, ResolvedFile>();
  return {
    resolve(name) {
      const file = known.get(name) ?? resolveNew(own, name);
      known.set(name, file);
      return file;
    },
    isDirectory: (name) => name === "share",
    isListed: (name) => name in own || name in SYNTHETIC || name in DEBIAN,
  };
}
