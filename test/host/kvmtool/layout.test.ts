import { describe, expect, test } from "vitest";
import { type ByteSource, bytesSource } from "../../../src/hash/source.ts";
import { readArguments } from "../../../src/host/vmm/kvmtool/arguments.ts";
import { layOutMemory, type MemoryLayout } from "../../../src/host/vmm/kvmtool/layout.ts";
import { findKvmtoolVersion } from "../../../src/host/vmm/kvmtool/versions.ts";
import { filesWith, standIn } from "./images.ts";
import { argvOf, objectionOf } from "./line.ts";

interface Place {
  readonly version?: string;
  readonly own?: Readonly<Record<string, ByteSource>>;
  readonly ignoreClaimedMemory?: boolean;
}

function layOut(
  line: string,
  { version = "v3", own = {}, ignoreClaimedMemory = false }: Place = {},
): MemoryLayout {
  const facts = findKvmtoolVersion(version)?.facts;
  if (facts === undefined) throw new Error(`no ${version}`);
  const config = readArguments(argvOf(line), facts, () => false);
  const files = filesWith(own);
  return layOutMemory({ config, facts, files, ramSize: config.ramSize, ignoreClaimedMemory });
}

function hex(value: bigint | undefined): string | undefined {
  return value === undefined ? undefined : `0x${value.toString(16)}`;
}

const MIB = 1 << 20;

describe("kernels", () => {
  test.each([
    ["synk-a.img", "0x80000000", 0x30000n, "the header's memory"],
    ["synk-b.img", "0x80080000", 0x12345n, "text_offset counts"],
    ["synk-f.img", "0x80000123", 0x9000n, "text_offset is not rounded"],
    ["synk-d.img", "0x80080000", 0x7000n, "image_size 0: text_offset does not count"],
    ["synk-c.img", "0x80080000", 0x8765n, "no header"],
    ["synk-g.img", "0x80000000", 0x3000n, "image_size below the file's"],
  ])("%s starts at %s and takes %s bytes: %s", (name, start, memory) => {
    const { image, imageMemory } = layOut(`-m 64M -k ${name}`);
    expect([image.label, hex(image.start), imageMemory]).toEqual(["kernel", start, memory]);
  });

  test("a 32-bit kernel needs no header and starts at 32 KiB", () => {
    const { image } = layOut("-m 64M -k tiny --aarch32", {
      own: { tiny: bytesSource(new Uint8Array(3)) },
    });
    expect(hex(image.start)).toBe("0x80008000");
  });

  test.each([
    ["4M", "0x80200000"],
    ["64M", "0x83e00000"],
    ["67108863b", "0x83e00000"],
    ["69271553b", "0x84000000"],
    ["69271554b", "0x84200000"],
    ["256M", "0x8fe00000"],
    ["257M", "0x8fe00000"],
    ["8G", "0x8fe00000"],
    ["64M@3G", "0xc3e00000"],
    ["64M@3073M", "0xc4000000"],
    ["1G@64G", "0x100fe00000"],
  ])("with -m %s the tree goes to %s", (size, dtb) => {
    expect(hex(layOut(`-m ${size} -k synk-a.img`).dtb)).toBe(dtb);
  });

  test.each([
    ["-m 128K -k synk-a.img", "kernel image too big to contain in guest memory.", {}],
    ["-m 28961b -k synk-f.img", "kernel image too big", {}],
    ["-m 28962b -k synk-f.img", "fdt overlaps with kernel image.", {}],
    ["-m 64M -k big", "kernel image too big", { big: standIn(65 * MIB) }],
    ["-m 1G -k big", "kernel image too big", { big: standIn(257 * MIB) }],
    ["-m 2M -k synk-a.img", "fdt overlaps with kernel image.", {}],
    ["-m 64M -k big", "fdt overlaps with kernel image.", { big: standIn(62 * MIB) }],
  ])("%s: %s", (line, reason, own) => {
    const objection = objectionOf(() => layOut(line, { own }));
    expect(objection.code).toBe("HOST_REFUSED");
    expect(objection.message).toContain(reason);
  });

  test.each([
    ["-m 64M -k short", "Failed to read kernel image header", "/host/args/4"],
    ["-m 64M -k empty --aarch32", "kernel read", "/host/args/4"],
    ["-m 64M -k synk-a.img -i empty", "initrd read", "/host/args/6"],
  ])("%s: %s", (line, reason, pointer) => {
    const own = {
      short: bytesSource(new Uint8Array(63)),
      empty: bytesSource(new Uint8Array(0)),
    };
    const objection = objectionOf(() => layOut(line, { own }));
    expect(objection).toMatchObject({ code: "HOST_ARGUMENT", pointer });
    expect(objection.message).toContain(reason);
  });
});

describe("initrds", () => {
  const initrd = (size: number, place: Place = {}): string | undefined => {
    const line = "-m 4M -k synk-a.img -i own";
    return hex(layOut(line, { ...place, own: { own: standIn(size) } }).initrd?.start);
  };

  test.each([
    [1, "0x801ffffc"],
    [4, "0x801ffff8"],
    [12345, "0x801fcfc4"],
    [0x1d_0000 - 4, "0x80030000"],
  ])("%s bytes start at %s", (size, start) => {
    expect(initrd(size)).toBe(start);
  });

  test("memory that the header claims is kept free, except by the oldest and the calculator", () => {
    const size = 0x1d_0000;
    expect(() => initrd(size)).toThrow("initrd overlaps with kernel image.");
    expect(() => initrd(size, { version: "2023-08" })).toThrow("initrd overlaps");
    expect(initrd(size, { version: "rfc1" })).toBe("0x8002fffc");
    expect(initrd(size, { ignoreClaimedMemory: true })).toBe("0x8002fffc");
    expect(() => initrd(0x1f_0000, { version: "rfc1" })).toThrow("initrd overlaps");
  });

  test("one that does not fit below the tree at all overlaps, too", () => {
    expect(() => initrd(3 * MIB)).toThrow("initrd overlaps with kernel image.");
  });

  test("firmware finds its own", () => {
    expect(layOut("-m 64M -f synfw-a.fd -i syni-a.bin").initrd).toBeUndefined();
  });
});

describe("firmware", () => {
  test.each([
    ["-m 64M -f synfw-a.fd", "v3", "0x80000000", "0x83e00000"],
    ["-m 64M -f synfw-a.fd", "eac5", "0x80000000", "0x83e00000"],
    ["-m 64M -f synfw-a.fd", "2023-08", "0x80000000", "0x80200000"],
    ["-m 64M -f synfw-a.fd", "rfc1", "0x80000000", "0x80200000"],
    ["-m 1G -f synfw-a.fd", "v3", "0x80000000", "0xbfe00000"],
    ["-m 64M -f synfw-a.fd --firmware-address 0x80200000", "v3", "0x80200000", "0x83e00000"],
    ["-m 64M -f synfw-a.fd --firmware-address 0x80200000", "rfc1", "0x80200000", "0x80400000"],
    ["-m 64M@4G -f synfw-a.fd", "v3", "0x100000000", "0x103e00000"],
  ])("%s (%s) starts at %s, its tree at %s", (line, version, start, dtb) => {
    const layout = layOut(line, { version });
    expect(layout.image.label).toBe("firmware");
    expect([hex(layout.image.start), hex(layout.dtb)]).toEqual([start, dtb]);
  });

  test.each([
    ["0x7fffffff", "HOST_ARGUMENT", "Bad firmware destination: 0x000000007fffffff"],
    ["0x84000000", "HOST_ARGUMENT", "Bad firmware destination: 0x0000000084000000"],
    ["0x83fffff0", "HOST_REFUSED", "failed to load firmware"],
    ["0x83e00000", "HOST_REFUSED", "not enough space to load fdt"],
  ])("--firmware-address %s is refused", (address, code, reason) => {
    const line = `-m 64M -f synfw-a.fd --firmware-address ${address}`;
    const objection = objectionOf(() => layOut(line));
    expect(objection.code).toBe(code);
    expect(objection.message).toContain(reason);
  });

  test("memory that the header claims is kept free", () => {
    const line = "-m 4M -f synfw-b.fd --firmware-address";
    // 0x20000 claimed of 0x10800 in the file; the tree needs 0x210000 below 0x80400000.
    expect(hex(layOut(`${line} 0x801d0000`).dtb)).toBe("0x80200000");
    expect(() => layOut(`${line} 0x801d0004`)).toThrow("not enough space to load fdt");
    expect(hex(layOut(`${line} 0x801d0004`, { version: "rfc1" }).dtb)).toBe("0x80200000");
  });

  test("an old tree behind its firmware must fit into RAM", () => {
    expect(() => layOut("-m 2M -f synfw-a.fd", { version: "2023-08" })).toThrow(
      "not enough space to load fdt",
    );
  });

  test("empty firmware does not load", () => {
    const own = { empty: bytesSource(new Uint8Array(0)) };
    expect(() => layOut("-m 64M -f empty", { own })).toThrow("failed to load firmware");
  });
});

describe("the measurement log", () => {
  test.each([
    ["-m 64M -k synk-a.img", "0x83ff0000", "0x83e00000"],
    ["-m 66M -k synk-a.img", "0x841f0000", "0x84000000"],
    ["-m 69271553b -k synk-a.img", "0x84200001", "0x84000000"],
    ["-m 1G -k synk-a.img", "0x8fff0000", "0x8fe00000"],
    ["-m 1G -f synfw-a.fd", "0x8fff0000", "0x8fe00000"],
  ])("%s has it at %s and the tree at %s", (line, log, dtb) => {
    const layout = layOut(`${line} --realm --measurement-log`, { version: "v3-log" });
    expect([hex(layout.log), hex(layout.dtb)]).toEqual([log, dtb]);
  });

  test("is not there unless it is asked for", () => {
    expect(layOut("-m 64M -k synk-a.img --realm", { version: "v3-log" }).log).toBeUndefined();
  });
});
