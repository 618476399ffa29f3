/** docs/gate.md, docs/matrix.md, docs/terminal.md and the README show what is printed. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { KVM_SERIES } from "../../src/host/kvm/series.ts";
import { QEMU_SERIES, RMM_MODELS, VMM_MODELS } from "../../src/host/models.ts";
import { run } from "./run.ts";
import { matches, type Shown, shownIn } from "./shown.ts";
import { temporaryFolders } from "./temporary.ts";

const ROOT = join(import.meta.dirname, "../..");
const SAMPLE = join(ROOT, "golden/self/sample");
const newFolder = temporaryFolders();

function page(name: string): string {
  return readFileSync(join(ROOT, name), "utf8");
}

/** The sample's images under the names that the pages use. */
function stage(): string {
  const folder = newFolder();
  mkdirSync(join(folder, "boot"));
  for (const place of [folder, join(folder, "boot")]) {
    copyFileSync(join(SAMPLE, "Image"), join(place, "Image"));
    copyFileSync(join(SAMPLE, "initrd.cpio"), join(place, "initrd.gz"));
  }
  return folder;
}

async function expectShown({ command, output }: Shown, cwd: string): Promise<void> {
  const [program, ...args] = command.replace(/^npx /, "").split(" ");
  expect(program).toBe("cca-rim");
  const { stdout, stderr } = await run(args, { cwd });
  const lines = (stdout + stderr).trimEnd().split("\n");
  expect({ command, lines, isAsShown: matches(lines, output) }).toEqual({
    command,
    lines,
    isAsShown: true,
  });
}

/** The commands of a page that begin so. */
function commandsOf(name: string, start: string): readonly Shown[] {
  return shownIn(page(name)).filter(({ command }) => command.startsWith(start));
}

test("docs/gate.md: import, accept, change", async () => {
  const folder = stage();
  const guest = join(folder, "guest.yaml");
  const [imported] = commandsOf("docs/gate.md", "cca-rim import ");
  const line = imported?.command.replace(" > guest.yaml", " ").trim() ?? "";
  const { stdout } = await run(line.split(" ").slice(1), { cwd: folder });
  const [platform = ""] = /platform: tf-rmm[\w.-]+/.exec(page("docs/gate.md")) ?? [];
  writeFileSync(guest, stdout.replace(/^platform: .*$/m, platform));
  const [accept, gate, ...others] = commandsOf("docs/gate.md", "cca-rim gate");
  expect([accept?.command, gate?.command, others]).toEqual(["cca-rim gate -u", "cca-rim gate", []]);
  if (accept !== undefined) await expectShown(accept, folder);
  writeFileSync(guest, readFileSync(guest, "utf8").replace("512M", "1G"));
  if (gate !== undefined) await expectShown(gate, folder);
});

test("docs/matrix.md: its manifest, measured", async () => {
  const folder = stage();
  const [, text = ""] = /```yaml\n(manifest: 1\n[\s\S]*?)```/.exec(page("docs/matrix.md")) ?? [];
  writeFileSync(join(folder, "guest.yaml"), text);
  const shown = commandsOf("docs/matrix.md", "cca-rim matrix");
  expect(shown.length).toBe(1);
  for (const one of shown) await expectShown(one, folder);
});

const TYPO = `manifest: 1
rmm: "1.0-rel0"
host: {vmm: none, hypervisor: linux-kvm/v7}
files:
  initrd: {path: initrd.gz}
realm: {hashAlgo: sha-256, s2sz: 40, numBps: 1, numWps: 1, sevVl: 3}
launch: []
`;

const OVERLAP = `manifest: 1
rmm: "1.0-rel0"
host: {vmm: none, hypervisor: direct}
files:
  kernel: {path: kernel}
  initrd: {path: initrd}
realm: {hashAlgo: sha-256, s2sz: 33, numBps: 5, numWps: 3}
launch:
  - ripas: {base: "0x80000000", top: "0x90000000"}
  - data: {file: kernel, ipa: "0x80000000", measure: true}

  - data: {file: initrd, ipa: "0x81000000", measure: true}
`;

describe("errors", () => {
  const [, section = ""] = page("docs/terminal.md").split("## Errors");
  const shown = shownIn(section.split("\n## ")[0] ?? "");

  test("of docs/terminal.md", async () => {
    const folder = stage();
    writeFileSync(join(folder, "typo.yaml"), TYPO);
    copyFileSync(join(SAMPLE, "launch.yaml"), join(folder, "guest.yaml"));
    expect(shown.length).toBe(3);
    for (const one of shown) await expectShown(one, folder);
  });

  test("of the README", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "kernel"), new Uint8Array(0x1f6e000));
    writeFileSync(join(folder, "initrd"), new Uint8Array(0x264a000));
    writeFileSync(join(folder, "guest.yaml"), OVERLAP);
    const found = commandsOf("README.md", "npx cca-rim measure guest.yaml");
    expect(found.length).toBe(1);
    for (const one of found) await expectShown(one, folder);
  });
});

test("the manifests of the README can be measured", async () => {
  const folder = stage();
  const manifests = [...page("README.md").matchAll(/```yaml\n(manifest: 1\n[\s\S]*?)```/g)];
  expect(manifests.length).toBe(2);
  for (const [, text = ""] of manifests) {
    writeFileSync(join(folder, "guest.yaml"), text.replace(/, sha256: "…"/, ""));
    const { code, stdout, stderr } = await run(["measure", "-q", "guest.yaml"], { cwd: folder });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^[0-9a-f]{64}\n$/);
  }
});

describe("docs/which-model-am-i.md", () => {
  const text = page("docs/which-model-am-i.md");
  const [, vmms = ""] = text.split("## 3. The VMM");

  test.each(VMM_MODELS.map(({ name }) => name).filter((name) => name !== "none"))(
    "tells by which options %s is known",
    (name) => {
      const rows = vmms.split("\n").filter((line) => line.startsWith("| `--"));
      const same = vmms.split("\n").filter((line) => line.startsWith("| the same"));
      expect([...rows, ...same].join("\n")).toContain(`\`${name}\``);
    },
  );

  test("names every published series of KVM and of QEMU, and every RMM", () => {
    const series = KVM_SERIES.map(({ id }) => id);
    const missing = [...series, ...RMM_MODELS.map(({ name }) => name)].filter(
      (name) => !text.includes(`\`${name}\``),
    );
    expect(missing).toEqual([]);
    expect(QEMU_SERIES.filter((name) => !vmms.includes(`+${name}\``))).toEqual([]);
  });
});
