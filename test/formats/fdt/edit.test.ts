import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { equalBytes, toHex } from "../../../src/bytes.ts";
import { buildFdt } from "../../../src/formats/fdt/build.ts";
import { FdtEditor } from "../../../src/formats/fdt/edit.ts";
import { fdtTotalSize } from "../../../src/formats/fdt/layout.ts";
import { cString, stringsValue, u32Value, u64Value } from "../../../src/formats/fdt/values.ts";

/** The structure block in hexadecimal, words apart. */
function structure(editor: FdtEditor): string {
  const view = new DataView(editor.buffer.buffer);
  const start = view.getUint32(8);
  const bytes = editor.buffer.subarray(start, start + view.getUint32(36));
  return toHex(bytes).replaceAll(/(.{8})(?=.)/g, "$1 ");
}

/** The names of the nodes in blob order, indented by depth. */
function outline(editor: FdtEditor): string[] {
  return editor.nodes().map(({ depth, name }) => `${" ".repeat(depth)}${name || "/"}`);
}

describe("FdtEditor", () => {
  test("starts as QEMU's empty tree", () => {
    const editor = FdtEditor.create(1 << 20, { libfdt: "1.6.0" });
    expect(editor.buffer.length).toBe(1 << 20);
    expect(toHex(editor.buffer.subarray(0, 80)).replaceAll(/(.{8})(?=.)/g, "$1 ")).toBe(
      "d00dfeed 00100000 00000040 00000050 00000030 00000011 00000002 00000000 00000000 00000010 " +
        "00000000 00000000 00000000 00000000 00000000 00000000 " +
        "00000001 00000000 00000002 00000009",
    );
    expect(editor.buffer.subarray(80).some((byte) => byte !== 0)).toBe(false);
  });

  test("puts what is new first in its node", () => {
    const editor = FdtEditor.create(4096);
    for (const name of ["a", "b", "c"]) editor.addSubnode(editor.findNode("/"), name);
    editor.addSubnode(editor.findNode("/b"), "x");
    expect(outline(editor)).toEqual(["/", " c", " b", "  x", " a"]);
    editor.setProp(0, "p", u32Value([1]));
    editor.setProp(0, "q", u32Value([2]));
    expect(structure(editor).slice(0, 89)).toBe(
      "00000001 00000000 00000003 00000004 00000002 00000002 00000003 00000004 00000000 00000001",
    );
  });

  test("padding keeps what lay there before the gap was opened", () => {
    const editor = FdtEditor.create(4096);
    editor.setProp(0, "p", cString(""));
    expect(structure(editor)).toBe(
      "00000001 00000000 00000003 00000001 00000000 00000000 00000002 00000009",
    );
    editor.setProp(0, "r", cString("x"));
    expect(structure(editor)).toContain("00000003 00000002 00000002 78000000");
    editor.setProp(0, "r", cString("xyzzy"));
    expect(structure(editor)).toContain("00000003 00000006 00000002 78797a7a 79000003");
  });

  test("a name without a unit address finds the node that has one, and is taken by it", () => {
    const editor = FdtEditor.create(4096);
    const memory = editor.addSubnode(0, "memory@40000000");
    expect(editor.findNode("/memory")).toBe(memory);
    expect(() => editor.addSubnode(0, "memory")).toThrow(
      expect.objectContaining({ status: "FDT_ERR_EXISTS" }),
    );
    expect(() => editor.findNode("/memory@4")).toThrow(
      expect.objectContaining({ status: "FDT_ERR_NOTFOUND" }),
    );
    expect(editor.addSubnode(0, "memory@4")).toBe(memory);
  });

  test("values are read back, appended to, deleted and blanked", () => {
    const editor = FdtEditor.create(4096);
    editor.setProp(0, "cells", u32Value([1]));
    editor.appendProp(0, "cells", u32Value([2]));
    expect(editor.getProp(0, "cells")).toEqual(u32Value([1, 2]));
    editor.nopProp(0, "cells");
    expect(editor.getProp(0, "cells")).toBeUndefined();
    editor.setProp(0, "other", new Uint8Array(0));
    editor.delProp(0, "other");
    expect(structure(editor)).toBe(`00000001 00000000 ${"00000004 ".repeat(5)}00000002 00000009`);
    expect(() => editor.delProp(0, "cells")).toThrow(
      expect.objectContaining({ status: "FDT_ERR_NOTFOUND" }),
    );
  });

  test("nodes are deleted and blanked with all below them", () => {
    const editor = FdtEditor.create(4096);
    editor.addSubnode(editor.addSubnode(0, "a"), "b");
    editor.addSubnode(0, "c");
    editor.nopNode(editor.findNode("/a"));
    expect(outline(editor)).toEqual(["/", " c"]);
    editor.delNode(editor.findNode("/c"));
    expect(structure(editor)).toBe(`00000001 00000000 ${"00000004 ".repeat(6)}00000002 00000009`);
  });

  test("a file keeps its bytes beyond the tree when it is opened", () => {
    const blob = buildFdt({ bufferSize: 128 }, (root) => root.empty("p"));
    const end = fdtTotalSize(blob);
    const editor = FdtEditor.open(blob.subarray(0, end), 512);
    expect(fdtTotalSize(editor.buffer)).toBe(512);
    expect(editor.getProp(0, "p")).toEqual(new Uint8Array(0));
    const longer = new Uint8Array([...blob.subarray(0, end), 7, 8]);
    expect(FdtEditor.open(longer, 512).buffer.subarray(end, end + 3)).toEqual(
      new Uint8Array([7, 8, 0]),
    );
    expect(() => FdtEditor.open(longer, end)).toThrow(
      expect.objectContaining({ status: "FDT_ERR_NOSPACE" }),
    );
  });

  test("a full buffer is refused and a packed tree has no room", () => {
    const editor = FdtEditor.create(128);
    expect(() => editor.setProp(0, "p", new Uint8Array(64))).toThrow(
      expect.objectContaining({ code: "FDT_REFUSED", status: "FDT_ERR_NOSPACE" }),
    );
    editor.pack();
    expect(fdtTotalSize(editor.buffer)).toBe(40 + 16 + 16);
    expect(() => editor.addSubnode(0, "a")).toThrow(
      expect.objectContaining({ status: "FDT_ERR_NOSPACE" }),
    );
  });

  test("paths are absolute and offsets are nodes", () => {
    const editor = FdtEditor.create(256);
    expect(() => editor.findNode("serial0")).toThrow(
      expect.objectContaining({ status: "FDT_ERR_BADPATH" }),
    );
    for (const offset of [-4, 2, 8, 12]) {
      expect(() => editor.getProp(offset, "p")).toThrow(
        expect.objectContaining({ status: "FDT_ERR_BADOFFSET" }),
      );
    }
  });
});

describe("QEMU's edits of a given tree", () => {
  const golden = new URL("../../../golden/oracle/", import.meta.url);

  test("memory and PSCI anew, the command line and the initrd: its dump, byte for byte", () => {
    const given = readFileSync(new URL("dtc/qemu-r01.dtb", golden));
    const dump = gunzipSync(readFileSync(new URL("qemu-edit/085-user-dtb.dtb.gz", golden)));
    const editor = FdtEditor.open(given, (given.length + 10_000) * 2);
    const set = (path: string, name: string, value: Uint8Array) => {
      editor.setProp(editor.findNode(path), name, value);
    };
    editor.nopNode(editor.findNode("/memory@40000000"));
    editor.addSubnode(0, "memory@40000000");
    set("/memory@40000000", "device_type", cString("memory"));
    set("/memory@40000000", "reg", u64Value([0x4000_0000, 0x2000_0000]));
    set("/chosen", "bootargs", cString("foo"));
    set("/chosen", "linux,initrd-start", u64Value([0x4800_0000]));
    set("/chosen", "linux,initrd-end", u64Value([0x4800_0028]));
    editor.nopNode(editor.findNode("/psci"));
    editor.addSubnode(0, "psci");
    set("/psci", "compatible", stringsValue(["arm,psci-1.0", "arm,psci-0.2", "arm,psci"]));
    set("/psci", "method", cString("hvc"));
    set("/psci", "cpu_suspend", u32Value([0xc400_0001]));
    set("/psci", "cpu_off", u32Value([0x8400_0002]));
    set("/psci", "cpu_on", u32Value([0xc400_0003]));
    set("/psci", "migrate", u32Value([0xc400_0005]));
    expect(equalBytes(editor.buffer, dump)).toBe(true);
  });
});
