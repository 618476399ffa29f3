import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "./run.ts";
import { violations } from "./schemas.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();
const SAMPLE = new URL("../../golden/self/sample/", import.meta.url);

interface Found {
  readonly kind: string;
  readonly launch: string | null;
  readonly accept: string | null;
  readonly where: { readonly file?: string; readonly line?: number };
  readonly changes: { readonly first: { readonly text: string } | null } | null;
}

/** A project of three launches, two of them of a matrix. */
function project(): string {
  const folder = newFolder();
  mkdirSync(join(folder, "boot"));
  for (const name of ["Image", "initrd.cpio", "virt.dtb", "launch.yaml"]) {
    cpSync(new URL(name, SAMPLE), join(folder, "boot", name));
  }
  writeFileSync(join(folder, "boot", "other.yaml"), "kind: something else\n");
  writeFileSync(join(folder, "kernel"), new Uint8Array(20_000).fill(7));
  writeFileSync(
    join(folder, "guest.yaml"),
    `manifest: 1
rmm: "1.0-rel0"
host:
  vmm: kvmtool/v3
  hypervisor: linux-kvm/v7
  args: [lkvm, run, --realm, -c, "2", -m, 256M, -k, kernel]
platform: {breakpoints: 6, watchpoints: 4, sveVectorBits: 0, pmuCounters: 0, maxIpaBits: 48}
matrix: {cpus: [1, 2]}
`,
  );
  return folder;
}

async function gate(cwd: string, args: readonly string[] = [], env = {}) {
  const { code, stdout, stderr } = await run(["gate", "--json", ...args], { cwd, env });
  const document = JSON.parse(stdout) as { readonly verdicts: readonly Found[] };
  expect(violations("gate", document)).toEqual([]);
  const bad = document.verdicts.filter(({ kind }) => kind !== "ok");
  return { code, stderr, verdicts: document.verdicts, bad };
}

async function accepted(): Promise<string> {
  const folder = project();
  const { code } = await gate(folder, ["-u"]);
  expect(code).toBe(0);
  return folder;
}

function edit(folder: string, file: string, from: string, to: string): void {
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

test("accepted, then green, and nothing is written again", async () => {
  const folder = await accepted();
  const lock = readFileSync(join(folder, "cca-rim.lock"), "utf8");
  const { code, verdicts } = await gate(folder);
  expect(code).toBe(0);
  expect(verdicts.map(({ kind, launch }) => `${kind} ${launch}`)).toEqual([
    "ok boot/launch.yaml",
    "ok guest.yaml#cpus=1",
    "ok guest.yaml#cpus=2",
  ]);
  await gate(folder, ["-u"]);
  expect(readFileSync(join(folder, "cca-rim.lock"), "utf8")).toBe(lock);
  expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
});

test("the lock has what measure and trace give", async () => {
  const folder = await accepted();
  const lock = readFileSync(join(folder, "cca-rim.lock"), "utf8");
  const { createHash } = await import("node:crypto");
  const { stdout: rim } = await run(["measure", "-q", "boot/launch.yaml"], { cwd: folder });
  const { stdout: lines } = await run(["trace", "--format", "jsonl", "boot/launch.yaml"], {
    cwd: folder,
  });
  expect(lock).toContain(`    rim: "${rim.trim()}"\n`);
  expect(lock).toContain(`    trace: "${createHash("sha256").update(lines).digest("hex")}"\n`);
});

describe("red", () => {
  test.each<[string, (folder: string) => void, readonly string[], RegExp]>([
    [
      "a changed page",
      (folder) => {
        const path = join(folder, "kernel");
        const bytes = readFileSync(path);
        bytes[5000] = 1;
        writeFileSync(path, bytes);
      },
      ["changed-value guest.yaml#cpus=1", "changed-value guest.yaml#cpus=2"],
      /content differs in 0x80081000\.\.0x80082000, bytes 0x1000 to 0x2000 of kernel/,
    ],
    [
      "a changed option",
      (folder) => edit(folder, "guest.yaml", "256M", "512M"),
      ["changed-value guest.yaml#cpus=1", "changed-value guest.yaml#cpus=2"],
      /ripas 0x80000000\.\.0xa0000000, was ripas 0x80000000\.\.0x90000000/,
    ],
    [
      "a changed model",
      (folder) => edit(folder, "guest.yaml", "linux-kvm/v7", "linux-kvm/v8"),
      ["changed-model guest.yaml#cpus=1", "changed-model guest.yaml#cpus=2"],
      /^$/,
    ],
    [
      "a removed launch",
      (folder) => rmSync(join(folder, "boot/launch.yaml")),
      ["removed-launch boot/launch.yaml"],
      /^$/,
    ],
    [
      "a combination less",
      (folder) => edit(folder, "guest.yaml", "[1, 2]", "[1]"),
      ["removed-launch guest.yaml#cpus=2"],
      /^$/,
    ],
    [
      "a combination more",
      (folder) => edit(folder, "guest.yaml", "[1, 2]", "[1, 2, 3]"),
      ["new-launch guest.yaml#cpus=3"],
      /^$/,
    ],
    [
      "a new launch",
      (folder) => cpSync(join(folder, "boot/launch.yaml"), join(folder, "boot/more.json")),
      ["new-launch boot/more.json"],
      /^$/,
    ],
    [
      "a missing file",
      (folder) => rmSync(join(folder, "boot/Image")),
      ["missing-file boot/launch.yaml"],
      /^$/,
    ],
    [
      "a broken manifest",
      (folder) => edit(folder, "guest.yaml", "rmm:", "rmmm:"),
      ["not-measurable guest.yaml"],
      /^$/,
    ],
    [
      "a newer tool",
      (folder) => edit(folder, "cca-rim.lock", "tool: ", 'tool: "0.0.1" #'),
      [
        "damaged-lock null",
        "new-launch boot/launch.yaml",
        "new-launch guest.yaml#cpus=1",
        "new-launch guest.yaml#cpus=2",
      ],
      /^$/,
    ],
    [
      "a deleted lock",
      (folder) => rmSync(join(folder, "cca-rim.lock")),
      [
        "missing-lock null",
        "new-launch boot/launch.yaml",
        "new-launch guest.yaml#cpus=1",
        "new-launch guest.yaml#cpus=2",
      ],
      /^$/,
    ],
    [
      "a forged value",
      (folder) => edit(folder, "cca-rim.lock", 'rim: "8b', 'rim: "00'),
      ["changed-value boot/launch.yaml"],
      /^$/,
    ],
  ])("%s; accepting makes it green", async (name, change, expected, first) => {
    const folder = await accepted();
    change(folder);
    const { code, bad } = await gate(folder);
    expect(code).toBe(1);
    expect(bad.map(({ kind, launch }) => `${kind} ${launch}`)).toEqual(expected);
    expect(bad[0]?.changes?.first?.text ?? "").toMatch(first);
    expect(existsSync(join(folder, bad[0]?.where.file ?? "")) || name === "a deleted lock").toBe(
      true,
    );
    const commands = new Set(bad.flatMap(({ accept }) => (accept === null ? [] : [accept])));
    for (const command of commands) {
      const [program, ...args] = command.split(" ");
      expect([program, args[0]]).toEqual(["cca-rim", "gate"]);
      await run(args, { cwd: folder });
    }
    const { code: again } = await gate(folder);
    expect(again).toBe(commands.size === 0 ? 1 : 0);
  });
});

test("the command that accepts is one that a shell understands", async () => {
  const folder = await accepted();
  cpSync(join(folder, "guest.yaml"), join(folder, "it's new.yaml"));
  const { bad } = await gate(folder);
  expect(new Set(bad.map(({ kind, accept }) => `${kind}: ${accept}`))).toEqual(
    new Set(["new-launch: cca-rim gate -u 'it'\\''s new.yaml'"]),
  );
});

test("another version of the program, newer and older", async () => {
  const folder = await accepted();
  const version =
    /tool: "(.*)"/.exec(readFileSync(join(folder, "cca-rim.lock"), "utf8"))?.[1] ?? "";
  edit(folder, "cca-rim.lock", `tool: "${version}"`, 'tool: "0.0.1"');
  const newer = await gate(folder);
  expect(newer.bad.map(({ kind, accept }) => [kind, accept])).toEqual([
    ["newer-tool", "cca-rim gate -u"],
  ]);
  edit(folder, "cca-rim.lock", 'tool: "0.0.1"', 'tool: "99.0.0"');
  // There is something to accept, which is for the newer version to do.
  edit(folder, "guest.yaml", "256M", "512M");
  const before = readFileSync(join(folder, "cca-rim.lock"), "utf8");
  const older = await gate(folder, ["-u"]);
  const kinds = ["older-tool", "changed-value", "changed-value"];
  expect([older.code, older.bad.map(({ kind }) => kind)]).toEqual([1, kinds]);
  expect(readFileSync(join(folder, "cca-rim.lock"), "utf8")).toBe(before);
});

describe("why a value changed", () => {
  async function why(change: (folder: string) => void) {
    const folder = await accepted();
    change(folder);
    const { stdout } = await run(["gate", "--json"], { cwd: folder });
    const { verdicts } = JSON.parse(stdout) as {
      readonly verdicts: readonly {
        readonly kind: string;
        readonly changes: { readonly why: unknown } | null;
      }[];
    };
    return verdicts.find(({ kind }) => kind !== "ok")?.changes?.why;
  }

  test("an option: down to the property of the device tree", async () => {
    expect(await why((folder) => edit(folder, "guest.yaml", "256M", "512M"))).toEqual({
      causes: ["~ host.args: -m 256M -> -m 512M"],
      effects: expect.arrayContaining([
        "~ RAM whose RIPAS is measured",
        "  ~ /memory reg: <0x80000000 0x10000000> -> <0x80000000 0x20000000>",
      ]) as unknown,
    });
  });

  test("a step and a parameter", async () => {
    const change = (folder: string): void => {
      edit(folder, "boot/launch.yaml", "numBps: 1", "numBps: 2");
      edit(folder, "boot/launch.yaml", "0x82000000", "0x82100000");
    };
    expect(await why(change)).toEqual({
      causes: [
        "~ realm.numBps: 1 -> 2",
        "~ launch[2]: data initrd at 0x82000000 -> data initrd at 0x82100000",
      ],
      effects: ["~ Realm parameter numBps: 1 -> 2", "~ initrd: at 0x82000000 -> 0x82100000"],
    });
  });

  test.each<[string, (folder: string) => void]>([
    [
      "of a file nobody has the old bytes",
      (folder) => writeFileSync(join(folder, "kernel"), new Uint8Array(20_000).fill(8)),
    ],
    [
      "a lock that was edited describes no launch",
      (folder) => edit(folder, "cca-rim.lock", 'rim: "8b', 'rim: "00'),
    ],
    [
      "a lock that describes what nobody knows",
      (folder) => {
        edit(folder, "cca-rim.lock", '"/launch/1": {"data"', '"/launch/1": {"dada"');
        edit(folder, "boot/launch.yaml", "numBps: 1", "numBps: 2");
      },
    ],
  ])("%s: no word about it", async (_, change) => {
    expect(await why(change)).toBeNull();
  });
});

describe("under CI", () => {
  test.each([{ CI: "true" }, { CI: "1" }, { GITHUB_ACTIONS: "true" }])(
    "%j: nothing is accepted",
    async (env) => {
      const folder = project();
      const { code, stdout, stderr } = await run(["gate", "-u"], { cwd: folder, env });
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/-u accepts nothing under CI/);
      expect(existsSync(join(folder, "cca-rim.lock"))).toBe(false);
    },
  );

  test("GitHub Actions gets annotations and a summary", async () => {
    const folder = await accepted();
    edit(folder, "guest.yaml", "256M", "512M");
    const summary = join(folder, "summary.md");
    writeFileSync(summary, "before\n");
    const env = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary, CI: "true" };
    const { code, stderr } = await gate(folder, [], env);
    expect(code).toBe(1);
    expect(stderr.match(/^::error file=guest\.yaml,line=6,col=\d+,/gm)?.length).toBe(2);
    expect(readFileSync(summary, "utf8")).toMatch(/^before\n## cca-rim gate: closed\n/);
  });
});

test("a gate that guards nothing is closed, and nothing is written", async () => {
  const folder = newFolder();
  for (const args of [[], ["-u"]]) {
    const { code, bad } = await gate(folder, args);
    expect([code, bad.map(({ kind }) => kind)]).toEqual([1, ["no-launch", "missing-lock"]]);
  }
  expect(readdirSync(folder)).toEqual([]);
});

test("what is wrong with a manifest is told with its line and what to do", async () => {
  const folder = await accepted();
  edit(folder, "guest.yaml", "breakpoints: 6, ", "");
  const { stdout } = await run(["gate"], { cwd: folder });
  expect(stdout).toMatch(
    /^not-measurable {2}guest\.yaml#cpus=1 {2}guest\.yaml:\d+: .*breakpoints/m,
  );
});

test("some manifests only: the others are neither judged nor touched", async () => {
  const folder = await accepted();
  edit(folder, "guest.yaml", "256M", "512M");
  rmSync(join(folder, "boot/launch.yaml"));
  const some = await gate(folder, ["guest.yaml"]);
  expect(some.verdicts.map(({ kind }) => kind)).toEqual(["changed-value", "changed-value"]);
  await gate(folder, ["-u", "./guest.yaml"]);
  expect((await gate(folder)).bad.map(({ kind }) => kind)).toEqual(["removed-launch"]);
});

test("a manifest that is named and was never there", async () => {
  const { code, bad } = await gate(await accepted(), ["nowhere.yaml"]);
  expect([code, bad.map(({ kind }) => kind)]).toEqual([1, ["missing-file"]]);
});

test("from another folder, the same lock and verdicts", async () => {
  const folder = await accepted();
  const text = readFileSync(join(folder, "cca-rim.lock"), "utf8");
  const { code, verdicts } = await gate(join(folder, "boot"), ["--lock", "../cca-rim.lock"]);
  expect([code, verdicts.length]).toEqual([0, 3]);
  edit(folder, "guest.yaml", "256M", "512M");
  const { bad } = await gate(join(folder, "boot"), ["--lock", "../cca-rim.lock"]);
  expect(bad[0]?.accept).toBe("cca-rim gate -u --lock ../cca-rim.lock ../guest.yaml");
  await run((bad[0]?.accept ?? "").split(" ").slice(1), { cwd: join(folder, "boot") });
  edit(folder, "guest.yaml", "512M", "256M");
  await gate(folder, ["-u"]);
  expect(readFileSync(join(folder, "cca-rim.lock"), "utf8")).toBe(text);
});

test("a link to a manifest is a launch; links that lead nowhere, in circles or to folders are not", async () => {
  const folder = await accepted();
  const elsewhere = project();
  symlinkSync(join(elsewhere, "boot", "launch.yaml"), join(folder, "boot", "linked.yaml"));
  symlinkSync("circle.yaml", join(folder, "circle.yaml"));
  symlinkSync("gone", join(folder, "dangling.yaml"));
  symlinkSync(".", join(folder, "folder.yaml"));
  const { code, bad } = await gate(folder);
  expect(code).toBe(1);
  expect(bad.map(({ kind, launch }) => [kind, launch])).toEqual([
    ["new-launch", "boot/linked.yaml"],
  ]);
});

test("patterns in the lock say which manifests belong to the project", async () => {
  const folder = await accepted();
  edit(folder, "cca-rim.lock", '  - "**/*.json"\n', '  - "**/*.json"\n  - "!boot/**"\n');
  cpSync(join(folder, "boot/launch.yaml"), join(folder, "boot/more.yaml"));
  expect((await gate(folder)).bad).toEqual([]);
  rmSync(join(folder, "boot/launch.yaml"));
  await gate(folder, ["-u"]);
  const lock = readFileSync(join(folder, "cca-rim.lock"), "utf8");
  expect(lock).toContain('"!boot/**"');
  expect(lock).not.toContain("boot/launch.yaml");
});

test("JUnit and SARIF are files that are complete or not there", async () => {
  const folder = await accepted();
  const { code } = await gate(folder, ["--junit", "j.xml", "--sarif", "s.sarif"]);
  expect(code).toBe(0);
  expect(readFileSync(join(folder, "j.xml"), "utf8")).toMatch(/tests="3" failures="0"/);
  expect(JSON.parse(readFileSync(join(folder, "s.sarif"), "utf8"))).toMatchObject({
    version: "2.1.0",
  });
  const { code: missing, stderr } = await run(["gate", "--junit", "no/j.xml"], { cwd: folder });
  expect(missing).toBe(2);
  expect(stderr).toMatch(/there is no folder no/);
});

test("two that accept at once leave the work of both", async () => {
  const folder = await accepted();
  edit(folder, "guest.yaml", "256M", "512M");
  edit(folder, "boot/launch.yaml", "numBps: 1", "numBps: 2");
  const both = await Promise.all([
    gate(folder, ["-u", "guest.yaml"]),
    gate(folder, ["-u", "boot/launch.yaml"]),
  ]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect((await gate(folder)).bad).toEqual([]);
});
