import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { equalBytes, fromHex } from "../../../src/bytes.ts";
import { CcaRimError } from "../../../src/errors.ts";
import { buildFdt, rebuildFdt } from "../../../src/formats/fdt/build.ts";
import { diffFdt } from "../../../src/formats/fdt/diff.ts";
import { toDts } from "../../../src/formats/fdt/dts.ts";
import { FDT_HEADER, type FdtHeaderField } from "../../../src/formats/fdt/layout.ts";
import { locateInFdt } from "../../../src/formats/fdt/locate.ts";
import { looksLikeFdt, readFdt } from "../../../src/formats/fdt/reader.ts";
import { nodeAt, printableName, propertyOf } from "../../../src/formats/fdt/tree.ts";

const kvmtool = new Uint8Array(
  readFileSync(new URL("../../../golden/oracle/kvmtool-dtb/119.dtb.bin", import.meta.url)),
);

/** A blob with this structure block (hexadecimal, blanks ignored) and strings `a\0bc\0`. */
function blobOf(structure: string, header: Partial<Record<FdtHeaderField, number>> = {}) {
  const tokens = fromHex(structure.replaceAll(" ", "")) ?? new Uint8Array(0);
  const bytes = new Uint8Array(56 + tokens.length + 5);
  const view = new DataView(bytes.buffer);
  const fields: Record<FdtHeaderField, number> = {
    magic: 0xd00dfeed,
    totalSize: bytes.length,
    offStruct: 56,
    offStrings: 56 + tokens.length,
    offMemRsvmap: 40,
    version: 17,
    lastCompVersion: 16,
    bootCpuid: 0,
    sizeStrings: 5,
    sizeStruct: tokens.length,
    ...header,
  };
  for (const field of Object.keys(FDT_HEADER) as FdtHeaderField[]) {
    view.setUint32(FDT_HEADER[field], fields[field]);
  }
  bytes.set(tokens, 56);
  bytes.set([0x61, 0, 0x62, 0x63, 0], 56 + tokens.length);
  return bytes;
}

const root = "00000001 00000000";
const end = "00000002 00000009";

function refusal(bytes: Uint8Array): { message: string; offset: number | undefined } {
  try {
    readFdt(bytes);
  } catch (error) {
    if (error instanceof CcaRimError && error.code === "FDT_FORMAT") {
      return { message: error.message, offset: error.where?.offset };
    }
    throw error;
  }
  throw new Error("the blob was read");
}

describe("readFdt", () => {
  test("a tree of kvmtool", () => {
    const tree = readFdt(kvmtool);
    expect(tree.header).toMatchObject({ version: 17, lastCompVersion: 16, offMemRsvmap: 40 });
    expect(tree.root.children.map(({ name }) => name)).toEqual([
      "chosen",
      "memory",
      "cpus",
      "intc",
      "timer",
      "U6_16550A@1000000",
      "U6_16550A@1001000",
      "U6_16550A@1002000",
      "U6_16550A@1003000",
      "rtc",
      "virtio@3000000",
      "virtio@3000200",
      "virtio@3000400",
      "pci",
      "psci",
      "aliases",
    ]);
    const cpu = nodeAt(tree, "/cpus/cpu@1");
    expect(cpu?.path).toBe("/cpus/cpu@1");
    expect(cpu && propertyOf(cpu, "reg")?.value).toEqual(new Uint8Array([0, 0, 0, 1]));
    expect(nodeAt(tree, "/cpus/cpu")).toBeUndefined();
    expect(nodeAt(tree, "cpus")).toBeUndefined();
    expect(nodeAt(tree, "/")).toBe(tree.root);
  });

  test("reservations, NOPs, shared names and a property behind a child", () => {
    const tree = readFdt(
      blobOf(
        `00000004 ${root} 00000003 00000001 00000003 ff000000 00000004 ` +
          `00000001 78400000 00000002 00000003 00000000 00000000 00000004 ${end}`,
      ),
    );
    expect(tree.root.properties.map(({ name, offset }) => [name, offset])).toEqual([
      ["c", 68],
      ["a", 100],
    ]);
    expect(tree.root.children.map(({ path }) => path)).toEqual(["/x@"]);
    const reserved = readFdt(buildFdt({ bufferSize: 256, reservations: [[1n, 2n]] }, () => {}));
    expect(reserved.reservations).toEqual([{ offset: 48, address: 1n, size: 2n }]);
  });

  test("version 16 does not say how long the structure is", () => {
    const bytes = blobOf(`${root} ${end}`, { version: 16, sizeStruct: 0xffff_ffff });
    expect(readFdt(bytes).header.sizeStruct).toBe(16);
  });

  test("a name that no terminal should see", () => {
    const tree = readFdt(blobOf(`${root} 00000001 1b5bff00 00000002 ${end}`));
    expect(tree.root.children[0]?.path).toBe("/\\x1b[\\xff");
    expect(printableName("a\n\u00e9")).toBe("a\\x0a\\xe9");
  });

  test.each<[string, Uint8Array, string, number]>([
    ["nothing", new Uint8Array(0), "does not start with d00dfeed", 0],
    ["a short header", blobOf("").subarray(0, 39), "header is cut off", 39],
    ["an older version", blobOf(root, { version: 15 }), "version 15 is older", 20],
    ["a newer format", blobOf(root, { lastCompVersion: 18 }), "from version 18 on", 24],
    ["a cut blob", blobOf(root).subarray(0, -1), "cut off", 4],
    ["a huge blob", blobOf(root, { totalSize: 0xffff_ffff }), "above 16777216", 4],
    ["a structure in the header", blobOf(root, { offStruct: 36 }), "offStruct 36", 8],
    ["a structure off its boundary", blobOf(root, { offStruct: 57, sizeStruct: 4 }), "of 4", 8],
    ["a long structure", blobOf(root, { sizeStruct: 0xffff_fff0 }), "leaves the tree", 8],
    ["long strings", blobOf(root, { sizeStrings: 6 }), "leaves the tree", 12],
    ["strings beyond the end", blobOf(root, { offStrings: 0xffff_ffff }), "leaves the tree", 12],
    ["reservations off their boundary", blobOf(root, { offMemRsvmap: 44 }), "of 8", 16],
    ["reservations beyond the end", blobOf(root, { offMemRsvmap: 64 }), "leaves the tree", 16],
    [
      "endless reservations",
      blobOf("00000001 00000001 00000001 00000001", { offMemRsvmap: 56 }),
      "has no end",
      56,
    ],
    ["no tokens", blobOf(""), "without FDT_END", 56],
    ["no root", blobOf("00000009"), "no root", 60],
    ["two roots", blobOf(`${root} 00000002 ${root} ${end}`), "second root", 68],
    ["an unknown token", blobOf(`${root} 00000005 ${end}`), "unknown token 0x5, in /", 64],
    ["an early end", blobOf(`${root} 00000009`), "FDT_END inside a node, in /", 64],
    ["no end", blobOf(`${root} 00000002`), "without FDT_END", 68],
    ["too many ends", blobOf(`${root} 00000002 ${end}`), "FDT_END_NODE outside", 68],
    ["an endless name", blobOf("00000001 61616161"), "node name without an end", 60],
    ["a long name", blobOf(`00000001 ${"61".repeat(256)} 00000000 ${end}`), "more than 255", 60],
    ["a stray property", blobOf("00000003 00000000 00000000"), "outside the root", 56],
    ["a cut property", blobOf(`${root} 00000003 00000000`), "property is cut off, in /", 64],
    ["a long value", blobOf(`${root} 00000003 00000001 00000000`), "value leaves", 64],
    ["a huge value", blobOf(`${root} 00000003 ffffffff 00000000`), "value leaves", 64],
    [
      "a name beyond the strings",
      blobOf(`${root} 00000003 00000000 00000005`),
      "leaves the str",
      64,
    ],
    [
      "a name without an end",
      blobOf(`${root} 00000003 00000000 00000002`, { sizeStrings: 4 }),
      "property name without an end",
      78,
    ],
    ["too deep", blobOf(`${root} `.repeat(65)), "more than 64 levels", 56 + 64 * 8],
  ])("%s is refused", (_, bytes, message, offset) => {
    const refused = refusal(bytes);
    expect(refused.message).toContain(message);
    expect(refused.offset).toBe(offset);
  });

  test("more nodes than there is any use for are refused", () => {
    const bytes = blobOf(root + "000000010000000000000002".repeat(1 << 18) + end);
    expect(refusal(bytes).message).toContain("more than 262144 nodes");
  });
});

/** Reads and then uses whatever came out; only FDT_FORMAT may be thrown. */
function survives(bytes: Uint8Array): boolean {
  try {
    const tree = readFdt(bytes);
    toDts(tree);
    locateInFdt(tree, bytes.length >> 1);
    diffFdt(bytes, kvmtool);
    return true;
  } catch (error) {
    if (error instanceof CcaRimError && error.code === "FDT_FORMAT") return false;
    throw error;
  }
}

describe("bytes from anywhere", () => {
  test("random bytes, with and without the magic number", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, magic) => {
        if (magic && bytes.length >= 4) bytes.set([0xd0, 0x0d, 0xfe, 0xed]);
        survives(bytes);
        expect(looksLikeFdt(bytes)).toBe(
          bytes.length >= 4 && new DataView(bytes.buffer).getUint32(0) === 0xd00dfeed,
        );
      }),
      { numRuns: 500 },
    );
  });

  test("a valid tree with words and bytes overwritten", () => {
    const change = fc.tuple(
      fc.nat({ max: kvmtool.length - 4 }),
      fc.oneof(fc.nat({ max: 16 }), fc.nat({ max: 5000 }), fc.nat({ max: 0xffff_ffff })),
      fc.boolean(),
    );
    let readable = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = kvmtool.slice();
        const view = new DataView(bytes.buffer);
        for (const [at, value, word] of changes) {
          if (word) view.setUint32(at & ~3, value);
          else bytes[at] = value;
        }
        if (survives(bytes)) readable += 1;
      }),
      { numRuns: 1500 },
    );
    expect(readable).toBeGreaterThan(0);
  });

  test("a valid tree cut anywhere", () => {
    const tree = kvmtool.length - 8;
    for (let length = 0; length < tree; length += 7) {
      expect(survives(kvmtool.subarray(0, length))).toBe(false);
    }
  });
});

describe("what the writer wrote", () => {
  const name = fc.stringMatching(/^[a-z#][a-z0-9,@-]{0,12}$/);
  const value = fc.uint8Array({ maxLength: 40 });
  interface Model {
    readonly properties: (readonly [string, Uint8Array])[];
    readonly children: (readonly [string, Model])[];
  }
  const modelOf = (depth: number): fc.Arbitrary<Model> =>
    fc.record({
      properties: fc.array(fc.tuple(name, value), { maxLength: 4 }),
      children:
        depth === 0
          ? fc.constant([])
          : fc.array(fc.tuple(name, modelOf(depth - 1)), { maxLength: 3 }),
    });

  test("comes back the same", () => {
    fc.assert(
      fc.property(modelOf(3), (wanted) => {
        const bytes = buildFdt({ bufferSize: 1 << 16 }, (node) => {
          const fill = (into: typeof node, { properties, children }: Model): void => {
            for (const [key, bytesOfKey] of properties) into.bytes(key, bytesOfKey);
            for (const [key, child] of children) into.node(key, (below) => fill(below, child));
          };
          fill(node, wanted);
        });
        const read = readFdt(bytes);
        const strip = (node: typeof read.root): Model => ({
          properties: node.properties.map((p) => [p.name, p.value.slice()] as const),
          children: node.children.map((child) => [child.name, strip(child)] as const),
        });
        expect(strip(read.root)).toEqual(wanted);
        expect(equalBytes(rebuildFdt(read, { bufferSize: 1 << 16 }), bytes)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
