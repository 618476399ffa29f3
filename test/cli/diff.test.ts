import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { GOLDEN } from "../tools/measure.ts";
import { writeManifest } from "./launches.ts";
import { BIN, run } from "./run.ts";
import { violations } from "./schemas.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();
const SAMPLE = join(GOLDEN, "self/sample");

/** The sample with another text, beside its images. */
function changed(change: (text: string) => string): { readonly folder: string } {
  const folder = newFolder();
  for (const name of ["Image", "initrd.cpio", "virt.dtb"]) {
    writeFileSync(join(folder, name), readFileSync(join(SAMPLE, name)));
  }
  const text = readFileSync(join(SAMPLE, "launch.yaml"), "utf8");
  writeFileSync(join(folder, "a.yaml"), text);
  writeFileSync(join(folder, "b.yaml"), change(text));
  return { folder };
}

const KVMTOOL = `manifest: 1
rmm: "1.0-rel0"
host:
  vmm: kvmtool/v3
  hypervisor: linux-kvm/v7
  args: [lkvm, run, --realm, -c, "2", -m, 256M, -k, Image, -i, initrd.cpio]
files:
  Image: {path: Image}
platform: {breakpoints: 6, watchpoints: 4, sveVectorBits: 0, pmuCounters: 0, maxIpaBits: 48}
`;

const CASES: readonly {
  readonly name: string;
  readonly change: (text: string) => string;
}[] = [
  { name: "steps-parameters", change: (text) => text.replace("numBps: 1", "numBps: 5") },
  { name: "steps-ram", change: (text) => text.replace('"0x84000000"', '"0x88000000"') },
  { name: "steps-rmm", change: (text) => text.replace('rmm: "1.0-rel0"', 'rmm: "2.0"') },
  {
    name: "steps-order",
    change: (text) => text.replace(/( +- data.*\n)( +- data.*\n)/, "$2$1"),
  },
  { name: "steps-rec", change: (text) => text.replace('["0x83e00000"]', '["0x0"]') },
];

describe("goldens of the text", () => {
  test.each(CASES)("$name", async ({ name, change }) => {
    const { folder } = changed(change);
    const { stdout, stderr, code } = await run(["diff", "a.yaml", "b.yaml"], { cwd: folder });
    expect(stderr).toBe("");
    expect(code).toBe(1);
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, "self/diff", `${name}.txt`));
  });

  test.each([
    { name: "kvmtool-cpus", change: (text: string) => text.replace('"2"', '"3"') },
    { name: "kvmtool-v2", change: (text: string) => text.replace("kvmtool/v3", "kvmtool/v2") },
    {
      name: "kvmtool-several",
      change: (text: string) =>
        text
          .replace('"2"', '"1"')
          .replace("breakpoints: 6", "breakpoints: 2")
          .replace("linux-kvm/v7", "linux-kvm/v8")
          .replace("256M", "384M"),
    },
  ])("$name", async ({ name, change }) => {
    const { folder } = changed((text) => text);
    writeFileSync(join(folder, "a.yaml"), KVMTOOL);
    writeFileSync(join(folder, "b.yaml"), change(KVMTOOL));
    const { stdout, stderr, code } = await run(["diff", "a.yaml", "b.yaml"], { cwd: folder });
    expect(stderr).toBe("");
    expect(code).toBe(1);
    await expect(stdout).toMatchFileSnapshot(join(GOLDEN, "self/diff", `${name}.txt`));
    const json = await run(["diff", "--json", "a.yaml", "b.yaml"], { cwd: folder });
    expect(json.code).toBe(1);
    expect(violations("diff", JSON.parse(json.stdout))).toEqual([]);
  });
});

describe("two manifests", () => {
  test("the same: exit 0", async () => {
    const { folder } = changed((text) => text);
    const { code, stdout } = await run(["diff", "a.yaml", "b.yaml"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain("RIM and REM are the same");
  });

  test("only a REM differs: exit 1", async () => {
    const { folder } = changed((text) => text.replace("hello", "good bye"));
    const { code, stdout } = await run(["diff", "a.yaml", "b.yaml"], { cwd: folder });
    expect(code).toBe(1);
    expect(stdout).toContain("the RIM is the same, a REM differs");
    expect(stdout).toContain("~ rem[0]: extend register 0");
  });

  test("another file: its name, offset and bytes", async () => {
    const { folder } = changed((text) => text.replace("path: Image", "path: Image2"));
    const bytes = readFileSync(join(folder, "Image"));
    bytes[5000] = (bytes[5000] ?? 0) ^ 0xff;
    writeFileSync(join(folder, "Image2"), bytes);
    const { stdout } = await run(["diff", "a.yaml", "b.yaml"], { cwd: folder });
    expect(stdout).toContain("* ~ files.kernel: sha256:");
    expect(stdout).toContain("first byte at 0x80001388 (kernel offset 5000)");
  });

  test("one that cannot be measured is an error with its place", async () => {
    const { folder } = changed((text) => text.replace("numBps: 1", "numBps: 99"));
    const { code, stderr } = await run(["diff", "a.yaml", "b.yaml"], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^b\.yaml:\d+:\d+: call \d+, RMI_REALM_CREATE, is refused/);
  });
});

describe("one manifest under two models", () => {
  test("another RMM version", async () => {
    const folder = newFolder();
    const path = writeManifest(folder, [{ ripas: { base: "0x0", top: "0x200000" } }]);
    const { stdout, code } = await run(["diff", path, "--rmm", "2.0", "--json"]);
    expect(code).toBe(1);
    const document: unknown = JSON.parse(stdout);
    expect(violations("diff", document)).toEqual([]);
    expect(document).toMatchObject({
      inputs: [{ path: "rmm", a: '"1.0-rel0"', b: '"2.0"' }],
      causes: { inputs: [0], smallest: true },
      effects: [{ kind: "ripas-ranges", onlyA: [{ base: "0x0", top: "0x200000" }], onlyB: [] }],
    });
  });

  test("an impossible pair is refused", async () => {
    const path = writeManifest(newFolder(), []);
    const { code, stderr } = await run(["diff", path, "--hypervisor", "linux-kvm/v99"]);
    expect(code).toBe(2);
    expect(stderr).toContain("[HOST_UNKNOWN_MODEL]");
  });

  test("one file and no model is a usage error", async () => {
    const path = writeManifest(newFolder(), []);
    const { code, stderr } = await run(["diff", path]);
    expect(code).toBe(2);
    expect(stderr).toContain("[USAGE_ARGUMENT]");
  });
});

describe("reports", () => {
  test("a report and a manifest; two reports; what they cannot tell is said", async () => {
    const { folder } = changed((text) => text.replace('rmm: "1.0-rel0"', 'rmm: "2.0"'));
    const report = join(folder, "a.json");
    await run(["measure", "--json", "a.yaml", "-o", report], { cwd: folder });
    await run(["measure", "--json", "b.yaml", "-o", "b.json"], { cwd: folder });
    const mixed = await run(["diff", "a.json", "b.yaml"], { cwd: folder });
    expect(mixed.code).toBe(1);
    expect(mixed.stdout).toContain('~ rmm: "1.0-rel0" -> "2.0"');
    expect(mixed.stdout).toContain("the reports do not tell which of these makes the RIM differ");
    const both = await run(["diff", "--json", "a.json", "b.json"], { cwd: folder });
    expect(both.code).toBe(1);
    const document: unknown = JSON.parse(both.stdout);
    expect(violations("diff", document)).toEqual([]);
    expect(document).toMatchObject({ equal: false, causes: null, effects: null });
    expect((await run(["diff", "a.json", "a.yaml"], { cwd: folder })).code).toBe(0);
  });

  test("a document that only looks like a report is refused", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "a.json"), '{"schemaVersion": 1, "rim": "00"}');
    const { code, stderr } = await run(["diff", "a.json", "a.json"], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain("[MANIFEST_SCHEMA]");
  });
});

test.skipIf(process.platform === "win32")("what comes through a pipe is read once", async () => {
  const launch = join(SAMPLE, "launch.yaml");
  const { stdout: report } = await run(["measure", "--json", launch]);
  const script = 'printf %s "$REPORT" | "$NODE" "$BIN" diff /dev/stdin "$LAUNCH"';
  const env = {
    PATH: process.env["PATH"],
    REPORT: report,
    NODE: process.execPath,
    BIN,
    LAUNCH: launch,
  };
  const { stdout } = await promisify(execFile)("sh", ["-c", script], { env });
  expect(stdout).toContain("RIM and REM are the same");
});
