import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex } from "../../../src/bytes.ts";
import { parseArm64Header } from "../../../src/formats/image/arm64.ts";
import { describeImage } from "../../../src/formats/image/describe.ts";
import { parseGzipHeader } from "../../../src/formats/image/gzip.ts";
import { bytesSource } from "../../../src/hash/source.ts";

function header(fields: {
  readonly textOffset?: bigint;
  readonly imageSize?: bigint;
  readonly flags?: bigint;
  readonly mz?: boolean;
  readonly pe?: number;
}): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  if (fields.mz) view.setUint16(0, 0x5a4d, true);
  view.setBigUint64(8, fields.textOffset ?? 0n, true);
  view.setBigUint64(16, fields.imageSize ?? 0n, true);
  view.setBigUint64(24, fields.flags ?? 0n, true);
  bytes.set([0x41, 0x52, 0x4d, 0x64], 56);
  view.setUint32(60, fields.pe ?? 0, true);
  return bytes;
}

test("a Debian arm64 kernel's header", () => {
  const head = fromHex(
    "4d5a40fa3f207c14000000000000000000000102000000000a000000000000000000000000000000" +
      "0000000000000000000000000000000041524d6440000000",
  );
  expect(parseArm64Header(head ?? new Uint8Array(0))).toEqual({
    textOffset: 0n,
    imageSize: 0x2010000n,
    flags: 10n,
    endianness: "little",
    pageSize: "4K",
    placement: "anywhere",
    efi: true,
    peOffset: 0x40,
  });
});

test.each([
  [0n, "little", "unspecified", "near-start-of-ram"],
  [1n, "big", "unspecified", "near-start-of-ram"],
  [2n, "little", "4K", "near-start-of-ram"],
  [4n, "little", "16K", "near-start-of-ram"],
  [6n, "little", "64K", "near-start-of-ram"],
  [8n, "little", "unspecified", "anywhere"],
  [0xffff_ffff_ffff_fff0n, "little", "unspecified", "near-start-of-ram"],
] as const)("flags %s", (flags, endianness, pageSize, placement) => {
  const parsed = parseArm64Header(header({ flags }));
  expect(parsed).toMatchObject({ flags, endianness, pageSize, placement, efi: false });
});

test.each([
  ["too short", header({}).subarray(0, 63)],
  ["no magic", new Uint8Array(64)],
  ["big-endian magic", header({}).map((byte, i) => (i >= 56 && i < 60 ? 0x64 : byte))],
])("no header: %s", (_, bytes) => {
  expect(parseArm64Header(bytes)).toBeUndefined();
});

test.each([
  ["plain", "1f8b0800000000000003", { mtime: 0 }],
  ["with a time", "1f8b0800785634120003", { mtime: 0x12345678 }],
  ["with a name", "1f8b08080000000000036b65726e656c00ff", { mtime: 0, name: "kernel" }],
  [
    "with an extra field before the name",
    "1f8b080c00000000000302000102616200",
    { mtime: 0, name: "ab" },
  ],
  ["with a name that does not end", "1f8b08080000000000036b65", { mtime: 0 }],
  ["with an extra field beyond the end", "1f8b080c000000000003ffff00", { mtime: 0 }],
  ["too short", "1f8b08000000000000", undefined],
  ["another method", "1f8b0700000000000003", undefined],
  ["reserved flags", "1f8b0820000000000003", undefined],
  ["not gzip", "504b0304000000000000", undefined],
])("gzip %s", (_, hex, expected) => {
  expect(parseGzipHeader(fromHex(hex) ?? new Uint8Array(0))).toEqual(expected);
});

test("what a file is", () => {
  const image = header({ textOffset: 0x80000n, imageSize: 0x2000n, flags: 0xan, mz: true });
  expect(describeImage(bytesSource(image))).toEqual({
    kind: "arm64-image",
    textOffset: "0x80000",
    imageSize: "0x2000",
    flags: "0xa",
    endianness: "little",
    pageSize: "4K",
    placement: "anywhere",
    efi: true,
  });
  const gzip = fromHex("1f8b08080000000000036b00") ?? new Uint8Array(0);
  expect(describeImage(bytesSource(gzip))).toEqual({ kind: "gzip", originalName: "k" });
  const tree = Uint8Array.of(0xd0, 0x0d, 0xfe, 0xed, 0);
  expect(describeImage(bytesSource(tree))).toEqual({ kind: "device-tree" });
  expect(describeImage(bytesSource(new Uint8Array(0)))).toBeUndefined();
});

test("any bytes are survived", () => {
  const prefix = fc.constantFrom("", "1f8b08", "1f8b081c", "d00dfeed", "4d5a");
  fc.assert(
    fc.property(prefix, fc.uint8Array({ maxLength: 600 }), (start, rest) => {
      const bytes = new Uint8Array([...(fromHex(start) ?? []), ...rest]);
      const kinds = ["arm64-image", "gzip", "device-tree", undefined];
      expect(kinds).toContain(describeImage(bytesSource(bytes))?.["kind"]);
      if (bytes.length < 64) expect(parseArm64Header(bytes)).toBeUndefined();
    }),
  );
});
