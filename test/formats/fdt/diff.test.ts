import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { buildFdt, type FdtNodeBuilder } from "../../../src/formats/fdt/build.ts";
import { diffFdt, type FdtDifference } from "../../../src/formats/fdt/diff.ts";
import { FdtEditor } from "../../../src/formats/fdt/edit.ts";
import { locateInFdt } from "../../../src/formats/fdt/locate.ts";
import { readFdt } from "../../../src/formats/fdt/reader.ts";

function tree(body: (root: FdtNodeBuilder) => void): Uint8Array {
  return buildFdt({ bufferSize: 1024 }, body);
}

const older = tree((root) => {
  root.u32("#address-cells", 2);
  root.u32("#size-cells", 2);
  root.string("model", "one");
  root.node("memory", (node) => node.u64("reg", 0x8000_0000, 0x1000_0000));
  root.node("chosen", (node) => node.u64("kaslr-seed", 0));
  root.node("pmu", (node) => node.empty("a"));
});

describe("diffFdt", () => {
  test("the same bytes", () => {
    expect(diffFdt(older, older.slice())).toEqual({ kind: "identical", differences: [] });
  });

  test("nodes, properties, values and order", () => {
    const newer = tree((root) => {
      root.u32("#size-cells", 2);
      root.u32("#address-cells", 2);
      root.empty("dma-coherent");
      root.node("chosen", (node) => node.u64("kaslr-seed", 5));
      root.node("memory", (node) => node.u64("reg", 0x8000_0000, 0x2000_0000));
      root.node("psci", () => undefined);
    });
    const { kind, differences } = diffFdt(older, newer);
    expect(kind).toBe("tree");
    expect(differences).toEqual<FdtDifference[]>([
      {
        kind: "property-removed",
        path: "/",
        name: "model",
        value: { kind: "strings", strings: ["one"] },
      },
      { kind: "property-added", path: "/", name: "dma-coherent", value: { kind: "empty" } },
      {
        kind: "property-order",
        path: "/",
        a: ["#address-cells", "#size-cells"],
        b: ["#size-cells", "#address-cells"],
      },
      { kind: "node-removed", path: "/pmu" },
      { kind: "node-added", path: "/psci" },
      { kind: "node-order", path: "/", a: ["memory", "chosen"], b: ["chosen", "memory"] },
      {
        kind: "property-changed",
        path: "/memory",
        name: "reg",
        a: { kind: "reg", entries: [{ address: 0x8000_0000n, size: 0x1000_0000n }] },
        b: { kind: "reg", entries: [{ address: 0x8000_0000n, size: 0x2000_0000n }] },
      },
      {
        kind: "property-changed",
        path: "/chosen",
        name: "kaslr-seed",
        a: { kind: "u64", value: 0n },
        b: { kind: "u64", value: 5n },
      },
    ]);
  });

  test("several nodes of one name are matched in order", () => {
    const twins = (first: number, second: number) =>
      tree((root) => {
        root.node("n", (node) => node.u32("x", first));
        root.node("n", (node) => node.u32("x", second));
      });
    expect(diffFdt(twins(1, 2), twins(1, 3)).differences).toEqual([
      {
        kind: "property-changed",
        path: "/n",
        name: "x",
        a: { kind: "cells", cells: [2] },
        b: { kind: "cells", cells: [3] },
      },
    ]);
  });

  test("another libfdt shows in the header alone", () => {
    const bytes = readFileSync(
      new URL("../../../golden/oracle/kvmtool-dtb/002.dtb.bin", import.meta.url),
    );
    const other = Uint8Array.from(bytes);
    other[27] = 2;
    const place = { kind: "header", field: "lastCompVersion" };
    expect(diffFdt(bytes, other)).toEqual({
      kind: "header",
      differences: [{ kind: "header", field: "lastCompVersion", a: 16, b: 2 }],
      firstByte: { offset: 27, a: place, b: place },
    });
    const shorter = bytes.subarray(0, -8);
    expect(diffFdt(bytes, shorter)).toMatchObject({
      kind: "residue",
      firstByte: { offset: shorter.length, a: { kind: "behind" }, b: { kind: "behind" } },
    });
  });

  test("padding is residue and is blamed on its property", () => {
    const editor = FdtEditor.create(1024);
    editor.setProp(0, "model", new Uint8Array([1, 2, 3, 4, 5]));
    const other = Uint8Array.from(editor.buffer);
    const at = other.lastIndexOf(5) + 1;
    other[at] = 9;
    const place = { kind: "property", path: "/", name: "model", part: "padding" };
    expect(diffFdt(editor.buffer, other)).toEqual({
      kind: "residue",
      differences: [],
      firstByte: { offset: at, a: place, b: place },
    });
  });

  test("reservations", () => {
    const make = (size: bigint) =>
      buildFdt({ bufferSize: 256, reservations: [[0n, size]] }, () => undefined);
    expect(diffFdt(make(1n), make(2n)).differences).toEqual([
      {
        kind: "reservations",
        a: [{ offset: 48, address: 0n, size: 1n }],
        b: [{ offset: 48, address: 0n, size: 2n }],
      },
    ]);
  });
});

describe("locateInFdt", () => {
  const bytes = buildFdt({ bufferSize: 256 }, (root) => {
    root.string("ab", "xy");
    root.node("n", (node) => node.u32("c", 1));
  });
  const decoded = readFdt(bytes);
  const property = (path: string, name: string, part: string) => ({
    kind: "property",
    path,
    name,
    part,
  });
  test.each([
    [0, { kind: "header", field: "magic" }],
    [39, { kind: "header", field: "sizeStruct" }],
    [40, { kind: "gap" }],
    [48, { kind: "reservations" }],
    [64, { kind: "node", path: "/" }],
    [72, property("/", "ab", "head")],
    [84, property("/", "ab", "value")],
    [86, property("/", "ab", "value")],
    [87, property("/", "ab", "padding")],
    [88, { kind: "node", path: "/n" }],
    [96, property("/n", "c", "head")],
    [108, property("/n", "c", "value")],
    [112, { kind: "node", path: "/n" }],
    [decoded.header.offStrings, { kind: "strings" }],
    [decoded.header.totalSize, { kind: "behind" }],
  ])("byte %i", (offset, place) => {
    expect(locateInFdt(decoded, offset)).toEqual(place);
  });
});
