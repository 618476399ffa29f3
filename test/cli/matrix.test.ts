import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "./run.ts";
import { violations } from "./schemas.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();

interface Row {
  readonly n: number;
  readonly values: Readonly<Record<string, string | number>>;
  readonly rim: string | null;
  readonly duplicateOf: number | null;
  readonly sameRimAs: number | null;
  readonly error: { readonly code: string } | null;
}

/** A guest with a matrix; gives its path. */
function write(matrix: string, args = '-c, "2", -m, 256M'): string {
  const folder = newFolder();
  writeFileSync(join(folder, "Image"), new Uint8Array(10_000).fill(7));
  const path = join(folder, "guest.yaml");
  writeFileSync(
    path,
    `manifest: 1
rmm: "1.0-rel0"
host:
  vmm: kvmtool/v3
  hypervisor: linux-kvm/v7
  args: [lkvm, run, --realm, ${args}, -k, Image]
platform: {breakpoints: 6, watchpoints: 4, sveVectorBits: 0, pmuCounters: 0, maxIpaBits: 48}
${matrix}
`,
  );
  return path;
}

async function rows(path: string, ...more: string[]): Promise<readonly Row[]> {
  const { stdout } = await run(["matrix", "--json", path, ...more]);
  const document = JSON.parse(stdout) as { readonly rows: readonly Row[] };
  expect(violations("matrix", document)).toEqual([]);
  return document.rows;
}

test("each row is what measure gives for that line", async () => {
  const table = await rows(write("matrix: {cpus: [1, 3], ram: [256M, 512M]}"));
  expect(table.map(({ values }) => values)).toEqual([
    { cpus: 1, ram: "256M" },
    { cpus: 1, ram: "512M" },
    { cpus: 3, ram: "256M" },
    { cpus: 3, ram: "512M" },
  ]);
  const measured = await Promise.all(
    ["1 256M", "1 512M", "3 256M", "3 512M"].map(async (words) => {
      const [cpus = "", ram = ""] = words.split(" ");
      const { stdout } = await run(["measure", "-q", write("", `-c, "${cpus}", -m, ${ram}`)]);
      return stdout.trim();
    }),
  );
  expect(table.map(({ rim }) => rim)).toEqual(measured);
  expect(new Set(measured).size).toBe(4);
});

test("the VMM and hypervisor axes; duplicates and overlaps are marked, exit 0", async () => {
  const path = write(
    "matrix: {hypervisor: [linux-kvm/v7, linux-kvm/v8], ram: [1G, 1024M], cpus: [1]}",
  );
  const table = await rows(path);
  expect(table.map(({ duplicateOf, sameRimAs }) => [duplicateOf, sameRimAs])).toEqual([
    [null, null],
    [1, null],
    [null, 1],
    [3, null],
  ]);
  const { code, stdout } = await run(["matrix", path]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/duplicate: the same combination as 1\n/);
  expect(stdout).toMatch(/overlap: the same RIM as 1\n/);
  expect(stdout).toMatch(/^4 combinations, 1 different RIMs, 2 duplicates, 1 overlaps, 0 cannot/m);
});

test("one export has the values of all, each RIM once", async () => {
  const path = write("matrix: {hypervisor: [linux-kvm/v7, linux-kvm/v8], cpus: [1..3]}");
  const { code, stdout, stderr } = await run(["export", "rvps-json", path]);
  const rims = new Set((await rows(path)).map(({ rim }) => rim));
  expect([code, rims.size]).toEqual([0, 3]);
  for (const rim of rims) {
    expect(stdout).toContain(Buffer.from(rim ?? "", "hex").toString("base64"));
  }
  expect(stderr).toMatch(/guest\.yaml: 3 of 6 combinations repeat a RIM\n/);
});

test("REMs and hashes are those of measure, also where launches resemble each other", async () => {
  const more = (matrix: string): string => {
    const path = write(matrix, '-c, "2", -m, 256M, --measurement-algo, sha512, --realm-pv, here');
    writeFileSync(
      path,
      `${readFileSync(path, "utf8")}rem: [{extend: {register: 1, data: "text:x"}}]\n`,
    );
    return path;
  };
  const { stdout } = await run(["measure", "--json", more("")]);
  const alone = JSON.parse(stdout) as { readonly rim: string; readonly rem: readonly string[] };
  const { stdout: all } = await run(["matrix", "--json", more("matrix: {cpus: [1..3]}")]);
  const { rows: table } = JSON.parse(all) as { readonly rows: readonly unknown[] };
  expect(table[1]).toMatchObject({ rim: alone.rim, rem: alone.rem, hashAlgo: "sha-512" });
});

test("shards part the rows among them", async () => {
  const path = write("matrix: {cpus: [1..5]}");
  const all = await rows(path);
  const parts = await Promise.all([1, 2, 3].map((i) => rows(path, "--shard", `${i}/3`)));
  expect(parts.map((part) => part.map(({ n }) => n))).toEqual([[1, 4], [2, 5], [3]]);
  expect(parts.flat().toSorted((a, b) => a.n - b.n)).toEqual(all);
});

test("CSV, also into a file", async () => {
  const path = write("matrix: {vmm: [kvmtool/v3], cpus: [1, 2]}");
  const { stdout } = await run(["matrix", "--csv", path]);
  const [head, first, , last] = stdout.split("\r\n");
  expect(head).toBe(
    "n,vmm,cpus,rmm,hypervisor,hashAlgo,rim,rem0,rem1,rem2,rem3,duplicateOf,sameRimAs,error",
  );
  expect(first).toMatch(/^1,kvmtool\/v3,1,1\.0-rel0,linux-kvm\/v7,sha-256,[0-9a-f]{64},0{64},/);
  expect(last).toBe("");
  const target = join(newFolder(), "m.csv");
  await run(["matrix", "--format", "csv", "-o", target, path]);
  expect(readFileSync(target, "utf8")).toBe(stdout);
});

test("what cannot be measured is told in its row, exit 1", async () => {
  const path = write("matrix: {hypervisor: [linux-kvm/v7, linux-kvm/v2], cpus: [1]}");
  const table = await rows(path);
  expect(table.map(({ rim, error }) => [rim === null, error?.code ?? null])).toEqual([
    [false, null],
    [true, "HOST_IMPOSSIBLE_PAIR"],
  ]);
  const { code, stdout } = await run(["matrix", path]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/kvmtool\/v3 does not run on linux-kvm\/v2 \[HOST_IMPOSSIBLE_PAIR\]/);
});

describe("exit 2", () => {
  test.each([
    ["no matrix", "", [], /has no matrix \[MANIFEST_VALUE\]/],
    ["a shard that is none", "matrix: {cpus: [1]}", ["--shard", "3/2"], /--shard must be i\/n/],
    ["a broken axis", "matrix: {cpus: [2..1]}", [], /guest\.yaml:8:\d+: the range 2\.\.1 ends/],
  ])("%s", async (_, matrix, more, message) => {
    const { code, stdout, stderr } = await run(["matrix", write(matrix), ...more]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });

  test("a file that is not there", async () => {
    const { code, stderr } = await run([
      "matrix",
      write("matrix: {cpus: [1..64]}", "-m, 256M, -i, initrd"),
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/there is no file "initrd" \[FILE_NOT_FOUND\]/);
  });
});
