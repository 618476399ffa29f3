/** The files that the lines name, made up, in a folder. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CcaRimError } from "../../../src/errors.ts";
import { bytesSource } from "../../../src/hash/source.ts";
import type { FileLookup, ResolvedFile } from "../../../src/host/files.ts";
import { arm64Image, stream } from "../../host/kvmtool/images.ts";

const KIB = 1024;

/** A ramdisk or kernel in U-Boot's old wrapping. */
function uimage(data: Uint8Array, type: number, load: number, entry: number): Uint8Array {
  const bytes = new Uint8Array(64 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x2705_1956);
  view.setUint32(12, data.length);
  view.setUint32(16, load);
  view.setUint32(20, entry);
  // Linux, arm64, the kind, not packed.
  bytes.set([5, 22, type, 0], 28);
  bytes.set(data, 64);
  return bytes;
}

/** An ELF file of one segment. */
function elf(data: Uint8Array, address: bigint, memorySize: bigint): Uint8Array {
  const bytes = new Uint8Array(0x1000 + data.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 183, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, address, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true);
  view.setUint32(68, 7, true);
  view.setBigUint64(72, 0x1000n, true);
  view.setBigUint64(80, address, true);
  view.setBigUint64(88, address, true);
  view.setBigUint64(96, BigInt(data.length), true);
  view.setBigUint64(104, memorySize, true);
  view.setBigUint64(112, 0x1000n, true);
  bytes.set(data, 0x1000);
  return bytes;
}

/** Kernels, by the name that lines use. */
const KERNELS: Readonly<Record<string, () => Uint8Array>> = {
  "image.img": () => arm64Image("image", 96 * KIB + 123, 0, 0x3_0000),
  "image-offset.img": () => arm64Image("offset", 64 * KIB, 0x8_0000, 0x2_0000),
  "image-small-offset.img": () => arm64Image("small", 20 * KIB, 0x123, 0x9000),
  "image-big.img": () => arm64Image("big", 32 * KIB, 0x20_0000, 0x600_0000),
  "image-huge.img": () => arm64Image("huge", 32 * KIB, 0, 0x4000_0000),
  "image-unsized.img": () => arm64Image("unsized", 28 * KIB, 0x1000, 0),
  "raw.img": () => stream("raw", 34_661),
  "tiny.img": () => stream("tiny", 40),
  "image.img.gz": () => gzipSync(arm64Image("image", 96 * KIB + 123, 0, 0x3_0000)),
  "raw.img.gz": () => gzipSync(stream("raw", 34_661)),
  "kernel.uimage": () => uimage(stream("uk", 9000), 2, 0x4008_0000, 0x4008_0000),
  "kernel-noload.uimage": () => uimage(stream("un", 9000), 14, 0, 64),
  "kernel.elf": () => elf(stream("elf", 8192), 0x4040_0000n, 0x8000n),
  "kernel-base.elf": () => elf(stream("elf", 8192), 0x4000_0000n, 0x8000n),
  "kernel-near.elf": () => elf(stream("elf", 8192), 0x4001_0000n, 0x8000n),
};
const INITRDS: Readonly<Record<string, () => Uint8Array>> = {
  "initrd.bin": () => stream("initrd", 12_345),
  "initrd-page.bin": () => stream("page", 4096),
  "initrd-one.bin": () => stream("one", 1),
  "initrd-large.bin": () => stream("large", 5 * KIB * KIB + 1),
  "initrd.uimage": () => uimage(stream("ui", 7777), 3, 0, 0),
};
const FIRMWARE: Readonly<Record<string, () => Uint8Array>> = {
  "firmware.fd": () => stream("firmware", 64 * KIB),
};
/** Packages of QEMU may come without the boot code of network cards, and refuse to start then. */
const OPTION_ROMS = [
  "efi-virtio.rom",
  "efi-e1000.rom",
  "efi-e1000e.rom",
  "vgabios-bochs-display.bin",
];
const DISKS: Readonly<Record<string, () => Uint8Array>> = {
  "code.fd": () => new Uint8Array(64 * KIB * KIB),
  "vars.fd": () => new Uint8Array(64 * KIB * KIB),
  "disk.img": () => new Uint8Array(KIB * KIB),
  "user.dtb": () => Uint8Array.from(readFileSync("golden/oracle/qemu/user.dtb")),
};

/** Names of the files, by what they are good for. */
export const NAMES: {
  readonly kernels: readonly string[];
  readonly initrds: readonly string[];
} = { kernels: Object.keys(KERNELS), initrds: Object.keys(INITRDS) };

/** Writes all files into a folder, and finds them there by name. */
export function makeFiles(folder: string): FileLookup {
  const files = new Map<string, ResolvedFile>();
  for (const [name, make] of Object.entries({ ...KERNELS, ...INITRDS, ...FIRMWARE, ...DISKS })) {
    const bytes = make();
    writeFileSync(join(folder, name), bytes);
    files.set(name, { name, source: bytesSource(bytes, name), standIn: false });
  }
  for (const name of OPTION_ROMS) writeFileSync(join(folder, name), new Uint8Array(512));
  return {
    resolve(name) {
      const file = files.get(name);
      if (file !== undefined) return file;
      throw new CcaRimError("FILE_NOT_FOUND", `there is no file ${name}`);
    },
    isDirectory: () => false,
    isListed: (name) => files.has(name),
  };
}
