/** `trace --layer host` against what real kvmtool trees asked of a fake KVM; see PROVENANCE.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { arm64Image, stream } from "../host/kvmtool/images.ts";
import { run } from "./run.ts";
import { violations } from "./schemas.ts";
import { temporaryFolders } from "./temporary.ts";

const ORACLE = join(import.meta.dirname, "../../golden/oracle/kvmtool/requests.jsonl.gz");
const newFolder = temporaryFolders();

interface Recorded {
  readonly model: string;
  readonly case: string;
  readonly argv: readonly string[];
  readonly requests: readonly string[];
}

function recorded(model: string, number: string): Recorded {
  const lines = gunzipSync(readFileSync(ORACLE)).toString("utf8").trimEnd().split("\n");
  const found = lines
    .map((line) => JSON.parse(line) as Recorded)
    .find((each) => each.model === model && each.case === number);
  if (found === undefined) throw new Error(`no case ${number} of ${model}`);
  return found;
}

/** A folder with the images that case 011 names, and its manifest. */
function stage(model: string, hypervisor: string, argv: readonly string[]): string {
  const folder = newFolder();
  writeFileSync(join(folder, "synk-a.img"), arm64Image("synk-a", 0x20123, 0, 0x30000));
  writeFileSync(join(folder, "syni-a.bin"), stream("syni-a", 12345));
  const manifest = {
    manifest: 1,
    rmm: "1.0-rel0",
    host: { vmm: `kvmtool/${model}`, hypervisor, args: argv },
    platform: { breakpoints: 6, watchpoints: 4, pmuCounters: 31, maxIpaBits: 48 },
  };
  const path = join(folder, "m.json");
  writeFileSync(path, JSON.stringify(manifest));
  return path;
}

type Shown = Readonly<Record<string, unknown>> & { readonly request: string };

/** A shown request as the record writes it; what was populated is not shown. */
function recordText(shown: Shown): string {
  const { request, base, size, name, value } = shown;
  switch (request) {
    case "create_vm":
      return `create_vm 0x${(0x100 + Number(shown["ipaBits"])).toString(16)}`;
    case "config":
      return `config ${String(name)} ${value === "sha-256" ? 0 : String(value)}`;
    case "vcpu_finalize":
      return `vcpu_finalize ${String(shown["vcpu"])} ${String(shown["pc"])} ${String(shown["x0"])}`;
    case "init_ripas":
    case "populate":
      return `${request} ${String(base)} ${String(size)}`;
    default:
      return request;
  }
}

function expected({ requests }: Recorded): readonly string[] {
  return requests
    .filter((line) => !line.startsWith("memslot"))
    .map((line) => (line.startsWith("populate") ? line.split(" ").slice(0, 3).join(" ") : line));
}

describe("trace --layer host", () => {
  test.each([
    ["rfc1", "linux-kvm/rfc1"],
    ["v2", "linux-kvm/v3"],
    ["v3", "linux-kvm/v7"],
  ])("shows what kvmtool/%s asked of KVM", async (model, hypervisor) => {
    const record = recorded(model, "011");
    const path = stage(model, hypervisor, record.argv);
    const args = ["trace", "--layer", "host", path];
    const [lines, text, json] = await Promise.all([
      run([...args, "--format", "jsonl"]),
      run(args),
      run([...args, "--json"]),
    ]);
    expect([lines.code, lines.stderr]).toEqual([0, ""]);
    const shown = lines.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Shown);
    expect(shown.map(recordText)).toEqual(expected(record));
    expect(shown.map((line) => line["n"])).toEqual(shown.map((_, i) => i + 1));
    expect(shown.flatMap((line) => violations("trace-request", line))).toEqual([]);

    const names = text.stdout.match(/^ *\d+ \w+/gm)?.map((line) => line.trim());
    expect(names).toEqual(shown.map(({ request }, i) => `${i + 1} ${request}`));

    const document: unknown = JSON.parse(json.stdout);
    expect(document).toEqual({ schemaVersion: 1, requests: shown, error: null });
    expect(violations("trace", document)).toEqual([]);
  });

  test("takes stand-ins for files, since nothing is hashed", async () => {
    const { argv, ...record } = recorded("v3", "011");
    const path = stage("v3", "linux-kvm/v7", argv);
    const manifest = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    const files = {
      "synk-a.img": { size: "0x20123", header: { path: "synk-a.img" } },
      "syni-a.bin": { size: 12345 },
    };
    writeFileSync(path, JSON.stringify({ ...manifest, files }));
    const [traced, measured] = await Promise.all([
      run(["trace", "--layer", "host", "--format", "jsonl", path]),
      run(["measure", path]),
    ]);
    const shown = traced.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Shown);
    expect(shown.map(recordText)).toEqual(expected({ ...record, argv }));
    expect(measured.code).toBe(2);
    expect(measured.stderr).toContain("stand-in");
  });

  test.each(["--measured", "--addresses"])("does not go with %s", async (option) => {
    const { code, stderr } = await run(["trace", "--layer", "host", option, "m.yaml"]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${option} is about RMI calls`);
  });

  test("says which argument the VMM refuses", async () => {
    const path = stage("v3", "linux-kvm/v7", ["lkvm", "run", "--no-such-option"]);
    const { code, stdout, stderr } = await run(["trace", "--layer", "host", path]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/m\.json:1:\d+: .*no-such-option.* \[HOST_ARGUMENT\]/);
  });
});
