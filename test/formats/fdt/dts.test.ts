import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildFdt } from "../../../src/formats/fdt/build.ts";
import { decodeValue, type FdtValue, guessValue } from "../../../src/formats/fdt/decode.ts";
import { diffFdt } from "../../../src/formats/fdt/diff.ts";
import { toDts, valueText } from "../../../src/formats/fdt/dts.ts";
import { readFdt } from "../../../src/formats/fdt/reader.ts";
import { stringsValue, u32Value, u64Value } from "../../../src/formats/fdt/values.ts";

interface DtcCase {
  readonly name: string;
  readonly source: string;
  readonly compiled: string;
  readonly textSha256: string;
}

const golden = fileURLToPath(new URL("../../../golden/oracle/", import.meta.url));
const vectors = fileURLToPath(
  new URL("../../../../shared/vectors/kvmtool/cases/", import.meta.url),
);
const hasDtc = spawnSync("dtc", ["--version"]).status === 0;

const cases: readonly DtcCase[] = JSON.parse(readFileSync(join(golden, "dtc/cases.json"), "utf8"));

/** The differences of two blobs that source text can carry: all but the header's. */
function treeDifferences(a: Uint8Array, b: Uint8Array): unknown[] {
  return diffFdt(a, b).differences.filter(({ kind }) => kind !== "header");
}

function compile(text: string): Uint8Array {
  return execFileSync("dtc", ["-q", "-I", "dts", "-O", "dtb"], { input: text });
}

describe("toDts", () => {
  test("a small tree", () => {
    const bytes = buildFdt({ bufferSize: 512, reservations: [[0x1000n, 0x20n]] }, (root) => {
      root.u32("#address-cells", 2);
      root.node("chosen", (chosen) => {
        chosen.string("bootargs", 'a "b" \\ c\n');
        chosen.empty("flag");
        chosen.node("deep", () => undefined);
      });
      root.node("n@1", (node) => {
        node.strings("compatible", ["x,y", "z"]);
        node.u64("reg", 1, 0x1_0000_0002n);
        node.bytes("mac", new Uint8Array([0, 0x11, 0xff]));
      });
    });
    expect(toDts(readFdt(bytes))).toBe(
      [
        "/dts-v1/;",
        "",
        "/memreserve/ 0x1000 0x20;",
        "",
        "/ {",
        "\t#address-cells = <0x2>;",
        "",
        "\tchosen {",
        '\t\tbootargs = "a \\"b\\" \\\\ c\\n";',
        "\t\tflag;",
        "",
        "\t\tdeep {",
        "\t\t};",
        "\t};",
        "",
        "\tn@1 {",
        '\t\tcompatible = "x,y", "z";',
        "\t\treg = <0x0 0x1 0x1 0x2>;",
        "\t\tmac = [00 11 ff];",
        "\t};",
        "};",
        "",
      ].join("\n"),
    );
  });

  test.each(cases)("$name: dtc made the same tree of this very text", (recorded) => {
    const source = readFileSync(join(golden, recorded.source));
    const text = toDts(readFdt(source));
    expect(createHash("sha256").update(text).digest("hex")).toBe(recorded.textSha256);
    const compiled = readFileSync(join(golden, recorded.compiled));
    expect(treeDifferences(source, compiled)).toEqual([]);
  });
});

describe.skipIf(!hasDtc)("the installed dtc takes the text for the same tree", () => {
  test.each(cases)("$name", ({ source }) => {
    const bytes = readFileSync(join(golden, source));
    expect(treeDifferences(bytes, compile(toDts(readFdt(bytes))))).toEqual([]);
  });

  test("any values", () => {
    const value = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.string({ unit: "binary-ascii", maxLength: 12 }).map((text) => {
        return stringsValue(text.split("\0"));
      }),
      fc.array(fc.nat({ max: 0xffff_ffff }), { maxLength: 4 }).map(u32Value),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), (values) => {
        const bytes = buildFdt({ bufferSize: 1 << 14 }, (root) => {
          values.forEach((one, index) => {
            root.bytes(`p${index}`, one);
          });
        });
        expect(treeDifferences(bytes, compile(toDts(readFdt(bytes))))).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});

describe.skipIf(!hasDtc || !existsSync(vectors))("dtc and the shared kvmtool trees", () => {
  const names = existsSync(vectors) ? readdirSync(vectors).slice(0, 30) : [];
  test("every text compiles to its tree", () => {
    expect(names.length).toBe(30);
    for (const name of names) {
      const file = join(vectors, name, "dtb.bin");
      if (!existsSync(file)) continue;
      const bytes = readFileSync(file);
      expect(treeDifferences(bytes, compile(toDts(readFdt(bytes))))).toEqual([]);
    }
  });
});

describe("meaning of values", () => {
  const parent = readFdt(
    buildFdt({ bufferSize: 512 }, (root) => {
      root.u32("#address-cells", 3);
      root.u32("#size-cells", 0);
    }),
  ).root;
  const plain = readFdt(buildFdt({ bufferSize: 256 }, () => undefined)).root;

  test.each<[string, Uint8Array, FdtValue, string]>([
    ["nothing", u32Value([]), { kind: "empty" }, ""],
    ["text", stringsValue(["a", "b"]), { kind: "strings", strings: ["a", "b"] }, '"a", "b"'],
    ["a number", u32Value([65]), { kind: "cells", cells: [65] }, "<0x41>"],
    ["bytes", new Uint8Array([1]), { kind: "bytes", hex: "01" }, "[01]"],
    ["one NUL", new Uint8Array([0]), { kind: "bytes", hex: "00" }, "[00]"],
    [
      "text with many ends",
      new Uint8Array([97, 0, 0]),
      { kind: "bytes", hex: "610000" },
      "[61 00 00]",
    ],
  ])("guessed: %s", (_, value, expected, text) => {
    expect(guessValue(value)).toEqual(expected);
    expect(valueText(guessValue(value))).toBe(text);
  });

  test.each<[string, string, Uint8Array, typeof parent | undefined, string]>([
    ["reg with the defaults 2 and 1", "reg", u32Value([1, 2, 3]), plain, "<0x100000002 0x3>"],
    ["reg of a bus without sizes", "reg", u32Value([1, 0, 2]), parent, "<0x10000000000000002>"],
    ["reg that does not divide", "reg", u32Value([1, 2]), parent, "<0x1 0x2>"],
    ["the root's reg", "reg", u32Value([1, 2, 3]), undefined, "<0x1 0x2 0x3>"],
    ["a seed", "kaslr-seed", u64Value([1n << 33n]), plain, "<0x200000000>"],
    ["a short initrd address", "linux,initrd-start", u32Value([7]), plain, "<0x7>"],
  ])("by name: %s", (_, name, value, above, text) => {
    expect(valueText(decodeValue(name, value, above))).toBe(text);
  });
});
