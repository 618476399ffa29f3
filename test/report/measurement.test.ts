import { expect, test } from "vitest";
import { nodeHashes } from "../../src/hash/node.ts";
import { measure } from "../../src/library/measure.ts";
import { matrixCsv } from "../../src/report/matrix.ts";
import { sizeText } from "../../src/report/text.ts";

test.each([
  ["sha-256", 32],
  ["sha-384", 48],
  ["sha-512", 64],
])("a report of %s names it, and its values are as long", async (hashAlgo, size) => {
  const report = await measure(
    {
      manifest: 1,
      rmm: "2.0",
      host: { vmm: "none", hypervisor: "direct" },
      platform: { breakpoints: 6, watchpoints: 4, pmuCounters: 0, maxIpaBits: 48 },
      realm: { hashAlgo, s2sz: 33, numBps: 1, numWps: 1 },
      launch: [{ data: { fill: "0x07", size: "0x1000", ipa: "0x80000000" } }],
    },
    { hashes: nodeHashes },
  );
  expect(report.hashAlgo).toBe(hashAlgo);
  expect([report.rim, ...report.rem].map(({ length }) => length)).toEqual(Array(5).fill(2 * size));
});

test.each([
  [0, "0 bytes"],
  [1023, "1023 bytes"],
  [1024, "1 KiB"],
  [700 * 1024, "700 KiB"],
  [1536 * 1024, "1.5 MiB"],
  [3 * 2 ** 40, "3 TiB"],
  [2 ** 51, "2048 TiB"],
])("%d bytes are %s", (size, text) => {
  expect(sizeText(size)).toBe(text);
});

test.each([
  ["two\nlines", '"two\nlines [X]"'],
  ["a\rb", '"a\rb [X]"'],
  ['a "quoted" word', '"a ""quoted"" word [X]"'],
  ["one, two", '"one, two [X]"'],
  ["plain", "plain [X]"],
])("a message in CSV: %j", (message, field) => {
  const row = {
    n: 1,
    values: { rmm: "1.1" },
    rmm: "1.1",
    host: { vmm: "none", hypervisor: "direct" },
    rim: null,
    rem: [],
    hashAlgo: null,
    duplicateOf: null,
    sameRimAs: null,
    error: { code: "X", message },
  };
  const shard = { index: 1, count: 1 };
  const [, line] = matrixCsv({ axes: ["rmm"], combinations: 1, shard, rows: [row] }).split("\r\n");
  expect(line).toBe(`1,1.1,none,direct,,,,,,,,,${field}`);
});
