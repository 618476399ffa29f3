import fc from "fast-check";
import { expect, test } from "vitest";
import { fillSource, granulesOf, standInSource } from "../../src/hash/content.ts";
import type { HashAlgo } from "../../src/hash/hasher.ts";
import { nobleHashes } from "../../src/hash/noble.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import { contentDigests, PageDigestStore } from "../../src/hash/page-digests.ts";
import { pageRuns } from "../../src/hash/page-runs.ts";
import { type PageDigests, readDigests } from "../../src/hash/pages.ts";
import { type ByteSource, bytesSource, type MemoryContent } from "../../src/hash/source.ts";

const ALGOS: readonly HashAlgo[] = ["sha-256", "sha-384", "sha-512"];
const sha256 = nodeHashes("sha-256");

/** The bytes of a content, laid out naively. */
function flatten(content: MemoryContent): Uint8Array {
  const bytes = new Uint8Array(content.size);
  for (const { at, source, from, length } of content.segments) {
    source.read(from, bytes.subarray(at, at + length));
  }
  return bytes;
}

function counting(bytes: Uint8Array): { source: ByteSource; reads: () => number } {
  const inner = bytesSource(bytes);
  let reads = 0;
  return {
    source: {
      ...inner,
      read(offset, target) {
        reads += target.length;
        inner.read(offset, target);
      },
    },
    reads: () => reads,
  };
}

/** Contents of a few segments over short sources, some of them zero. */
const contents = fc
  .array(
    fc.record({
      gap: fc.nat(9000),
      length: fc.nat(20_000),
      from: fc.nat(50),
      byte: fc.constantFrom(0, 1, 255),
      seed: fc.nat(255),
    }),
    { maxLength: 5 },
  )
  .chain((pieces) =>
    fc.nat(3).map((extra): MemoryContent => {
      let at = 0;
      const segments = pieces.map(({ gap, length, from, byte, seed }) => {
        const bytes = Uint8Array.from({ length: from + length }, (_, i) =>
          byte === 0 ? 0 : (i * 7 + seed) & 0xff,
        );
        const segment = { at: at + gap, source: bytesSource(bytes), from, length };
        at += gap + length;
        return segment;
      });
      return { size: (Math.ceil(at / 4096) + extra) * 4096, segments };
    }),
  );

/** Digests of pages, by number, in any order. */
function read(digests: PageDigests, algo: HashAlgo, pages: readonly number[]): Uint8Array[] {
  return pages.map((page) => readDigests(digests, nobleHashes(algo), page, 1));
}

/** All digests, as many at once as there are at hand. */
function inRuns(digests: PageDigests, algo: HashAlgo): Uint8Array[] {
  const { size } = nobleHashes(algo);
  const bytes = readDigests(digests, nobleHashes(algo), 0, digests.pages);
  return all(digests).map((page) => bytes.slice(page * size, (page + 1) * size));
}

const all = ({ pages }: PageDigests): number[] => Array.from({ length: pages }, (_, page) => page);

test.each(ALGOS)("digests equal the hashes of the laid-out granules, %s", (algo) => {
  fc.assert(
    fc.property(contents, (content) => {
      const bytes = flatten(content);
      const hasher = nobleHashes(algo);
      const expected = Array.from({ length: content.size / 4096 }, (_, page) =>
        hasher.digest(bytes.subarray(page * 4096, page * 4096 + 4096)),
      );
      const kept = new PageDigestStore(nodeHashes).digestsOf(content);
      for (const digests of [contentDigests(content, nodeHashes), kept]) {
        expect(digests.pages).toBe(content.size / 4096);
        expect(read(digests, algo, all(digests))).toEqual(expected);
        expect(inRuns(digests, algo)).toEqual(expected);
        expect(read(digests, algo, all(digests).reverse())).toEqual(expected.toReversed());
      }
    }),
    { numRuns: 40 },
  );
});

test("digests that begin anywhere go on across chunks, of a store, too", () => {
  const bytes = Uint8Array.from({ length: 700_001 }, (_, i) => (i * 31) >> 3);
  const segments = [
    { at: 100, source: bytesSource(bytes), from: 0, length: bytes.length },
    { at: 180 * 4096 + 7, source: bytesSource(bytes), from: 50_000, length: 600_000 },
  ];
  const content: MemoryContent = { size: 330 * 4096, segments };
  const flat = flatten(content);
  const { size } = sha256;
  const expected = new Uint8Array(330 * size);
  for (let page = 0; page < 330; page++) {
    sha256.digestInto(flat.subarray(page * 4096, page * 4096 + 4096), expected, page * size);
  }
  const kept = new PageDigestStore(nodeHashes).digestsOf(content);
  const ranges = fc.array(fc.tuple(fc.nat(329), fc.nat(330)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(ranges, (asked) => {
      for (const digests of [contentDigests(content, nodeHashes), kept]) {
        for (const [first, most] of asked) {
          const pages = Math.min(most, 330 - first);
          const found = readDigests(digests, sha256, first, pages);
          expect(found).toEqual(expected.subarray(first * size, (first + pages) * size));
        }
      }
    }),
    { numRuns: 30 },
  );
});

test("pages in any order, of any algorithm, have their own digests", () => {
  const bytes = Uint8Array.from({ length: 700_001 }, (_, i) => (i * 31) >> 3);
  const content = granulesOf(bytesSource(bytes), 100);
  const pages = fc.array(fc.tuple(fc.nat(content.size / 4096 - 1), fc.constantFrom(...ALGOS)));
  const flat = flatten(content);
  fc.assert(
    fc.property(pages, (asked) => {
      const digests = contentDigests(content, nodeHashes);
      for (const [page, algo] of asked) {
        const expected = nodeHashes(algo).digest(flat.subarray(page * 4096, page * 4096 + 4096));
        expect(read(digests, algo, [page])).toEqual([expected]);
      }
    }),
    { numRuns: 40 },
  );
});

test("a second content over the same bytes reads nothing", () => {
  const { source, reads } = counting(new Uint8Array(300_000).fill(7));
  const store = new PageDigestStore(nodeHashes);
  const first = store.digestsOf(granulesOf(source));
  expect(reads()).toBe(0);
  const expected = read(first, "sha-256", all(first));
  expect(reads()).toBe(300_000);
  const again = granulesOf(source);
  const digests = store.digestsOf({ ...again, size: again.size + 65_536 });
  expect(read(digests, "sha-256", all(first))).toEqual(expected);
  expect(reads()).toBe(300_000);
  expect(digests.pages).toBe(again.size / 4096 + 16);
});

test("what is not kept is read again", () => {
  const { source, reads } = counting(new Uint8Array(5000).fill(7));
  for (const times of [1, 2]) {
    const digests = contentDigests(granulesOf(source), nodeHashes);
    read(digests, "sha-256", all(digests));
    expect(reads()).toBe(times * 5000);
  }
});

test("another algorithm or another place in the granule reads again", () => {
  const { source, reads } = counting(new Uint8Array(5000).fill(7));
  const store = new PageDigestStore(nodeHashes);
  read(store.digestsOf(granulesOf(source)), "sha-256", [0, 1]);
  read(store.digestsOf(granulesOf(source)), "sha-512", [0, 1]);
  expect(reads()).toBe(10_000);
  read(store.digestsOf(granulesOf(source, 8)), "sha-256", [0, 1]);
  expect(reads()).toBe(15_000);
});

test("segments that share a granule share a run, others do not", () => {
  const source = bytesSource(new Uint8Array(20_000).fill(1));
  const runs = pageRuns({
    size: 65_536,
    segments: [
      { at: 0, source, from: 0, length: 5000 },
      { at: 6000, source, from: 0, length: 10 },
      { at: 8192, source, from: 0, length: 0 },
      { at: 8192, source, from: 0, length: 1 },
      { at: 40_960, source, from: 0, length: 4096 },
    ],
  });
  expect(runs.map(({ first, pages, segments }) => [first, pages, segments.length])).toEqual([
    [0, 2, 2],
    [2, 1, 1],
    [10, 1, 1],
  ]);
});

test("a page outside the content is refused", () => {
  const digests = contentDigests({ size: 4096, segments: [] }, nobleHashes);
  expect(() => digests.digestsFrom("sha-256", 1)).toThrow(RangeError);
});

test("fills and stand-ins read as they say", () => {
  const fill = new Uint8Array(5);
  fillSource(0xab, 10).read(5, fill);
  expect(fill).toEqual(new Uint8Array(5).fill(0xab));
  expect(() => fillSource(1, 10).read(6, fill)).toThrow(RangeError);
  const standIn = standInSource(Uint8Array.of(1, 2, 3), 100, "x");
  standIn.read(1, fill);
  expect(fill).toEqual(Uint8Array.of(2, 3, 0, 0, 0));
  standIn.read(95, fill);
  expect(fill).toEqual(new Uint8Array(5));
  expect(() => standIn.read(96, fill)).toThrow(RangeError);
});
