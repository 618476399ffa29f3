import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { LONG, REFUSED, writeManifest } from "./launches.ts";
import { finish, run, start } from "./run.ts";
import { violations } from "./schemas.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();
const SMALL = join(import.meta.dirname, "../../golden/spec/rim-by-hand/small.yaml");

interface Call {
  readonly n: number;
  readonly command: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly status: string;
  readonly index: number;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly measured: boolean;
  readonly rim: string | null;
}

async function callsOf(...args: string[]): Promise<Call[]> {
  const { code, stdout, stderr } = await run(["trace", "--format", "jsonl", ...args]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Call);
}

describe("trace", () => {
  test("--format jsonl has the keys of the contract, in its order", async () => {
    const calls = await callsOf(SMALL);
    expect(calls.flatMap((call) => violations("trace-line", call))).toEqual([]);
    expect(Object.keys(calls[0] ?? {})).toEqual([
      "n",
      "command",
      "args",
      "status",
      "index",
      "outputs",
      "measured",
      "rim",
    ]);
    expect(calls.map(({ n }) => n)).toEqual(calls.map((_, i) => i + 1));
  });

  test("ends at the RIM that measure prints", async () => {
    const [calls, measured] = await Promise.all([callsOf(SMALL), run(["measure", "-q", SMALL])]);
    expect(calls.at(-1)?.rim).toBe(measured.stdout.trim());
  });

  test("shows the Realm's parameters by the manifest's names, and where RIPAS went", async () => {
    const calls = await callsOf(SMALL);
    const create = calls.find(({ command }) => command === "RMI_REALM_CREATE");
    expect(create).toMatchObject({ measured: true, args: { hashAlgo: "sha-256", s2sz: 33 } });
    const ripas = calls.find(
      ({ command, status }) => command === "RMI_RTT_INIT_RIPAS" && status === "RMI_SUCCESS",
    );
    expect(Object.keys(ripas?.args ?? {})).toEqual(["base", "top"]);
    expect(ripas?.outputs).toEqual({ outTop: expect.stringMatching(/^0x[0-9a-f]+$/) });
  });

  test("--measured keeps the calls that changed the RIM, and their numbers", async () => {
    const [all, measured] = await Promise.all([callsOf(SMALL), callsOf(SMALL, "--measured")]);
    expect(measured.length).toBeGreaterThan(1);
    expect(measured).toEqual(all.filter((call) => call.measured));
  });

  test("--addresses adds the granules that the host picked", async () => {
    const [plain, full] = await Promise.all([callsOf(SMALL), callsOf(SMALL, "--addresses")]);
    const delegate = ({ command }: Call): boolean => command === "RMI_GRANULE_DELEGATE";
    expect(plain.find(delegate)?.args).toEqual({});
    expect(full.find(delegate)?.args).toEqual({ addr: expect.stringMatching(/^0x[0-9a-f]+$/) });
  });

  test("--json holds the same calls", async () => {
    const [lines, { code, stdout }] = await Promise.all([
      callsOf(SMALL),
      run(["trace", "--json", SMALL]),
    ]);
    const document: unknown = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(violations("trace", document)).toEqual([]);
    expect(document).toEqual({ schemaVersion: 1, calls: lines, error: null });
  });

  test("a line of text for each call", async () => {
    const [calls, { stdout }] = await Promise.all([callsOf(SMALL), run(["trace", SMALL])]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(calls.length);
    for (const [i, { n, command, status, rim }] of calls.entries()) {
      const line = lines[i] ?? "";
      expect(line.startsWith(`${String(n).padStart(6)} ${command} `)).toBe(true);
      expect(line).toContain(` ${status}`);
      expect(line.endsWith(` rim=${rim ?? "none"}`)).toBe(true);
    }
  });

  test("--layer host says that there are no requests to show", async () => {
    const { code, stdout, stderr } = await run(["trace", "--layer", "host", SMALL]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/small\.yaml:\d+:\d+: .* \[HOST_NOT_MODELLED\]\n/);
  });
});

describe("trace of a refused launch", () => {
  test("shows the calls up to the refusal, then the error", async () => {
    const path = writeManifest(newFolder(), REFUSED);
    const { code, stdout, stderr } = await run(["trace", "--format", "jsonl", path]);
    const last = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Call;
    expect(code).toBe(2);
    expect(last).toMatchObject({ command: "RMI_RTT_INIT_RIPAS", status: "RMI_ERROR_RTT" });
    expect(stderr).toContain("[RMI_REFUSED]");
  });

  test("--json is still one document", async () => {
    const path = writeManifest(newFolder(), REFUSED);
    const { code, stdout, stderr } = await run(["trace", "--json", path]);
    const document = JSON.parse(stdout) as { calls: Call[] };
    expect(code).toBe(2);
    expect(violations("trace", document)).toEqual([]);
    expect(document.calls.at(-1)?.command).toBe("RMI_RTT_INIT_RIPAS");
    expect(document).toMatchObject({ error: { code: "RMI_REFUSED" } });
    expect(stderr).toContain("[RMI_REFUSED]");
  });
});

describe.skipIf(process.platform === "win32")("a long trace", () => {
  test("ends quietly when the reader has had enough", async () => {
    const child = start(["trace", writeManifest(newFolder(), LONG)]);
    let stderr = "";
    child.stderr?.on("data", (text: Buffer) => {
      stderr += text.toString();
    });
    const closed = once(child, "close");
    const [first] = (await once(child.stdout ?? child, "data")) as [Buffer];
    child.stdout?.destroy();
    expect(first.toString()).toMatch(/^ {5}1 RMI_/);
    expect(await closed).toEqual([0, null]);
    expect(stderr).toBe("");
  });

  test("interrupted, exits with 130 and leaves no file", async () => {
    const folder = newFolder();
    const child = start(["trace", writeManifest(folder, LONG), "-o", join(folder, "out")]);
    const outcome = finish(child);
    for (let i = 0; i < 200 && readdirSync(folder).length < 2; i++) await sleep(25);
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toHaveLength(1);
    child.kill("SIGINT");
    expect(await outcome).toEqual({ code: 130, stdout: "", stderr: "" });
    expect(existsSync(join(folder, "out"))).toBe(false);
    expect(readdirSync(folder)).toEqual(["guest.yaml"]);
  });

  test("does not run ahead of a slow reader", async () => {
    const child = start(["trace", writeManifest(newFolder(), LONG)]);
    const closed = once(child, "close");
    await once(child.stdout ?? child, "readable");
    await sleep(300);
    // Nobody reads: the command must be waiting, not done and not gone.
    expect(child.exitCode).toBeNull();
    child.kill("SIGKILL");
    await closed;
  });
});
