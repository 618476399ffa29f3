import { expect, test } from "vitest";
import { PageCounter } from "../../src/cli/page-hashing.ts";
import { knownDigests } from "../../src/hash/pages.ts";

const content = (pages: number) => ({ size: pages * 4096, segments: [] });

/** Digests in runs of 64 at most, as chunks are. */
function inChunks(pages: number) {
  const all = knownDigests(new Uint8Array(pages * 32), 32);
  return {
    pages,
    digestsFrom: (algo: "sha-256", page: number) => {
      const found = all.digestsFrom(algo, page);
      return { ...found, pages: Math.min(found.pages, 64 - (page % 64)) };
    },
  };
}

test("granules are counted once, whatever the runs that they come in", () => {
  const seen: (readonly [number, number])[] = [];
  const counter = new PageCounter([content(100), content(10)], (...report) => {
    seen.push(report);
  });
  const first = counter.count(inChunks(100));
  const second = counter.count(inChunks(10));
  for (const page of [0, 0, 32, 64, 65, 3]) first.digestsFrom("sha-256", page);
  for (const page of [0, 5]) second.digestsFrom("sha-256", page);
  expect(seen).toEqual([
    [64, 110],
    [100, 110],
    [110, 110],
  ]);
});
