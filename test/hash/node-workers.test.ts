import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "rolldown";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { granulesOf } from "../../src/hash/content.ts";
import type { HashAlgo, HashProvider } from "../../src/hash/hasher.ts";
import { nobleHashes } from "../../src/hash/noble.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import { HashCrew } from "../../src/hash/node-workers.ts";
import { contentDigests } from "../../src/hash/page-digests.ts";
import { type PageDigests, readDigests } from "../../src/hash/pages.ts";
import type { RunHashing } from "../../src/hash/run-hashing.ts";
import type { ByteSource } from "../../src/hash/source.ts";

/** Odd, and more than the least that is shared: 1024 granules. */
const SIZE = 1500 * 4096 + 1234;
const folder = mkdtempSync(join(tmpdir(), "cca-rim-workers-"));
const script = pathToFileURL(join(folder, "hash-worker.mjs"));
const image = join(folder, "image");
let fd = 0;

beforeAll(async () => {
  await build({
    input: join(import.meta.dirname, "../../src/hash/hash-worker.ts"),
    external: /^node:/,
    output: { file: join(folder, "hash-worker.mjs"), format: "esm" },
    logLevel: "silent",
  });
  // Every third granule is zero.
  const bytes = Uint8Array.from({ length: SIZE }, (_, i) =>
    (i >> 12) % 3 === 0 ? 0 : (i * 31 + (i >> 12)) & 0xff,
  );
  writeFileSync(image, bytes);
  fd = openSync(image, "r");
});

afterAll(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

function sourceOf(size = SIZE): ByteSource {
  return {
    identity: "image",
    size,
    fd,
    read(offset, target) {
      if (readSync(fd, target, 0, target.length, offset) < target.length) {
        throw new RangeError("the file ends early");
      }
    },
  };
}

function digestsOf(hashing: RunHashing, size = SIZE): PageDigests {
  return contentDigests(granulesOf(sourceOf(size), 100), nodeHashes, hashing);
}

function read(digests: PageDigests, algo: HashAlgo, pages: readonly number[]): string[] {
  return pages.map((page) => toHex(readDigests(digests, nodeHashes(algo), page, 1)));
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, page) => page);

/** Hashes so slowly that helpers have to come in. */
function slowly(onHash: () => void): HashProvider {
  return (algo) => ({
    ...nodeHashes(algo),
    digestInto(message, target, offset) {
      onHash();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      nodeHashes(algo).digestInto(message, target, offset);
    },
  });
}

test.each<[number, HashAlgo]>([
  [1, "sha-256"],
  [3, "sha-384"],
  [2, "sha-512"],
])("%i helpers change no digest, %s", (helpers, algo) => {
  const content = granulesOf(sourceOf(), 100);
  const alone = contentDigests(content, nobleHashes);
  const expected = read(alone, algo, upTo(alone.pages));
  const crew = new HashCrew(helpers, nodeHashes, script);
  try {
    // The second content starts while helpers may be busy with the first.
    for (const pages of [expected.length, 200, expected.length]) {
      const digests = digestsOf(crew.hashing);
      expect(read(digests, algo, upTo(pages))).toEqual(expected.slice(0, pages));
    }
    const digests = digestsOf(crew.hashing);
    const jumping = [700, 701, 3, 1400, 0, 1499];
    expect(read(digests, algo, jumping)).toEqual(jumping.map((page) => expected[page]));
  } finally {
    crew.close();
  }
});

test("helpers take part", () => {
  let own = 0;
  const crew = new HashCrew(
    2,
    slowly(() => {
      own += 1;
    }),
    script,
  );
  try {
    const digests = digestsOf(crew.hashing);
    read(digests, "sha-256", upTo(digests.pages));
    expect(own).toBeGreaterThan(0);
    expect(own).toBeLessThan(1000);
  } finally {
    crew.close();
  }
});

test("what helpers cannot read is an error of the one who asks", () => {
  const crew = new HashCrew(
    1,
    slowly(() => undefined),
    script,
  );
  try {
    const digests = digestsOf(crew.hashing, SIZE + 40 * 4096);
    expect(() => read(digests, "sha-256", upTo(digests.pages))).toThrow("the file ends early");
  } finally {
    crew.close();
  }
});

test("helpers that never come are not missed", () => {
  const crew = new HashCrew(2, nodeHashes, pathToFileURL(join(folder, "missing.mjs")));
  try {
    const digests = digestsOf(crew.hashing);
    const alone = contentDigests(granulesOf(sourceOf(), 100), nodeHashes);
    const pages = upTo(digests.pages);
    expect(read(digests, "sha-256", pages)).toEqual(read(alone, "sha-256", pages));
  } finally {
    crew.close();
  }
});

test("a helper that hangs, and wakes up to write nonsense, changes no digest", () => {
  const hanging = join(folder, "hanging.mjs");
  writeFileSync(
    hanging,
    `import { parentPort } from "node:worker_threads";
    parentPort.on("message", ({ parts: { memory } }) => {
      const control = new Int32Array(memory);
      Atomics.add(control, 0, 1);
      Atomics.wait(control, control.length - 1, 0, 200);
      new Uint8Array(memory).fill(1, 1024);
    });`,
  );
  const alone = contentDigests(granulesOf(sourceOf(), 100), nodeHashes);
  const pages = upTo(alone.pages);
  const crew = new HashCrew(
    1,
    slowly(() => undefined),
    pathToFileURL(hanging),
    20,
  );
  try {
    expect(read(digestsOf(crew.hashing), "sha-256", pages)).toEqual(read(alone, "sha-256", pages));
  } finally {
    crew.close();
  }
});

test("a crew that was closed leaves the work to who asks", () => {
  const crew = new HashCrew(1, nodeHashes, script);
  const digests = digestsOf(crew.hashing);
  const [first] = read(digests, "sha-256", [0]);
  crew.close();
  expect(read(digests, "sha-256", [0, 1499])[0]).toBe(first);
});
