import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import type { HashAlgo } from "../../src/hash/hasher.ts";
import { nobleHashes } from "../../src/hash/noble.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import { GOLDEN, measureGolden, xorshiftBytes } from "../tools/measure.ts";

function expectedOf<T>(path: string): readonly T[] {
  return JSON.parse(readFileSync(join(GOLDEN, path), "utf8")) as readonly T[];
}

const withAlgo = (algo: HashAlgo) => (text: string) => text.replace("sha-256", algo);

describe("worked out by hand from the specification", () => {
  interface Case {
    readonly launch: string;
    readonly hashAlgo: HashAlgo;
    readonly rim: string;
    readonly rem: readonly string[];
  }
  const cases = expectedOf<Case>("spec/rim-by-hand/expected.json");

  test.each(cases)("$launch, $hashAlgo", async ({ launch, hashAlgo, rim, rem }) => {
    const measured = await measureGolden(`spec/rim-by-hand/${launch}.yaml`, {
      edit: withAlgo(hashAlgo),
    });
    expect(measured.hashAlgo).toBe(hashAlgo);
    expect(toHex(measured.rim)).toBe(rim);
    expect(measured.rem.map(toHex)).toEqual(rem);
  });
});

describe("a baseline in C", () => {
  interface Case {
    readonly size: number;
    readonly content: "random" | "zeros";
    readonly hashAlgo: HashAlgo;
    readonly rim: string;
  }
  const cases = expectedOf<Case>("oracle/baseline/expected.json");

  function image({ size, content }: Case): Uint8Array {
    if (content === "random") return xorshiftBytes(size, size);
    const bytes = new Uint8Array(size);
    bytes[size - 1] = 1;
    return bytes;
  }

  test.each(cases)("$size bytes, $content, $hashAlgo", async (row) => {
    for (const hashes of row.size < 100_000 ? [nobleHashes, nodeHashes] : [nodeHashes]) {
      const measured = await measureGolden("oracle/baseline/launch.yaml", {
        images: { "image.bin": image(row) },
        hashes,
        edit: withAlgo(row.hashAlgo),
      });
      expect(toHex(measured.rim)).toBe(row.rim);
      expect(measured.measuredCalls).toBe(1 + Math.ceil(row.size / 4096));
    }
  });
});
