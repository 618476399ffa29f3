import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeImage } from "../../../src/formats/image/describe.ts";
import { gzipPayloadOffset } from "../../../src/formats/image/gzip-payload.ts";
import {
  parseUimageHeader,
  type UimageHeader,
  uimageKernel,
  uimageRamdisk,
} from "../../../src/formats/image/uimage.ts";
import { parseZbootHeader } from "../../../src/formats/image/zboot.ts";
import { bytesSource } from "../../../src/hash/source.ts";

function uimage(fields: Partial<UimageHeader>): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x27051956);
  view.setUint32(12, fields.size ?? 0);
  view.setUint32(16, fields.load ?? 0);
  view.setUint32(20, fields.entry ?? 0);
  bytes.set([fields.os ?? 5, fields.arch ?? 22, fields.type ?? 2, fields.compression ?? 0], 28);
  bytes.set(new TextEncoder().encode(fields.name ?? ""), 32);
  return bytes;
}

function parsed(fields: Partial<UimageHeader>): UimageHeader {
  const header = parseUimageHeader(uimage(fields));
  if (header === undefined) throw new Error("no uImage");
  return header;
}

describe("uImage", () => {
  const NOLOAD = 0x4200_0000;

  test("the header's fields", () => {
    const fields = { size: 5, load: 0x4008_0000, entry: 0x4008_0004, name: "Linux-6.1" };
    expect(parsed(fields)).toEqual({ ...fields, os: 5, arch: 22, type: 2, compression: 0 });
    expect(parsed({ name: "x".repeat(32) }).name).toBe("x".repeat(32));
    expect(parseUimageHeader(uimage({}).subarray(0, 63))).toBeUndefined();
    expect(parseUimageHeader(new Uint8Array(64))).toBeUndefined();
  });

  test.each<[string, Partial<UimageHeader>, object | undefined]>([
    [
      "a kernel",
      { size: 9, load: 1, entry: 2 },
      { load: 1, entry: 2, isLinux: true, gzip: false, size: 9 },
    ],
    ["a packed kernel", { compression: 1 }, { gzip: true }],
    [
      "a kernel that runs anywhere",
      { type: 14, load: 7, entry: 8 },
      { load: NOLOAD + 64, entry: NOLOAD + 72 },
    ],
    ["VxWorks", { os: 14 }, { isLinux: true }],
    ["VxWorks for 32-bit Arm", { os: 14, arch: 2 }, { isLinux: false }],
    ["another system", { os: 2 }, { isLinux: false }],
    ["a ramdisk", { type: 3 }, undefined],
    ["LZMA", { compression: 3 }, undefined],
    ["data beyond the file", { size: 37 }, undefined],
  ])("as a kernel: %s", (_, fields, expected) => {
    const kernel = uimageKernel(parsed(fields), 100, NOLOAD);
    if (expected === undefined) expect(kernel).toBeUndefined();
    else expect(kernel).toMatchObject(expected);
  });

  test.each<[string, Partial<UimageHeader>, number | undefined]>([
    ["loses its header", { type: 3, size: 30, compression: 1 }, 30],
    ["cut off", { type: 3, size: 37 }, undefined],
    ["a kernel", { type: 2, size: 30 }, undefined],
  ])("as a ramdisk: %s", (_, fields, expected) => {
    expect(uimageRamdisk(parsed(fields), 100)).toBe(expected);
  });
});

describe("EFI zboot", () => {
  function zboot(compression: string, offset = 64, size = 36): Uint8Array {
    const bytes = new Uint8Array(100);
    const view = new DataView(bytes.buffer);
    bytes.set(new TextEncoder().encode("MZ\0\0zimg"));
    view.setUint32(8, offset, true);
    view.setUint32(12, size, true);
    bytes.set(new TextEncoder().encode(compression), 24);
    bytes.set([0xcd, 0x23, 0x82, 0x81], 56);
    return bytes;
  }

  test.each([
    ["gzip", 64, 36, true],
    ["zstd", 64, 37, false],
    ["", 0xffff_ffff, 0xffff_ffff, false],
    ["x".repeat(32), 0, 0, true],
  ])("compression %s at %i, %i bytes", (compression, payloadOffset, payloadSize, intact) => {
    const bytes = zboot(compression, payloadOffset, payloadSize);
    expect(parseZbootHeader(bytes, bytes.length)).toEqual({
      payloadOffset,
      payloadSize,
      compression,
      intact,
    });
  });

  test.each([0, 1, 4, 7, 56, 59])("a wrong byte %i", (at) => {
    const bytes = zboot("gzip");
    bytes[at] = 1;
    expect(parseZbootHeader(bytes, 100)).toBeUndefined();
  });

  test("a short file", () => {
    expect(parseZbootHeader(zboot("gzip").subarray(0, 63), 63)).toBeUndefined();
  });
});

describe("gzipPayloadOffset", () => {
  const offset = (...bytes: number[]) => gzipPayloadOffset(bytesSource(new Uint8Array(bytes)));
  const rest = [0, 0, 0, 0, 0, 0];

  test.each<[string, number[], number | undefined]>([
    ["no extras", [0x1f, 0x8b, 8, 0, ...rest, 3, 0], 10],
    ["an extra field", [0x1f, 0x8b, 8, 4, ...rest, 2, 0, 9, 9, 3, 0], 14],
    ["a name", [0x1f, 0x8b, 8, 8, ...rest, 97, 0, 3, 0], 12],
    ["a name and a comment", [0x1f, 0x8b, 8, 24, ...rest, 97, 0, 98, 99, 0, 3, 0], 15],
    ["a header checksum", [0x1f, 0x8b, 8, 2, ...rest, 1, 2, 3, 0], 12],
    ["another method", [0x1f, 0x8b, 7, 0, ...rest, 3, 0], undefined],
    ["a reserved flag", [0x1f, 0x8b, 8, 32, ...rest, 3, 0], undefined],
    ["nothing behind the header", [0x1f, 0x8b, 8, 0, ...rest], undefined],
    ["a name without an end", [0x1f, 0x8b, 8, 8, ...rest, 97, 97], undefined],
    ["an extra field beyond the end", [0x1f, 0x8b, 8, 4, ...rest, 255, 255], undefined],
    ["three bytes", [0x1f, 0x8b, 8], undefined],
  ])("%s", (_, bytes, expected) => {
    expect(offset(...bytes)).toBe(expected);
  });

  test("a real member, and a name over several pieces", () => {
    expect(gzipPayloadOffset(bytesSource(gzipSync("data")))).toBe(10);
    const long = new Uint8Array(10_000).fill(97);
    long.set([0x1f, 0x8b, 8, 8, ...rest]);
    long[9000] = 0;
    expect(gzipPayloadOffset(bytesSource(long))).toBe(9001);
  });

  test("any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const found = gzipPayloadOffset(bytesSource(bytes));
        expect(found === undefined || (found >= 10 && found < bytes.length)).toBe(true);
        parseUimageHeader(bytes);
        parseZbootHeader(bytes, bytes.length);
      }),
    );
  });
});

describe("describeImage", () => {
  test("names what QEMU unwraps", () => {
    const zboot = new Uint8Array(64);
    zboot.set(new TextEncoder().encode("MZ\0\0zimg"));
    zboot.set(new TextEncoder().encode("zstd"), 24);
    zboot.set([0xcd, 0x23, 0x82, 0x81], 56);
    expect(describeImage(bytesSource(zboot))).toEqual({ kind: "efi-zboot", compression: "zstd" });
    expect(describeImage(bytesSource(uimage({ name: "k", load: 16 })))).toEqual({
      kind: "uimage",
      name: "k",
      load: "0x10",
      entry: "0x0",
    });
    const elf = new Uint8Array(64);
    elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
    expect(describeImage(bytesSource(elf))).toEqual({
      kind: "elf",
      unusable: "the file is for machine 0, not AArch64",
    });
  });
});
