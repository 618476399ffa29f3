import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ElfResult, readElf } from "../../../src/formats/image/elf.ts";
import { bytesSource } from "../../../src/hash/source.ts";

interface Segment {
  readonly type?: number;
  readonly flags?: number;
  readonly offset?: bigint;
  readonly vaddr?: bigint;
  readonly paddr: bigint;
  readonly filesz: bigint;
  readonly memsz: bigint;
}

interface Elf {
  readonly bits?: 32 | 64;
  readonly little?: boolean;
  readonly machine?: number;
  readonly flags?: number;
  readonly entry?: bigint;
  readonly segments?: readonly Segment[];
  readonly size?: number;
}

/** An ELF file with its program headers right behind the header. */
function elf(file: Elf): Uint8Array {
  const bits = file.bits ?? 64;
  const little = file.little ?? true;
  const segments = file.segments ?? [];
  const headerSize = bits === 64 ? 64 : 52;
  const phdrSize = bits === 64 ? 56 : 32;
  const bytes = new Uint8Array(file.size ?? 4096);
  const view = new DataView(bytes.buffer);
  const word = (at: number, value: bigint) => {
    if (bits === 64) view.setBigUint64(at, value, little);
    else view.setUint32(at, Number(value), little);
  };
  bytes.set([0x7f, 0x45, 0x4c, 0x46, bits / 32, little ? 1 : 2, 1]);
  view.setUint16(18, file.machine ?? 183, little);
  word(24, file.entry ?? 0n);
  word(bits === 64 ? 32 : 28, BigInt(headerSize));
  view.setUint32(bits === 64 ? 48 : 36, file.flags ?? 0, little);
  view.setUint16(bits === 64 ? 56 : 44, segments.length, little);
  segments.forEach((segment, index) => {
    const base = headerSize + index * phdrSize;
    const at = bits === 64 ? [4, 8, 16, 24, 32, 40] : [24, 4, 8, 12, 16, 20];
    const [flags, offset, vaddr, paddr, filesz, memsz] = at.map((field) => base + field);
    view.setUint32(base, segment.type ?? 1, little);
    view.setUint32(flags ?? 0, segment.flags ?? 5, little);
    word(offset ?? 0, segment.offset ?? 0x400n);
    word(vaddr ?? 0, segment.vaddr ?? segment.paddr);
    word(paddr ?? 0, segment.paddr);
    word(filesz ?? 0, segment.filesz);
    word(memsz ?? 0, segment.memsz);
  });
  return bytes;
}

function read(file: Elf): ElfResult {
  return readElf(bytesSource(elf(file)));
}

function reason(file: Elf): string {
  const result = read(file);
  return result.kind === "refused" ? result.reason : result.kind;
}

const code: Segment = { paddr: 0x4000_0000n, filesz: 0x100n, memsz: 0x180n };

describe("readElf", () => {
  test.each([32, 64] as const)("%i bits, little-endian", (bits) => {
    expect(read({ bits, entry: 0x4000_0010n, segments: [code] })).toEqual({
      kind: "elf",
      image: {
        bits,
        endianness: "little",
        swapWords: false,
        entry: 0x4000_0010n,
        segments: [{ address: 0x4000_0000n, from: 0x400, fileSize: 0x100, memorySize: 0x180n }],
        low: 0x4000_0000n,
        high: 0x4000_0180n,
        totalSize: 0x180n,
      },
    });
  });

  test.each([
    [64, false, 0, false],
    [32, false, 0, true],
    [32, false, 0x80_0000, false],
    [32, true, 0, false],
  ] as const)(
    "%i bits, little %s, flags %i: words swapped %s",
    (bits, little, flags, swapWords) => {
      const endianness = little ? "little" : "big";
      expect(read({ bits, little, flags, segments: [code] })).toMatchObject({
        image: { endianness, swapWords, low: 0x4000_0000n },
      });
    },
  );

  test("the entry moves from its virtual to its physical address", () => {
    const moved = { ...code, vaddr: 0xffff_0000_0000_0000n };
    const entry = 0xffff_0000_0000_0040n;
    expect(read({ entry, segments: [moved] })).toMatchObject({ image: { entry: 0x4000_0040n } });
    const data = { ...moved, flags: 6 };
    expect(read({ entry, segments: [data] })).toMatchObject({ image: { entry } });
    const behind = 0xffff_0000_0000_0100n;
    expect(read({ entry: behind, segments: [moved] })).toMatchObject({ image: { entry: behind } });
  });

  test("zeros that would run into another segment are dropped", () => {
    const next = { paddr: 0x4000_0170n, filesz: 0x10n, memsz: 0x10n };
    expect(read({ segments: [code, next] })).toMatchObject({
      image: { segments: [{ memorySize: 0x100n }, { memorySize: 0x10n }], totalSize: 0x110n },
    });
    const clear = { ...next, paddr: 0x4000_0180n };
    expect(read({ segments: [clear, code] })).toMatchObject({
      image: { segments: [{ memorySize: 0x10n }, { memorySize: 0x180n }], high: 0x4000_0190n },
    });
  });

  test("other segments and empty ones take no memory", () => {
    const note = { ...code, type: 4, offset: 0xffff_ffffn };
    const empty = { paddr: 0x1000n, filesz: 0n, memsz: 0n, offset: 0xffff_ffffn };
    const zeros = { paddr: 0x5000_0000n, filesz: 0n, memsz: 0x1000n, offset: 0xffff_ffffn };
    expect(read({ segments: [note, empty, zeros] })).toMatchObject({
      image: {
        segments: [{ address: 0x5000_0000n, from: 0, fileSize: 0, memorySize: 0x1000n }],
        low: 0x1000n,
        high: 0x5000_1000n,
      },
    });
  });

  test.each<[string, Elf, string]>([
    ["another machine", { machine: 62, segments: [code] }, "machine 62"],
    ["nothing to load", {}, "nothing to load"],
    ["a cut segment", { segments: [{ ...code, offset: 0xf80n }] }, "a segment is cut off"],
    [
      "a segment beyond 2^64",
      { segments: [{ ...code, paddr: 0xffff_ffff_ffff_ff80n, memsz: 0x100n }] },
      "too big",
    ],
    ["an endless segment", { segments: [{ ...code, paddr: 0n, memsz: 1n << 63n }] }, "too big"],
    [
      "too many segments",
      { segments: Array.from({ length: 257 }, () => code), size: 1 << 15 },
      "more than 256",
    ],
  ])("%s is refused", (_, file, expected) => {
    expect(reason(file)).toContain(expected);
  });

  test("cut program headers are refused", () => {
    const whole = elf({ segments: [code, code] });
    expect(readElf(bytesSource(whole.subarray(0, 100)))).toEqual({
      kind: "refused",
      reason: "the program headers are cut off",
    });
  });

  test("what is no ELF file, or is too short for its header, goes on to other formats", () => {
    const whole = elf({ segments: [code] });
    expect(readElf(bytesSource(whole.subarray(0, 63)))).toEqual({ kind: "not-elf" });
    expect(readElf(bytesSource(whole.subarray(0, 15)))).toEqual({ kind: "not-elf" });
    expect(readElf(bytesSource(new Uint8Array(64)))).toEqual({ kind: "not-elf" });
    expect(reason({ bits: 32, machine: 40, segments: [code] })).toContain("machine 40");
    const odd = whole.slice();
    odd[5] = 3;
    expect(readElf(bytesSource(odd))).toMatchObject({ kind: "refused" });
  });

  test("any bytes are survived, and what is read lies within the file", () => {
    const valid = elf({ segments: [code, code, code] });
    const change = fc.tuple(fc.nat({ max: 250 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), fc.nat({ max: 4096 }), (changes, size) => {
        const bytes = valid.slice(0, size);
        for (const [at, value] of changes) {
          if (at > 3 && at < size) bytes[at] = value;
        }
        const result = readElf(bytesSource(bytes));
        expect(["elf", "not-elf", "refused"]).toContain(result.kind);
        if (result.kind !== "elf") return;
        for (const { from, fileSize } of result.image.segments) {
          expect(from + fileSize).toBeLessThanOrEqual(size);
        }
      }),
      { numRuns: 500 },
    );
  });
});
