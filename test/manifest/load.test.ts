import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { loadManifest } from "../../src/manifest/load.ts";
import { NodeFiles } from "../../src/manifest/node-files.ts";
import type { LaunchPlan, LaunchStep } from "../../src/manifest/plan.ts";
import { memoryFiles, refused } from "./memory-files.ts";

const IMAGE = new Uint8Array(10_000).map((_, i) => i % 251);
const PACKED = new Uint8Array(gzipSync(IMAGE));

const access = memoryFiles({
  "boot/Image": IMAGE,
  "boot/Image.gz": PACKED,
  "head.bin": IMAGE.subarray(0, 64),
  "/abs/file": Uint8Array.of(1),
  "host/rack.yaml": new TextEncoder().encode("extends: [fvp, ./cpu.json]\nwatchpoints: 3\n"),
  "host/cpu.json": new TextEncoder().encode('{"breakpoints": 5, "kaslrSeed": "0x1"}'),
  "loop.yaml": new TextEncoder().encode("extends: ./loop.yaml\n"),
  "round/a.yaml": new TextEncoder().encode("extends: ./b.yaml\n"),
  "round/b.yaml": new TextEncoder().encode("cpus: 2\nextends: [fvp, ./a.yaml]\n"),
  "deep/0.yaml": new TextEncoder().encode("breakpoints: 7\n"),
  ...Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [
      `deep/${i + 1}.yaml`,
      new TextEncoder().encode(`extends: ${i}.yaml\n`),
    ]),
  ),
  ...Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [
      `twice/${i}.yaml`,
      new TextEncoder().encode(`extends: [${i + 1}.yaml, ${i + 1}.yaml]\n`),
    ]),
  ),
  "twice/40.yaml": new TextEncoder().encode("breakpoints: 7\n"),
  "bad.yaml": new TextEncoder().encode("breakpoints: 1\nwatchpoints: many\n"),
});

const BASE = {
  manifest: 1,
  rmm: "1.0-rel0",
  host: { vmm: "none", hypervisor: "direct" },
  realm: { hashAlgo: "sha-512", s2sz: 40, numBps: 1, numWps: 2 },
  launch: [],
};

async function plan(changes: object): Promise<LaunchPlan> {
  const text = JSON.stringify({ ...BASE, ...changes });
  return (await loadManifest(text, "m.json", access)).plan;
}

async function steps(...launch: readonly object[]): Promise<readonly LaunchStep[]> {
  return (await plan({ files: { Image: { path: "boot/Image" } }, launch })).launch;
}

test("defaults are written out", async () => {
  const { realm, platform, rem, inputs, assumed, launch, host, rmm } = await plan({});
  expect({ realm, platform, rem, inputs, assumed, launch, host: { ...host }, rmm }).toEqual({
    realm: {
      hashAlgo: "sha-512",
      s2sz: 40,
      numBps: 1,
      numWps: 2,
      sveVl: 0,
      pmuNumCtrs: 0,
      rpv: new Uint8Array(64),
      flags: { lpa2: false, sve: false, pmu: false },
    },
    platform: {},
    rem: [],
    inputs: [],
    assumed: [],
    launch: [],
    host: { vmm: "none", hypervisor: "direct" },
    rmm: "1.0-rel0",
  });
});

test.each([
  ["hex:00ff", [0x00, 0xff]],
  ["text:né:", [0x6e, 0xc3, 0xa9, 0x3a]],
  ["base64:AP8=", [0x00, 0xff]],
  ["base64:AP8", [0x00, 0xff]],
  ["hex:", []],
  ["text:", []],
])("rpv %s", async (rpv, bytes) => {
  const { realm } = await plan({ realm: { ...BASE.realm, rpv } });
  const padded = new Uint8Array(64);
  padded.set(bytes);
  expect(realm.rpv).toEqual(padded);
});

test.each(["base64:A", "base64:AP8=="])("malformed %s", async (rpv) => {
  const error = await refused(() => plan({ realm: { ...BASE.realm, rpv } }));
  expect(error.code).toBe("MANIFEST_VALUE");
});

test("fields as wide as TF-RMM's are left to the RMM", async () => {
  const wide = { ...BASE.realm, s2sz: 2 ** 32 - 1, sveVl: 2 ** 32 - 1, pmuNumCtrs: 256, numBps: 0 };
  expect((await plan({ realm: wide })).realm).toMatchObject(wide);
});

test("data covers whole granules, the first and last filled up with zeros", async () => {
  const [step] = await steps({ data: { file: "Image", ipa: "0x80000ffe", measure: false } });
  if (step?.step !== "data") throw new Error("no data step");
  expect([step.ipa, step.base, step.content.size, step.measure]).toEqual([
    0x8000_0ffen,
    0x8000_0000n,
    16_384,
    false,
  ]);
  const [segment, ...more] = step.content.segments;
  expect(more).toEqual([]);
  expect([segment?.at, segment?.from, segment?.length]).toEqual([0xffe, 0, 10_000]);
});

test("fill, and data that ends where the next begins", async () => {
  const launch = await steps(
    { data: { fill: "0xab", size: "8_192", ipa: "0x80002000" } },
    { data: { fill: "0", size: "0x1", ipa: "0x80001fff" } },
    { data: { fill: "255", size: "0x1000", ipa: "0x7ffffff000" } },
  );
  expect(launch.map((step) => step.step === "data" && step.data)).toEqual([
    { kind: "fill", byte: 0xab, size: 8192n },
    { kind: "fill", byte: 0, size: 1n },
    { kind: "fill", byte: 255, size: 4096n },
  ]);
});

test.each([
  [{ fill: "0x100", size: "0x1000", ipa: "0" }, "fill", /0x100 is no byte/],
  [{ fill: "0", size: "0", ipa: "0" }, "", /loads no byte/],
  [{ fill: "0", size: "0x1000000001", ipa: "0" }, "size", /too long/],
  [{ fill: "0", size: "0x1001", ipa: "0x7ffffff000" }, "ipa", /protected half/],
  [{ fill: "0", size: "0x1001", ipa: "0xfffffffffffff000" }, "ipa", /above 2\^64/],
])("refuses data %j", async (data, key, message) => {
  const error = await refused(() => steps({ data }));
  expect(error.where?.pointer).toBe(`/launch/0/data${key === "" ? "" : `/${key}`}`);
  expect(error.message).toMatch(message);
});

test("an RMI call in between may have removed what was loaded", async () => {
  const data = { data: { fill: "1", size: "0x1000", ipa: "0x80000000" } };
  const rmi = { rmi: { command: "RMI_DATA_DESTROY", args: { ipa: "0x80000000" } } };
  const launch = await steps(data, rmi, data);
  expect(launch.map((step) => step.step)).toEqual(["data", "rmi", "data"]);
  const error = await refused(() => steps(data, rmi, data, { activate: true }, data));
  expect(error.where?.pointer).toBe("/launch/4/data/ipa");
});

test("RECs: absent registers are zero, and nobody runs by default", async () => {
  const { launch, assumed } = await plan({
    launch: [
      { rec: { mpidr: "0x100", pc: "1_0", gprs: ["7"] } },
      { rec: { mpidr: "1", runnable: true } },
    ],
  });
  expect(launch).toEqual([
    {
      step: "rec",
      pointer: "/launch/0",
      mpidr: 0x100n,
      pc: 10n,
      gprs: [7n, 0n, 0n, 0n, 0n, 0n, 0n, 0n],
      runnable: false,
    },
    {
      step: "rec",
      pointer: "/launch/1",
      mpidr: 1n,
      pc: 0n,
      gprs: [0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n],
      runnable: true,
    },
  ]);
  expect(assumed).toEqual([{ field: "launch[0].rec.runnable", value: false, origin: "default" }]);
});

test("RECs: KVM makes vCPU 0 runnable, which is no guess", async () => {
  const { launch, assumed } = await plan({
    host: { vmm: "none", hypervisor: "linux-kvm/v7" },
    launch: [{ rec: { mpidr: "0x0" } }, { rec: { mpidr: "0x1" } }],
  });
  expect(launch).toMatchObject([{ runnable: true }, { runnable: false }]);
  expect(assumed).toEqual([]);
});

test("rem", async () => {
  const { rem } = await plan({
    rem: [
      { extend: { register: 3, data: "hex:" } },
      { extend: { register: 0, data: `text:${"x".repeat(64)}` } },
    ],
  });
  expect(rem).toEqual([
    { step: "extend", pointer: "/rem/0", register: 3, data: new Uint8Array(0) },
    { step: "extend", pointer: "/rem/1", register: 0, data: new Uint8Array(64).fill(0x78) },
  ]);
  const long = [{ extend: { register: 0, data: `text:${"x".repeat(65)}` } }];
  expect((await refused(() => plan({ rem: long }))).where?.pointer).toBe("/rem/0/extend/data");
});

test("a compressed file: its own digest and size, the decompressed bytes", async () => {
  const { files, inputs } = await plan({
    files: { Image: { path: "boot/Image.gz", decompress: "gzip" } },
    launch: [{ data: { file: "Image", ipa: "0x0" } }],
  });
  const { source } = files.resolve("Image");
  const bytes = new Uint8Array(source.size);
  source.read(0, bytes);
  expect(bytes).toEqual(IMAGE);
  expect(inputs).toHaveLength(1);
  expect(inputs[0]).toMatchObject({
    name: "Image",
    path: "boot/Image.gz",
    size: PACKED.length,
    format: { kind: "gzip", decompressedSize: 10_000 },
  });
});

test("the sha256 of an input is that of the file, upper or lower case in the manifest", async () => {
  const sha256 = access.sha256(access.open("boot/Image")).toUpperCase();
  const { inputs } = await plan({
    files: { Image: { path: "boot/Image", sha256 } },
    launch: [{ data: { file: "Image", ipa: "0x0" } }],
  });
  expect(inputs[0]?.sha256).toBe(sha256.toLowerCase());
});

const VMM = {
  manifest: 1,
  rmm: "1.0-rel0",
  host: { vmm: "none", hypervisor: "linux-kvm/v7" },
  realm: { hashAlgo: "sha-256", s2sz: 33 },
  files: {
    "/k/Image": { path: "boot/Image" },
    initrd: { size: 123, header: { path: "head.bin" } },
    big: { size: "0x1_0000_0000" },
    root: { directory: true },
  },
};

test("names are looked up byte for byte, else as paths", async () => {
  const text = JSON.stringify({ ...VMM, launch: [] });
  const { plan: hostPlan } = await loadManifest(text, "m.json", access, { purpose: "host" });
  const { files, inputs } = hostPlan;
  expect(files.resolve("/k/Image").source.size).toBe(10_000);
  expect(files.resolve("/k/Image")).toBe(files.resolve("/k/Image"));
  expect(files.resolve("/abs/file").source.size).toBe(1);
  expect([
    files.isListed("initrd"),
    files.isListed("boot/Image"),
    files.isListed("toString"),
  ]).toEqual([true, false, false]);
  expect([files.isDirectory("root"), files.isDirectory("initrd")]).toEqual([true, false]);
  expect(inputs.map(({ name, path }) => [name, path])).toEqual([
    ["/k/Image", "boot/Image"],
    ["/abs/file", "/abs/file"],
  ]);
});

test("stand-ins have a length and a header, where nothing hashes them", async () => {
  const text = JSON.stringify({ ...VMM, launch: [] });
  const { plan: hostPlan } = await loadManifest(text, "m.json", access, { purpose: "host" });
  const { source, standIn } = hostPlan.files.resolve("initrd");
  const bytes = new Uint8Array(source.size);
  source.read(0, bytes);
  expect(standIn).toBe(true);
  expect(bytes).toEqual(Uint8Array.from({ length: 123 }, (_, i) => (i < 64 ? (IMAGE[i] ?? 0) : 0)));
  expect(hostPlan.files.resolve("big").source.size).toBe(2 ** 32);
  expect(hostPlan.inputs[0]).toMatchObject({ name: "initrd", size: 123, standIn: true });
});

test("a VMM's line does without a hypervisor where nothing is measured", async () => {
  const line = {
    manifest: 1,
    rmm: "1.0-rel0",
    host: { vmm: "none" },
    realm: BASE.realm,
    launch: [],
  };
  const error = await refused(() =>
    loadManifest(JSON.stringify(line), "m", access, { purpose: "host" }),
  );
  expect([error.code, error.hint]).toEqual(["MANIFEST_SCHEMA", 'add hypervisor: "direct"']);
  const kvmtool = { ...line, host: { vmm: "kvmtool/v3", args: ["lkvm"] } };
  const other = await refused(() => loadManifest(JSON.stringify(kvmtool), "m", access));
  expect([other.code, other.where?.pointer]).toEqual(["MANIFEST_SCHEMA", "/host"]);
});

test("a launch under KVM leaves to KVM what KVM decides", async () => {
  const launch = [
    { memslot: { id: 0, base: "0x80000000", size: "0x1001" } },
    { ripas: { base: "0x80000800", top: "0xffffffff00000000" } },
    { data: { file: "/k/Image", ipa: "0x80000800" } },
    { data: { file: "/k/Image", ipa: "0x80000800" } },
  ];
  const text = JSON.stringify({ ...VMM, launch });
  const { plan: hostPlan } = await loadManifest(text, "m.json", access, { purpose: "host" });
  expect(hostPlan.realm).toEqual({ hashAlgo: "sha-256", s2sz: 33 });
  expect(hostPlan.launch[0]).toMatchObject({ step: "memslot", size: 0x1001n, guestMemfd: true });
  const rmi = JSON.stringify({ ...VMM, launch: [{ rmi: { command: "RMI_VERSION" } }] });
  const error = await refused(() => loadManifest(rmi, "m.json", access, { purpose: "host" }));
  expect(error.where?.pointer).toBe("/launch/0/rmi");
});

test.each<[string, unknown, object]>([
  ["a name", "tf-rmm-v0.5.0", { breakpoints: 2, watchpoints: 2, lpa2: false }],
  ["fields", { cpus: 3, ramSize: "0x10" }, { cpus: 3, ramSize: 16n }],
  [
    "a list, left to right",
    ["tf-rmm-1.0-eac5", { breakpoints: 9 }],
    {
      breakpoints: 9,
      watchpoints: 0,
      lpa2: false,
    },
  ],
  [
    "an object that extends",
    { extends: "tf-rmm-1.0-eac5", lpa2: true },
    {
      breakpoints: 0,
      watchpoints: 0,
      lpa2: true,
    },
  ],
  [
    "a file that extends a set and a file beside it",
    "host/rack.yaml",
    {
      breakpoints: 5,
      watchpoints: 3,
      kaslrSeed: 1n,
      pmuCounters: 8,
      sveVectorBits: 512,
      maxIpaBits: 52,
      lpa2: true,
    },
  ],
  ["a long chain of files", "deep/40.yaml", { breakpoints: 7 }],
  [
    "a register, which replaces what it states",
    ["fvp", { cpus: 2 }, { featureRegister0: "0x30" }],
    {
      cpus: 2,
      featureRegister0: 0x30n,
    },
  ],
  [
    "a register and fields, as captured",
    {
      featureRegister0: "0x28f34317f34",
      maxIpaBits: 52,
      breakpoints: 6,
      watchpoints: 4,
      sveVectorBits: 2048,
      pmuCounters: 6,
      cpus: 2,
      hostPageSize: 65536,
    },
    {
      featureRegister0: 0x28f34317f34n,
      maxIpaBits: 52,
      breakpoints: 6,
      watchpoints: 4,
      sveVectorBits: 2048,
      pmuCounters: 6,
      cpus: 2,
      hostPageSize: 65536,
    },
  ],
])("platform: %s", async (_, platform, expected) => {
  expect({ ...(await plan({ platform })).platform }).toEqual(expected);
});

test.each([
  ["bad.yaml", "MANIFEST_SCHEMA", "bad.yaml", 2, 14],
  ["nowhere.yaml", "FILE_NOT_FOUND", "m.json", 1, 140],
  ["../platforms/fvp", "FILE_NOT_FOUND", "m.json", 1, 140],
  ["loop.yaml", "MANIFEST_VALUE", "loop.yaml", 1, 10],
  ["round/a.yaml", "MANIFEST_VALUE", "round/b.yaml", 2, 16],
])("refuses platform %s", async (platform, code, file, line, column) => {
  const error = await refused(() => plan({ platform }));
  expect({ code: error.code, ...error.where }).toMatchObject({ code, file, line });
  expect(error.where?.column).toBeGreaterThanOrEqual(Math.min(column, 10));
});

test.each([
  ["breakpoints", 65, "at most 64"],
  ["watchpoints", 1000, "at most 64"],
  ["pmuCounters", 32, "at most 31"],
  ["sveVectorBits", 4096, "at most 2048"],
  ["maxIpaBits", 64, "at most 52"],
  ["maxIpaBits", 0, "at least 32"],
])("no CPU offers %s %i", async (field, value, limit) => {
  const error = await refused(() => plan({ platform: { [field]: value } }));
  expect(error.code).toBe("MANIFEST_SCHEMA");
  expect(error.message).toBe(`platform.${field} must be ${limit}, got ${value}`);
});

test("a stack of platforms that grows without bound is refused soon", async () => {
  const error = await refused(() => plan({ platform: "twice/0.yaml" }));
  expect(error).toMatchObject({ code: "MANIFEST_VALUE", where: { line: 1 } });
  expect(error.message).toBe("more than 256 platforms are stacked");
});

test("errors in a platform file name it as it is found from here", async () => {
  const folder = mkdtempSync(join(tmpdir(), "platform-"));
  writeFileSync(join(folder, "host.yaml"), "breakpoint: 6\n");
  const text = JSON.stringify({ ...BASE, platform: "./host.yaml" });
  const error = await refused(() =>
    loadManifest(text, join(folder, "m.json"), new NodeFiles(folder)),
  );
  rmSync(folder, { recursive: true });
  expect(error.where).toMatchObject({ file: join(folder, "host.yaml"), line: 1, column: 1 });
});

test("YAML and JSON of the same manifest give equal plans", async () => {
  const yaml = `# a comment
manifest: 1
name: "the same"
rmm: "1.0-rel0"
host: {vmm: none, hypervisor: direct}
files: {Image: {path: boot/Image}}
platform: [fvp, {breakpoints: 6}]
realm: {hashAlgo: sha-256, rpv: "text:x", s2sz: 33, numBps: 1, numWps: 1, flags: {sve: true}, sveVl: 1}
launch:
  - ripas: {base: "0x80000000", top: "0x90000000"}
  - data: {file: Image, ipa: "0x80000000"}
  - rec: {mpidr: "0x0", pc: "0x80000000", runnable: true}
  - rmi: {command: RMI_RTT_READ_ENTRY, args: {ipa: "0x80000000", level: 3}}
  - activate: true
rem: [extend: {register: 1, data: "hex:00"}]
`;
  const json = JSON.stringify(parse(yaml), null, "\t");
  const block = stringify(parse(yaml), { defaultStringType: "QUOTE_SINGLE" });
  const first = await loadManifest(yaml, "m.yaml", access);
  expect(first.plan.launch).toHaveLength(5);
  for (const text of [json, block]) {
    const other = await loadManifest(text, "m.yaml", access);
    expect(other.plan).toEqual(first.plan);
    expect(other.manifest).toEqual(first.manifest);
  }
});

test("locate names the line of a step, for errors of later stages", async () => {
  const text = JSON.stringify(
    { ...BASE, launch: [{ activate: true }, { activate: true }] },
    null,
    1,
  );
  const { locate } = await loadManifest(text, "m.json", access);
  const line = text.split("\n").findLastIndex((row) => row.includes("{")) + 1;
  expect(locate("/launch/1")).toEqual({ file: "m.json", line, column: 3, pointer: "/launch/1" });
});

test("overlap is found in any order of steps", async () => {
  const places = fc.uniqueArray(fc.nat(200), { minLength: 2, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(places, fc.nat(3), async (pages, extra) => {
      const size = 1 + extra;
      const sorted = [...pages].sort((a, b) => a - b);
      const overlaps = sorted.some((page, i) => i > 0 && page < (sorted[i - 1] ?? 0) + size);
      const launch = pages.map((page) => ({
        data: { fill: "1", size: String(size * 4096), ipa: String(page * 4096) },
      }));
      const outcome = await steps(...launch).then(
        () => "fits",
        (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
      );
      expect(outcome).toBe(overlaps ? "MANIFEST_OVERLAP" : "fits");
    }),
    { numRuns: 60 },
  );
});
