import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { CcaRimError } from "../../src/errors.ts";
import { bytesSource } from "../../src/hash/source.ts";
import { NodeFiles } from "../../src/manifest/node-files.ts";

const folder = mkdtempSync(join(tmpdir(), "cca-rim-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function errorOf(action: () => unknown): CcaRimError {
  try {
    action();
  } catch (error) {
    if (error instanceof CcaRimError) return error;
    throw error;
  }
  throw new Error("expected an error, there was none");
}

test("reads any part of a file, relative to the folder", () => {
  const bytes = Uint8Array.from({ length: 600_000 }, (_, i) => (i * 7) & 0xff);
  mkdirSync(join(folder, "boot"));
  writeFileSync(join(folder, "boot/Image"), bytes);
  const files = new NodeFiles(folder);
  const source = files.open("boot/Image");
  expect(source.size).toBe(600_000);
  for (const [offset, length] of [
    [0, 600_000],
    [599_999, 1],
    [300_001, 4096],
    [600_000, 0],
  ] as const) {
    const part = new Uint8Array(length);
    source.read(offset, part);
    expect(part).toEqual(bytes.subarray(offset, offset + length));
  }
  expect(() => source.read(1, new Uint8Array(600_000))).toThrow(RangeError);
  expect(files.open(join(folder, "boot/Image"))).toBe(source);
  expect(new NodeFiles(join(folder, "boot")).open("Image").identity).toBe(source.identity);
  files.verifyUnchanged();
  files.close();
  expect(() => source.read(0, new Uint8Array(1))).toThrow(/was closed/);
});

test("sha256 of a whole file, of an empty one", () => {
  writeFileSync(join(folder, "abc"), "abc");
  writeFileSync(join(folder, "none"), "");
  const files = new NodeFiles(folder);
  expect(files.sha256(files.open("abc"))).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  expect(files.sha256(files.open("none"))).toBe(
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  files.close();
});

test("what cannot be opened", () => {
  mkdirSync(join(folder, "dir"));
  writeFileSync(join(folder, "plain"), "");
  execFileSync("mkfifo", [join(folder, "pipe")]);
  const files = new NodeFiles(folder);
  expect(errorOf(() => files.open("nowhere")).code).toBe("FILE_NOT_FOUND");
  expect(errorOf(() => files.open("plain/below")).code).toBe("FILE_NOT_FOUND");
  expect(errorOf(() => files.open("dir"))).toMatchObject({
    code: "FILE_UNREADABLE",
    message: '"dir" is a directory',
  });
  expect(errorOf(() => files.open("pipe"))).toMatchObject({
    code: "FILE_UNREADABLE",
    message: '"pipe" is no regular file',
  });
  expect(errorOf(() => files.open("a\0b")).code).toBe("FILE_UNREADABLE");
  files.close();
});

test("a file that shrinks, grows or is rewritten is noticed", () => {
  const path = join(folder, "moving");
  writeFileSync(path, new Uint8Array(10_000));
  const files = new NodeFiles(folder);
  const source = files.open("moving");
  appendFileSync(path, "x");
  expect(errorOf(() => files.verifyUnchanged()).code).toBe("FILE_CHANGED");
  truncateSync(path, 5000);
  expect(errorOf(() => source.read(4000, new Uint8Array(2000))).code).toBe("FILE_CHANGED");
  files.close();
});

test.each<[string, () => Uint8Array, string | RegExp]>([
  ["one member", () => gzipSync("abc"), "abc"],
  ["two members", () => Buffer.concat([gzipSync("abc"), gzipSync("def")]), "abcdef"],
  ["nothing", () => gzipSync(""), ""],
  [
    "zeros after it",
    () => Buffer.concat([gzipSync("abc"), Buffer.alloc(512)]),
    /after the gzip data/,
  ],
  ["text after it", () => Buffer.concat([gzipSync("abc"), Buffer.from("zzz")]), /incorrect header/],
  [
    "half a member after it",
    () => Buffer.concat([gzipSync("a"), gzipSync("b").subarray(0, 9)]),
    /end of/,
  ],
  ["a missing end", () => gzipSync("abc").subarray(0, 15), /unexpected end/],
  [
    "a wrong checksum",
    () => Uint8Array.from(gzipSync("abc"), (b, i) => (i === 15 ? b ^ 1 : b)),
    /check/,
  ],
  ["no gzip", () => Buffer.from("hello, world"), /incorrect header/],
  ["no byte", () => new Uint8Array(0), /unexpected end/],
  ["more than the limit", () => gzipSync(Buffer.alloc(5000)), /more than 4096 bytes/],
])("gunzip: %s", (_, make, expected) => {
  const files = new NodeFiles(folder);
  const source = bytesSource(Uint8Array.from(make()));
  if (typeof expected === "string") {
    const unpacked = files.gunzip(source, 4096);
    const bytes = new Uint8Array(unpacked.size);
    unpacked.read(0, bytes);
    expect(new TextDecoder().decode(bytes)).toBe(expected);
    expect(unpacked.identity).toContain(source.identity);
  } else {
    expect(errorOf(() => files.gunzip(source, 4096))).toMatchObject({
      code: "FILE_FORMAT",
      message: expect.stringMatching(expected) as string,
    });
  }
});

test("the package's own files", () => {
  const files = new NodeFiles("/nowhere");
  expect(files.packageText("schemas/manifest.schema.json")).toContain('"$defs"');
  expect(files.packageText("schemas/none.json")).toBeUndefined();
  expect(files.packageNames("platforms")).toContain("fvp.json");
});
