/** Commands on launches that are a VMM's command line. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { arm64Image, stream } from "../host/kvmtool/images.ts";
import { captured, capturedFiles } from "../host/qemu/captured.ts";
import { GOLDEN } from "../tools/measure.ts";
import { run } from "./run.ts";
import { violations } from "./schemas.ts";

interface Captured {
  readonly id: string;
  readonly vmm: string;
  readonly hypervisor: string;
  readonly rmm: string;
  readonly args: readonly string[];
  readonly platform: object;
  readonly images: Readonly<Record<string, { readonly sha256: string }>>;
  readonly rim: string;
}

const CAPTURED = gunzipSync(readFileSync(join(GOLDEN, "oracle/full-stack/kvmtool.jsonl.gz")))
  .toString()
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Captured);

const SYNTHETIC: Readonly<Record<string, Uint8Array>> = {
  "synk-a.img": arm64Image("synk-a", 0x20123, 0, 0x30000),
  "syni-a.bin": stream("syni-a", 12345),
};

/** A captured launch of which this test makes the images. */
const launch = CAPTURED.find(
  ({ images, id }) => id === "002" && Object.keys(images).every((name) => name in SYNTHETIC),
);

const folder = mkdtempSync(join(tmpdir(), "cca-rim-vmm-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function manifestOf({ rmm, vmm, hypervisor, args, platform, images }: Captured): string {
  const files = Object.fromEntries(Object.keys(images).map((name) => [name, { path: name }]));
  for (const [name, { sha256 }] of Object.entries(images)) {
    const bytes = SYNTHETIC[name] ?? new Uint8Array(0);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
    writeFileSync(join(folder, name), bytes);
  }
  const path = join(folder, "guest.json");
  writeFileSync(
    path,
    JSON.stringify({ manifest: 1, rmm, host: { vmm, hypervisor, args }, files, platform }),
  );
  return path;
}

describe("a launch captured on a complete stack", () => {
  if (launch === undefined) throw new Error("the golden launch 002 is missing");
  const path = manifestOf(launch);

  test("measure prints the captured RIM", async () => {
    expect(await run(["measure", "-q", path])).toEqual({
      code: 0,
      stdout: `${launch.rim}\n`,
      stderr: "",
    });
  });

  test("dtb writes 64 KiB, prints source, and describes the tree", async () => {
    const out = join(folder, "guest.dtb");
    expect(await run(["dtb", path, "-o", out])).toEqual({ code: 0, stdout: "", stderr: "" });
    const bytes = readFileSync(out);
    expect(bytes.length).toBe(0x10000);
    const { stdout } = await run(["dtb", "--json", path]);
    const document = JSON.parse(stdout) as { sha256: string; address: string; size: number };
    expect(violations("tree", document)).toEqual([]);
    expect(document).toMatchObject({
      size: 0x10000,
      address: "0x8fe00000",
      sha256: createHash("sha256").update(bytes).digest("hex"),
    });
    const source = await run(["dtb", "--dts", path]);
    expect(source.stdout).toMatch(/^\/dts-v1\/;\n/);
    expect(source.stdout).toContain('compatible = "linux,dummy-virt";');
  });

  test("trace --layer host shows the requests", async () => {
    const json = await run(["trace", "--layer", "host", "--json", path]);
    const document = JSON.parse(json.stdout) as { requests: { n: number; request: string }[] };
    expect(violations("trace", document)).toEqual([]);
    expect(document.requests.map(({ request }) => request)).toEqual([
      "create_vm",
      "config",
      "create_realm",
      "init_ripas",
      "populate",
      "populate",
      "populate",
      "vcpu_finalize",
      "activate",
    ]);
    const lines = await run(["trace", "--layer", "host", "--format", "jsonl", path]);
    expect(
      lines.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(document.requests);
    const text = await run(["trace", "--layer", "host", path]);
    expect(text.stdout).toContain(" init_ripas base=0x80000000 size=0x10000000\n");
  });

  test("an imported line measures to the captured RIM once the platform is filled in", async () => {
    const imported = await run(["import", "kvmtool", "--json", "--", ...launch.args]);
    const document = JSON.parse(imported.stdout) as { manifest: Record<string, unknown> };
    expect(violations("import", document)).toEqual([]);
    const filled = join(folder, "imported.json");
    writeFileSync(filled, JSON.stringify({ ...document.manifest, platform: launch.platform }));
    expect((await run(["measure", "-q", filled])).stdout).toBe(`${launch.rim}\n`);
  });

  test("import prints a commented manifest that loads", async () => {
    const { code, stdout, stderr } = await run(["import", "kvmtool", "--", ...launch.args]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("# A guess");
    const path = join(folder, "imported.yaml");
    writeFileSync(path, stdout);
    expect((await run(["trace", "--layer", "host", path])).code).toBe(0);
  });
});

describe("a launch of QEMU that was captured on a complete stack", () => {
  const qemu = captured.find(({ id }) => id === "216");
  if (qemu === undefined) throw new Error("the golden launch 216 is missing");
  const packed = captured.find(({ images }) => "rimguest.img.gz" in images);
  if (packed === undefined) throw new Error("the golden launch of a packed kernel is missing");
  const files = capturedFiles();
  const own = join(folder, "qemu");
  mkdirSync(own);
  for (const name of Object.keys({ ...qemu.images, ...packed.images })) {
    const { source } = files.resolve(name);
    const bytes = new Uint8Array(source.size);
    source.read(0, bytes);
    writeFileSync(join(own, name), bytes);
  }
  const write = (manifest: object): string => {
    const path = join(own, "guest.json");
    writeFileSync(path, JSON.stringify(manifest));
    return path;
  };

  test("an imported line measures to the captured RIM once the platform is filled in", async () => {
    const imported = await run(["import", "qemu", "--json", "--", ...qemu.args]);
    const document = JSON.parse(imported.stdout) as { manifest: Record<string, unknown> };
    expect(violations("import", document)).toEqual([]);
    const path = write({ ...document.manifest, platform: qemu.platform });
    expect(await run(["measure", "-q", path])).toEqual({
      code: 0,
      stdout: `${qemu.rim}\n`,
      stderr: "",
    });
    const tree = await run(["dtb", "--json", path]);
    expect(JSON.parse(tree.stdout)).toMatchObject({ sha256: qemu.dtb?.sha256 });
  });

  test("what unpacks is loaded for a packed kernel only", async () => {
    const preload = join(own, "preload.cjs");
    writeFileSync(
      preload,
      `process.on("exit", () => {
        const loaded = Object.keys(require.cache).filter((file) => file.endsWith("inflate.js"));
        process.stdout.write("loaded: " + loaded.length);
      });`,
    );
    const env = { NODE_OPTIONS: `--require ${JSON.stringify(preload)}` };
    for (const [{ args, images, vmm, hypervisor, rmm, platform, rim }, loaded] of [
      [packed, 1],
      [qemu, 0],
    ] as const) {
      const named = Object.fromEntries(Object.keys(images).map((name) => [name, { path: name }]));
      const host = { vmm, hypervisor, args };
      const path = write({ manifest: 1, rmm, host, files: named, platform });
      const { stdout } = await run(["measure", "-q", path], { env });
      expect(stdout).toBe(`${rim}\nloaded: ${loaded}`);
    }
  });

  test("import prints a commented manifest that loads", async () => {
    const { code, stdout, stderr } = await run(["import", "qemu", "--", ...qemu.args]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("# A guess");
    expect(stdout).toContain("# maxIpaBits: ");
    const path = join(own, "imported.yaml");
    writeFileSync(
      path,
      stdout.replace("platform: {}", "platform: {maxIpaBits: 48, pmuCounters: 0}"),
    );
    expect((await run(["trace", "--layer", "host", path])).code).toBe(0);
  });

  test("a version between known ones says what it is taken to be", async () => {
    const { vmm, hypervisor, rmm, args, platform } = qemu;
    const files = Object.fromEntries(
      Object.keys(qemu.images).map((name) => [name, { path: name }]),
    );
    const host = { vmm: vmm.replace("9.1.91", "10.1.2"), hypervisor, args };
    const path = write({ manifest: 1, rmm, host, files, platform });
    const warning = /^warning: QEMU 10\.1\.2 is taken to be 10\.1, of the releases 9\.1-10\.2: /;
    for (const command of [["measure"], ["trace", "--measured"], ["trace", "--layer", "host"]]) {
      const { code, stderr } = await run([...command, path]);
      expect([code, stderr]).toEqual([0, expect.stringMatching(warning)]);
    }
    for (const [command, schema] of [
      ["measure", "report"],
      ["dtb", "tree"],
    ] as const) {
      const { code, stdout, stderr } = await run([command, "--json", path]);
      expect([code, stderr]).toEqual([0, expect.stringMatching(warning)]);
      const document = JSON.parse(stdout) as { readonly warnings: readonly string[] };
      expect(violations(schema, document)).toEqual([]);
      expect(document.warnings.join()).toMatch(/taken to be 10\.1/);
    }
  });

  test("without an accelerator a tree is TCG's, and measuring takes KVM", async () => {
    const { vmm, hypervisor, rmm, platform } = qemu;
    const args = qemu.args.filter((word) => word !== "-accel" && word !== "kvm");
    const files = Object.fromEntries(
      Object.keys(qemu.images).map((name) => [name, { path: name }]),
    );
    const base = { manifest: 1, rmm, host: { vmm, hypervisor, args }, files };
    const onKvm = await run(["measure", write({ ...base, platform })]);
    expect(onKvm.stdout).toContain(qemu.rim);
    expect(onKvm.stderr).toContain("taken to be run with -accel kvm");
    const max = {
      ...base,
      host: { vmm, hypervisor, args: args.map((w) => (w === "host" ? "max" : w)) },
    };
    const tree = await run(["dtb", "--dts", write({ ...max, platform })]);
    expect(tree.stdout).toContain('compatible = "arm,cortex-a57";');
    expect(tree.stderr).toContain("this is the machine under TCG");
    const refused = await run(["measure", write(max)]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/platform\.maxIpaBits.* must be given: .*\[HOST_PLATFORM\]/);
  });
});

test("a launch without a VMM has no tree and no requests", async () => {
  const sample = join(GOLDEN, "self/sample/launch.yaml");
  for (const args of [["dtb"], ["trace", "--layer", "host"]]) {
    const { code, stdout, stderr } = await run([...args, sample]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/launch\.yaml:\d+:\d+: .*\[HOST_/);
  }
});

test("import refuses what kvmtool refuses, and unknown models", async () => {
  const refused = await run(["import", "kvmtool", "--", "lkvm", "run", "--no-such-option"]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("[HOST_ARGUMENT]");
  const unknown = await run(["import", "kvmtool", "--vmm", "kvmtool/v99", "--", "lkvm", "run"]);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain("[USAGE_ARGUMENT]");
});
