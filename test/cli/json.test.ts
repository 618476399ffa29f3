/** `--json` of every command follows its published schema; a table that no command is missing from. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { makeToken } from "../evidence/make-token.ts";
import { arm64Image } from "../host/kvmtool/images.ts";
import { GOLDEN } from "../tools/measure.ts";
import { run } from "./run.ts";
import { guestRpv } from "./scene.ts";
import { SCHEMA_NAMES, violations } from "./schemas.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();

const SAMPLE = join(GOLDEN, "self/sample/launch.yaml");
const OTHER = join(GOLDEN, "spec/rim-by-hand/small.yaml");
const TRANSCRIPTS = join(GOLDEN, "oracle/tf-rmm");
const TRANSCRIPT = join(
  TRANSCRIPTS,
  readdirSync(TRANSCRIPTS).find((name) => /\.jsonl?(?:\.gz)?$/.test(name)) ?? "",
);
const LINE = ["lkvm", "run", "--realm", "-c", "2", "-m", "256M", "-k", "Image"];

/** Writes a launch of kvmtool, with an axis for `matrix`; gives its path. */
function kvmtoolLaunch(folder: string): string {
  const path = join(folder, "guest.yaml");
  writeFileSync(join(folder, "Image"), arm64Image("kernel", 0x20123, 0, 0x30000));
  const manifest = {
    manifest: 1,
    rmm: "1.0-rel0",
    host: { vmm: "kvmtool/v3", hypervisor: "linux-kvm/v7", args: LINE },
    platform: "tf-rmm-1.0-rel0-fvp",
    files: { Image: { path: "Image" } },
    matrix: { cpus: [1, 2] },
  };
  writeFileSync(path, JSON.stringify(manifest));
  return path;
}

/** The schema of a command's documents, and arguments after its name. */
interface Row {
  readonly schema: string;
  readonly args: (folder: string) => readonly string[];
}

const WRONG_RIM = "00".repeat(32);

const ROWS: Readonly<Record<string, Row>> = {
  measure: { schema: "report", args: () => [SAMPLE] },
  trace: { schema: "trace", args: () => [SAMPLE] },
  replay: { schema: "replay", args: () => ["--check", TRANSCRIPT] },
  dtb: { schema: "tree", args: (folder) => [kvmtoolLaunch(folder)] },
  import: { schema: "import", args: () => ["kvmtool", "--", ...LINE] },
  gate: {
    schema: "gate",
    args: (folder) => {
      kvmtoolLaunch(folder);
      return [];
    },
  },
  export: { schema: "export", args: () => ["comid", SAMPLE] },
  verify: {
    schema: "verify",
    args: (folder) => {
      const token = join(folder, "token.cbor");
      writeFileSync(token, makeToken({ rim: new Uint8Array(32), rpv: guestRpv() }));
      return [token, "--against", SAMPLE];
    },
  },
  inspect: { schema: "inspect", args: () => [join(GOLDEN, "self/sample/virt.dtb")] },
  lint: { schema: "lint", args: () => [SAMPLE] },
  matrix: { schema: "matrix", args: (folder) => [kvmtoolLaunch(folder)] },
  diff: { schema: "diff", args: () => [SAMPLE, OTHER] },
  explain: { schema: "explain", args: () => [OTHER, "--observed", WRONG_RIM, "--budget", "1s"] },
  report: { schema: "pages", args: () => [SAMPLE] },
  models: { schema: "models", args: () => [] },
  schema: { schema: "schemas", args: () => [] },
  completion: { schema: "completion", args: () => ["bash"] },
};

test("no command is missing, every schema is somebody's", () => {
  expect(Object.keys(ROWS)).toEqual([...commands.names]);
  const answers = Object.values(ROWS).map(({ schema }) => schema);
  // What is read, a line of a stream, what every command says when it cannot.
  const others = ["manifest", "platform", "error", "trace-line", "trace-request"];
  expect([...answers, ...others].toSorted()).toEqual(SCHEMA_NAMES);
});

describe.each(Object.entries(ROWS))("%s --json", (name, { schema, args }) => {
  test("answers as its schema says", async () => {
    const folder = newFolder();
    const more = args(folder);
    const { code, stdout, stderr } = await run([name, "--json", ...more], { cwd: folder });
    expect(code, stderr).toBeLessThan(2);
    const document = JSON.parse(stdout) as Record<string, unknown>;
    expect(violations(schema, document)).toEqual([]);
    expect(Object.entries(document)[0]).toEqual(["schemaVersion", 1]);
  });

  test("fails as the schema of errors says", async () => {
    const folder = newFolder();
    const { code, stdout } = await run([name, "--json", "--no-such-option"], { cwd: folder });
    expect(code).toBe(2);
    expect(violations("error", JSON.parse(stdout))).toEqual([]);
  });
});
