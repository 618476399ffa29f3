import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/bytes.ts";
import { buildFdt } from "../../../src/formats/fdt/build.ts";
import { FdtRefusal, fdtTotalSize, lastCompVersionOf } from "../../../src/formats/fdt/layout.ts";
import { cString, stringsValue, u32Value, u64Value } from "../../../src/formats/fdt/values.ts";
import { FdtSequentialWriter } from "../../../src/formats/fdt/writer.ts";

describe("buildFdt", () => {
  test("a small tree, worked out from the specification and libfdt's string order", () => {
    const buffer = buildFdt({ bufferSize: 512, reservations: [[0x1000n, 0x20n]] }, (root) => {
      root.u32("#a", 2);
      root.node("n@1", (node) => {
        node.string("ba", "xyz");
        node.empty("a");
        node.u64("r", 1n, 0xffff_ffff_ffff_ffffn);
      });
    });
    const expected = [
      "d00dfeed 000000bc 00000050 000000b4 00000030 00000011 00000010 00000000 00000008 00000064",
      "0000000000000000", // the reservation map starts at 48
      "0000000000001000 0000000000000020 0000000000000000 0000000000000000",
      "00000001 00000000",
      "00000003 00000004 00000005 00000002", // "#a" came first, so it is last in the strings
      "00000001 6e403100",
      "00000003 00000004 00000002 78797a00",
      "00000003 00000000 00000003", // "a" is the end of "ba", the lowest match
      "00000003 00000010 00000000 0000000000000001 ffffffffffffffff",
      "00000002 00000002 00000009",
      "7200 626100 236100",
    ];
    expect(toHex(buffer.subarray(0, fdtTotalSize(buffer)))).toBe(
      expected.join("").replaceAll(" ", ""),
    );
    expect(toHex(buffer.subarray(-8))).toBe("7200626100236100"); // where the names were gathered
    expect(buffer.subarray(0xbc, -8).some((byte) => byte !== 0)).toBe(false);
  });

  test("packing moves everything down by 8 and leaves the last 8 bytes of the names", () => {
    const body = { bufferSize: 512 };
    const opened = buildFdt(body, (root) => root.empty("interrupt-parent"));
    const packed = buildFdt({ ...body, packed: true }, (root) => root.empty("interrupt-parent"));
    const end = fdtTotalSize(packed);
    expect(end).toBe(fdtTotalSize(opened) - 8);
    expect(toHex(packed.subarray(40, end))).toBe(toHex(opened.subarray(48, end + 8)));
    expect(new TextDecoder().decode(packed.subarray(end, end + 9))).toBe("-parent\0\0");
  });

  test("a tree that is too large is refused", () => {
    const build = () => buildFdt({ bufferSize: 128 }, (root) => root.string("p", "x".repeat(64)));
    expect(build).toThrow(expect.objectContaining({ status: "FDT_ERR_NOSPACE" }));
    expect(build).toThrow(/buffer of 128 bytes/);
  });
});

describe("FdtSequentialWriter", () => {
  test.each<[string, (writer: FdtSequentialWriter) => void]>([
    ["a node before the reservations are finished", (w) => w.beginNode("")],
    ["a property before the reservations are finished", (w) => w.property("p", new Uint8Array(0))],
    [
      "a reservation after them",
      (w) => {
        w.finishReservations();
        w.addReservation(0n, 1n);
      },
    ],
    [
      "a node after the end",
      (w) => {
        w.finishReservations();
        w.finish();
        w.beginNode("");
      },
    ],
  ])("%s is refused", (_, calls) => {
    const writer = new FdtSequentialWriter(256);
    expect(() => calls(writer)).toThrow(
      expect.objectContaining({ code: "FDT_REFUSED", status: "FDT_ERR_BADSTATE" }),
    );
  });

  test("a property that does not fit takes its name back but not the name's bytes", () => {
    const writer = new FdtSequentialWriter(112);
    writer.finishReservations();
    writer.beginNode("");
    expect(() => writer.property("abc", new Uint8Array(64))).toThrow(FdtRefusal);
    expect(toHex(writer.buffer.subarray(-4))).toBe("61626300");
    writer.property("d", new Uint8Array(0));
    const end = fdtTotalSize(writer.finish());
    expect(toHex(writer.buffer.subarray(end - 2, end))).toBe("6400");
  });

  test("without sharing every property brings its name", () => {
    const writer = new FdtSequentialWriter(256, { noNameDedup: true });
    writer.finishReservations();
    writer.beginNode("");
    writer.property("p", new Uint8Array(0));
    writer.property("p", new Uint8Array(0));
    writer.endNode();
    const end = fdtTotalSize(writer.finish());
    expect(toHex(writer.buffer.subarray(end - 4, end))).toBe("70007000");
  });
});

describe("lastCompVersionOf", () => {
  test.each([
    ["1.4.0", 16],
    ["1.4.6", 16],
    ["1.4.7", 2],
    ["1.5.1", 2],
    ["1.6.0", 2],
    ["1.6.1", 16],
    ["v1.7.2", 16],
    ["1.6.1-4+b1", 16],
    ["1.8.1", 16],
    ["2.0", 16],
  ])("%s writes %i", (libfdt, expected) => {
    expect(lastCompVersionOf(libfdt)).toBe(expected);
  });

  test.each(["", "latest", "1", "1.6.1.2", "x1.6.1"])('"%s" is no release', (libfdt) => {
    expect(() => lastCompVersionOf(libfdt)).toThrow(
      expect.objectContaining({ code: "MANIFEST_VALUE" }),
    );
  });
});

describe("property values", () => {
  test.each<[string, Uint8Array, string]>([
    ["a string", cString("ab"), "616200"],
    ["bytes as a string", cString(new Uint8Array([0xff])), "ff00"],
    ["text beyond ASCII as UTF-8", cString("\u00e9"), "c3a900"],
    ["a list", stringsValue(["a", "", "bc"]), "61000062 6300".replace(" ", "")],
    ["cells", u32Value([1, 0xffff_ffff]), "00000001ffffffff"],
    ["no cells", u32Value([]), ""],
    ["pairs", u64Value([1, 0x8000_0000_0000_0000n]), "00000000000000018000000000000000"],
  ])("%s", (_, value, expected) => {
    expect(toHex(value)).toBe(expected);
  });

  test.each<[string, () => Uint8Array]>([
    ["-1 as a cell", () => u32Value([-1])],
    ["2^32 as a cell", () => u32Value([2 ** 32])],
    ["a fraction as a cell", () => u32Value([0.5])],
    ["2^64", () => u64Value([1n << 64n])],
    ["-1 as a pair", () => u64Value([-1n])],
    ["an unsafe number", () => u64Value([2 ** 53])],
  ])("%s is refused", (_, make) => {
    expect(make).toThrow(RangeError);
  });

  test("a NUL inside a string is refused", () => {
    expect(() => cString("a\0b")).toThrow(expect.objectContaining({ code: "HOST_ARGUMENT" }));
  });
});
