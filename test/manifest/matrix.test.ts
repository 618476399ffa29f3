import { describe, expect, test } from "vitest";
import type { CcaRimError } from "../../src/errors.ts";
import { readManifestText, resolveManifest } from "../../src/manifest/load.ts";
import {
  applyCombination,
  combinationKey,
  expandMatrix,
  type Matrix,
  ramBytes,
} from "../../src/manifest/matrix.ts";
import { memoryFiles, refused } from "./memory-files.ts";

const access = memoryFiles({ Image: new Uint8Array(5000).fill(1) });

function manifest(matrix: string, vmm = "kvmtool/v3"): string {
  return `manifest: 1
rmm: "1.0-rel0"
host:
  vmm: ${vmm}
  hypervisor: linux-kvm/v7
  args: [lkvm, run, --realm, -c, "2", -m, 256M@2G, -k, Image]
platform: {breakpoints: 6, watchpoints: 4, sveVectorBits: 0, maxIpaBits: 48}
matrix: ${matrix}
`;
}

async function spread(matrix: string): Promise<Matrix> {
  const text = await readManifestText(manifest(matrix), "m.yaml", access);
  return expandMatrix(text.written.matrix ?? {}, text.blame);
}

async function labels(matrix: string): Promise<readonly string[]> {
  return (await spread(matrix)).combinations.map(({ label }) => label);
}

test("the first axis turns slowest, ranges have both ends", async () => {
  expect(await labels("{ram: [512M, 1G], cpus: [1..2, 8]}")).toEqual([
    "ram=512M,cpus=1",
    "ram=512M,cpus=2",
    "ram=512M,cpus=8",
    "ram=1G,cpus=1",
    "ram=1G,cpus=2",
    "ram=1G,cpus=8",
  ]);
});

test("exclusions leave out what has all their values, sizes in any words", async () => {
  const matrix =
    "{cpus: [1..3], ram: [512M, 1G], exclude: [{cpus: 2..3, ram: 1024M}, {cpus: 1, ram: '0x20000000'}]}";
  expect(await labels(matrix)).toEqual(["cpus=1,ram=1G", "cpus=2,ram=512M", "cpus=3,ram=512M"]);
});

test("the same size in other words is the same combination", async () => {
  const { combinations } = await spread("{ram: [1G, 1024M, '0x4000_0000', 1048576k, 2G]}");
  const keys = combinations.map(combinationKey);
  expect(new Set(keys.slice(0, 4)).size).toBe(1);
  expect(keys[4]).not.toBe(keys[0]);
});

test.each([
  ["512M", 0x2000_0000n],
  ["2g", 0x8000_0000n],
  ["3T", 3n << 40n],
  ["64k", 0x1_0000n],
  ["0x1_0000", 0x1_0000n],
])("%s of RAM", (text, bytes) => {
  expect(ramBytes(text)).toBe(bytes);
});

test("as many combinations as there may be", async () => {
  const { combinations } = await spread("{cpus: [1..5000], ram: [1G, 2G]}");
  expect(combinations).toHaveLength(10_000);
});

describe("refused", () => {
  test.each([
    ["an empty range", "{cpus: [4..2]}", /4\.\.2 ends before it starts/, "/matrix/cpus/0"],
    ["a range without end", "{cpus: [1..99999]}", /is too long/, "/matrix/cpus/0"],
    [
      "too many combinations",
      "{cpus: [1..2000], ram: [1G, 2G, 3G, 4G, 5G, 6G]}",
      /12000 combinations/,
      "/matrix",
    ],
    [
      "an exclusion without effect",
      "{cpus: [1..2], exclude: [{ram: 1G}]}",
      /excludes no combination/,
      "/matrix/exclude/0",
    ],
    ["an unknown axis", "{cpu: [1]}", /unknown key "cpu"/, "/matrix/cpu"],
    ["a size without unit", "{ram: ['512']}", /size of RAM with its unit/, "/matrix/ram/0"],
    ["no vCPU", "{cpus: [0]}", /at least 1/, "/matrix/cpus/0"],
    ["nothing", "{}", /is empty/, "/matrix"],
  ])("%s", async (_, matrix, message, pointer) => {
    const error: CcaRimError = await refused(() => spread(matrix));
    expect(error.message).toMatch(message);
    expect(error.where?.pointer).toBe(pointer);
    expect(error.where?.line).toBe(8);
  });
});

describe("a combination stands for a manifest", () => {
  async function applied(matrix: string, vmm?: string) {
    const text = await readManifestText(manifest(matrix, vmm), "m.yaml", access);
    const [first] = expandMatrix(text.written.matrix ?? {}, text.blame).combinations;
    if (first === undefined) throw new Error("the matrix is empty");
    return { ...text, written: applyCombination(text.written, first, text.blame) };
  }

  test("vCPUs and RAM go to the end of the line, where they count", async () => {
    const { written } = await applied("{cpus: [8], ram: [512M]}");
    expect(written.host.args?.slice(-4)).toEqual(["-c", "8", "-m", "512M"]);
    const { plan } = await resolveManifest(await applied("{cpus: [8], ram: [512M]}"), access);
    expect(plan.host.args?.slice(-4)).toEqual(["-c", "8", "-m", "512M"]);
  });

  test("models take the place of others", async () => {
    const { written } = await applied(
      "{vmm: [kvmtool/v3-64k], hypervisor: [linux-kvm/v11], rmm: ['1.1']}",
    );
    expect([written.rmm, written.host.vmm, written.host.hypervisor]).toEqual([
      "1.1",
      "kvmtool/v3-64k",
      "linux-kvm/v11",
    ]);
  });

  test("a launch without command line has no place for them", async () => {
    const error = await refused(() => applied("{cpus: [8]}", "none"));
    expect(error.where).toMatchObject({ pointer: "/matrix/cpus", line: 8 });
    expect(error.message).toMatch(/no command line/);
  });
});
