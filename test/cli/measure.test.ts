import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { REFUSED, writeManifest } from "./launches.ts";
import { run } from "./run.ts";
import { violations } from "./schemas.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();
const SMALL = join(import.meta.dirname, "../../golden/spec/rim-by-hand/small.yaml");

/** RIM of `small.yaml`, worked out by hand; see PROVENANCE.md there. */
function smallRim(): string {
  const text = readFileSync(join(SMALL, "../expected.json"), "utf8");
  const rows = JSON.parse(text) as { launch: string; hashAlgo: string; rim: string }[];
  const found = rows.find(({ launch, hashAlgo }) => launch === "small" && hashAlgo === "sha-256");
  return found?.rim ?? "";
}

interface Report {
  readonly rim: string;
  readonly rem: readonly string[];
  readonly inputs: readonly unknown[];
}

async function reportOf(...args: string[]): Promise<Report> {
  const { code, stdout, stderr } = await run(["measure", "--json", ...args]);
  expect([code, stderr]).toEqual([0, ""]);
  const document = JSON.parse(stdout) as Report;
  expect(violations("report", document)).toEqual([]);
  return document;
}

describe("measure", () => {
  test("-q prints the RIM in hex and nothing else", async () => {
    const outcome = await run(["measure", "-q", SMALL]);
    expect(outcome).toEqual({ code: 0, stdout: `${smallRim()}\n`, stderr: "" });
  });

  test("prints the values first, then what they rest on", async () => {
    const { code, stdout, stderr } = await run(["measure", SMALL]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.split("\n")[0]).toBe(`RIM         ${smallRim()}`);
    for (const word of ["REM0", "REM3", "1.0-rel0 (oracle)", "direct (spec)", "RMI calls"]) {
      expect(stdout).toContain(word);
    }
  });

  test("--json has the keys of the contract, in its order", async () => {
    const report = await reportOf(SMALL);
    expect(report.rim).toBe(smallRim());
    expect(Object.keys(report)).toEqual([
      "schemaVersion",
      "rim",
      "rem",
      "hashAlgo",
      "rpv",
      "rmm",
      "host",
      "inputs",
      "assumed",
      "calls",
      "measuredCalls",
      "proof",
    ]);
  });

  test("--encoding base64 writes the same bytes", async () => {
    const [hex, base64, quiet] = await Promise.all([
      reportOf(SMALL),
      reportOf(SMALL, "--encoding", "base64"),
      run(["measure", "-q", SMALL, "--encoding=base64"]),
    ]);
    const decoded = (text: string): string => Buffer.from(text, "base64").toString("hex");
    expect(decoded(base64.rim)).toBe(hex.rim);
    expect(base64.rem.map(decoded)).toEqual(hex.rem);
    expect(quiet.stdout).toBe(`${base64.rim}\n`);
  });

  test("noble and node give the same answer", async () => {
    const [noble, node] = await Promise.all([
      run(["measure", SMALL, "--hash", "noble"]),
      run(["measure", SMALL, "--hash", "node"]),
    ]);
    expect(noble.stdout).not.toBe("");
    expect(noble).toEqual(node);
  });

  test("inputs carry digest and size of the file, and the path as the manifest writes it", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "image.bin"), "abc");
    const path = writeManifest(
      folder,
      [{ data: { file: "kernel", ipa: "0x80000000", measure: true } }],
      { files: { kernel: { path: "image.bin" } } },
    );
    expect((await reportOf(path)).inputs).toEqual([
      {
        name: "kernel",
        path: "image.bin",
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        size: 3,
      },
    ]);
  });

  test("the answer depends on no folder, time zone or language", async () => {
    const folder = newFolder();
    cpSync(SMALL, join(folder, "m.yaml"));
    const [here, there] = await Promise.all([
      run(["measure", SMALL]),
      run(["measure", "m.yaml"], {
        cwd: folder,
        env: { TZ: "Pacific/Chatham", LANG: "de_DE.UTF-8" },
      }),
    ]);
    expect(here.stdout).not.toBe("");
    expect(there).toEqual(here);
  });
});

describe("measure refuses", () => {
  test("a launch that the RMM refuses: the step's line, the call, the condition, the section", async () => {
    const path = writeManifest(newFolder(), REFUSED);
    const line = readFileSync(path, "utf8")
      .split("\n")
      .findIndex((text) => text.includes("ripas"));
    const { code, stdout, stderr } = await run(["measure", path]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/RMI_RTT_INIT_RIPAS.*RMI_ERROR_RTT.*\[RMI_REFUSED\]\nhint: /);
    const [, at = ""] = /guest\.yaml:(\d+):\d+: /.exec(stderr) ?? [];
    expect(Math.abs(Number(at) - (line + 1))).toBeLessThanOrEqual(1);
  });

  test.each([
    ["a missing manifest", () => "none.yaml", /^none\.yaml: no such file \[FILE_NOT_FOUND\]\n$/],
    ["a folder", () => ".", /^\.: it is a folder \[FILE_UNREADABLE\]\n$/],
  ])("%s", async (_, path, message) => {
    const { code, stdout, stderr } = await run(["measure", path()], { cwd: newFolder() });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });

  test("text that is not UTF-8", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "m.yaml"), new Uint8Array([0x6d, 0xff, 0xfe]));
    const { code, stderr } = await run(["measure", "m.yaml"], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^m\.yaml: the file is not UTF-8 text \[MANIFEST_SYNTAX\]\nhint: .*\n$/);
  });

  test("and the error document says where", async () => {
    const folder = newFolder();
    writeManifest(folder, [{ data: { file: "gone", ipa: "0x80000000", measure: true } }]);
    const { code, stdout } = await run(["measure", "guest.yaml", "--json"], { cwd: folder });
    const document: unknown = JSON.parse(stdout);
    expect(code).toBe(2);
    expect(violations("error", document)).toEqual([]);
    expect(document).toMatchObject({
      error: { code: "FILE_NOT_FOUND", where: { file: "guest.yaml", line: expect.any(Number) } },
    });
    expect(readdirSync(folder)).toEqual(["guest.yaml"]);
  });
});
