import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nobleHashes } from "../../src/hash/noble.ts";
import { measure, replay, trace } from "../../src/index.ts";
import { memoryFiles } from "../../src/manifest/memory-files.ts";
import { NodeFiles, nodeHashes } from "../../src/node.ts";
import { GOLDEN } from "../tools/measure.ts";

const SAMPLE = join(GOLDEN, "self/sample");
const text = readFileSync(join(SAMPLE, "launch.yaml"), "utf8");
const bytes = (name: string): Uint8Array => Uint8Array.from(readFileSync(join(SAMPLE, name)));
const files = {
  Image: bytes("Image"),
  "initrd.cpio": bytes("initrd.cpio"),
  "virt.dtb": bytes("virt.dtb"),
};
const expected = JSON.parse(readFileSync(join(SAMPLE, "expected.json"), "utf8")) as {
  readonly rim: string;
  readonly rem: readonly string[];
};

describe("measure", () => {
  test("gives the sample's RIM from arrays", async () => {
    const report = await measure(text, { files });
    expect(report.rim).toBe(expected.rim);
    expect(report.rem).toEqual(expected.rem);
    expect(report.inputs.map(({ name }) => name)).toEqual(["kernel", "initrd", "dtb"]);
  });

  test("gives the same from files, hashed by OpenSSL", async () => {
    const access = new NodeFiles(SAMPLE);
    try {
      const report = await measure(text, { files: access, hashes: nodeHashes });
      expect({ ...report }).toEqual({ ...(await measure(text, { files })) });
    } finally {
      access.close();
    }
  });

  test("takes a manifest as an object", async () => {
    const manifest = {
      manifest: 1,
      rmm: "1.0-rel0",
      host: { vmm: "none", hypervisor: "direct" },
      platform: "tf-rmm-1.0-rel0-fvp",
      realm: { hashAlgo: "sha-256", s2sz: 33, numBps: 1, numWps: 1 },
      launch: [],
    };
    // The initial RIM of transcript 001 of TF-RMM 1870dfee.
    expect((await measure(manifest)).rim).toBe(
      "39ad630fb9d2019f2be445c17430b6372c999e1d205f7ddaa5d00b5d13b83c76",
    );
  });

  test("says which file is missing", async () => {
    await expect(measure(text, { files: { Image: files.Image } })).rejects.toMatchObject({
      name: "CcaRimError",
      code: "FILE_NOT_FOUND",
      where: { line: expect.any(Number) as number },
    });
  });
});

test("trace yields every call and returns the report", async () => {
  const run = trace(text, { files });
  const calls = [];
  let next = await run.next();
  for (; next.done !== true; next = await run.next()) calls.push(next.value);
  expect(next.value.rim).toBe(expected.rim);
  expect(next.value.calls).toBe(calls.length);
  expect(calls.at(-1)?.rim).toBe(expected.rim);
});

test("replay compares a transcript", () => {
  const features = {
    rmm: "1.0-rel0",
    platform: { featureRegister0: "0x30", granuleBase: "0x0", granuleMemSize: "0x1000" },
    steps: [{ cmd: "FEATURES", index: 1, status: { code: 0, index: 0 }, out: { value: "0x1" } }],
  };
  expect(replay(features).difference).toMatchObject({
    field: "value",
    expected: "0x1",
    got: "0x0",
  });
});

test("files in memory know every schema and platform set that a manifest can name", () => {
  const root = join(GOLDEN, "..");
  const memory = memoryFiles({}, nobleHashes);
  const disk = new NodeFiles(".");
  expect(memory.packageNames("platforms")).toEqual(readdirSync(join(root, "platforms")).sort());
  for (const name of memory.packageNames("platforms")) {
    const path = `platforms/${name}`;
    expect(JSON.parse(memory.packageText(path) ?? "")).toEqual(
      JSON.parse(disk.packageText(path) ?? ""),
    );
  }
});
