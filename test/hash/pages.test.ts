import { expect, test } from "vitest";
import { nodeHashes } from "../../src/hash/node.ts";
import {
  digestsOneByOne,
  knownDigests,
  type PageDigests,
  readDigests,
} from "../../src/hash/pages.ts";

const SIZE = 32;
const sha256 = nodeHashes("sha-256");

/** A digest that says which page it is of. */
const digestOf = (page: number): Uint8Array => new Uint8Array(SIZE).fill(page + 1);
const bytesOf = (first: number, pages: number): Uint8Array =>
  Uint8Array.from({ length: pages * SIZE }, (_, i) => first + Math.floor(i / SIZE) + 1);

/** Runs of three pages, as contents give them that are hashed a chunk at a time. */
const inThrees: PageDigests = {
  pages: 10,
  digestsFrom(_, page) {
    const first = page - (page % 3);
    const at = (page - first) * SIZE;
    return { bytes: bytesOf(first, 3), at, pages: Math.min(first + 3, 10) - page };
  },
};

test.each([
  ["known", knownDigests(bytesOf(0, 10), SIZE)],
  ["one by one", digestsOneByOne(10, (_, page) => digestOf(page))],
  ["in runs", inThrees],
])("hashes are read across runs: %s", (_, digests) => {
  for (const [first, pages] of [
    [0, 10],
    [2, 5],
    [9, 1],
    [4, 0],
  ] as const) {
    expect(readDigests(digests, sha256, first, pages)).toEqual(bytesOf(first, pages));
  }
});

test("hashes of granules that are not there are refused, not waited for", () => {
  const digests = knownDigests(bytesOf(0, 2), SIZE);
  expect(() => readDigests(digests, sha256, 1, 2)).toThrow(RangeError);
  expect(() => digests.digestsFrom("sha-256", -1)).toThrow(RangeError);
  expect(() => knownDigests(new Uint8Array(0), SIZE).digestsFrom("sha-256", 0)).toThrow(RangeError);
});
