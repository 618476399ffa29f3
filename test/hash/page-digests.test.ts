import fc from "fast-check";
import { expect, test } from "vitest";
import { fillSource, granulesOf, standInSource } from "../../src/hash/content.ts";
import type { HashAlgo } from "../../src/hash/hasher.ts";
import { nobleHashes } from "../../src/hash/noble.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import { hashRun, PageDigestStore, pageRuns } from "../../src/hash/page-digests.ts";
import { type ByteSource, bytesSource, type MemoryContent } from "../../src/hash/source.ts";

const ALGOS: readonly HashAlgo[] = ["sha-256", "sha-384", "sha-512"];

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

test.each(ALGOS)("digests equal the hashes of the laid-out granules, %s", (algo) => {
  fc.assert(
    fc.property(contents, (content) => {
      const digests = new PageDigestStore(nodeHashes).digestsOf(content, algo);
      const bytes = flatten(content);
      const hasher = nobleHashes(algo);
      expect(digests.pages).toBe(content.size / 4096);
      for (let page = 0; page < digests.pages; page++) {
        const target = new Uint8Array(hasher.size + 3);
        digests.writeDigest(algo, page, target, 3);
        const expected = hasher.digest(bytes.subarray(page * 4096, page * 4096 + 4096));
        expect(target.subarray(3)).toEqual(expected);
      }
    }),
    { numRuns: 40 },
  );
});

test("a second content over the same bytes reads nothing", () => {
  const { source, reads } = counting(new Uint8Array(300_000).fill(7));
  const store = new PageDigestStore(nodeHashes);
  store.digestsOf(granulesOf(source), "sha-256");
  expect(reads()).toBe(300_000);
  const again = granulesOf(source);
  const digests = store.digestsOf({ ...again, size: again.size + 65_536 }, "sha-256");
  expect(reads()).toBe(300_000);
  expect(digests.pages).toBe(again.size / 4096 + 16);
});

test("another algorithm or another place in the granule reads again", () => {
  const { source, reads } = counting(new Uint8Array(5000).fill(7));
  const store = new PageDigestStore(nodeHashes);
  store.digestsOf(granulesOf(source), "sha-256");
  store.digestsOf(granulesOf(source), "sha-512");
  expect(reads()).toBe(10_000);
  store.digestsOf(granulesOf(source, 8), "sha-256");
  expect(reads()).toBe(15_000);
});

test("an algorithm that was not prepared is computed on first use", () => {
  const content = granulesOf(bytesSource(new Uint8Array(10).fill(9)));
  const digests = new PageDigestStore(nobleHashes).digestsOf(content, "sha-256");
  const target = new Uint8Array(64);
  digests.writeDigest("sha-512", 0, target, 0);
  expect(target).toEqual(nobleHashes("sha-512").digest(flatten(content)));
});

test("runs hashed in parts elsewhere and put give the same digests", () => {
  const bytes = Uint8Array.from({ length: 700_001 }, (_, i) => (i * 31) >> 3);
  const content = granulesOf(bytesSource(bytes), 100);
  const store = new PageDigestStore(nodeHashes);
  const [run, ...others] = store.missing([content, content], "sha-384");
  expect(others).toEqual([]);
  if (run === undefined) throw new Error("no run");
  const whole = new Uint8Array(run.pages * 48);
  for (let first = 0; first < run.pages; first += 50) {
    const pages = Math.min(50, run.pages - first);
    hashRun(run, first, pages, nobleHashes("sha-384"), whole.subarray(first * 48));
  }
  store.put(run, "sha-384", whole);
  expect(store.missing([content], "sha-384")).toEqual([]);
  const here = new PageDigestStore(nodeHashes).digestsOf(content, "sha-384");
  const there = store.digestsOf(content, "sha-384");
  const [a, b] = [new Uint8Array(48), new Uint8Array(48)];
  for (let page = 0; page < here.pages; page++) {
    here.writeDigest("sha-384", page, a, 0);
    there.writeDigest("sha-384", page, b, 0);
    expect(b).toEqual(a);
  }
  expect(() => store.put(run, "sha-384", whole.subarray(1))).toThrow(RangeError);
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
  const digests = new PageDigestStore(nobleHashes).digestsOf(
    { size: 4096, segments: [] },
    "sha-256",
  );
  expect(() => digests.writeDigest("sha-256", 1, new Uint8Array(32), 0)).toThrow(RangeError);
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
