import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { GOLDEN } from "../tools/measure.ts";
import { finish, run, start } from "./run.ts";
import { violations } from "./schemas.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();
const SAMPLE = join(GOLDEN, "self/sample");
const RANDOM = "5a".repeat(32);

/** A launch of few steps, which is searched soon; gives the folder. */
function steps(text: (text: string) => string = (same) => same): string {
  const folder = newFolder();
  const manifest = `manifest: 1
rmm: "1.0-rel0"
host: {vmm: none, hypervisor: direct}
realm: {hashAlgo: sha-256, s2sz: 33, numBps: 5, numWps: 3}
launch:
  - ripas: {base: "0x80000000", top: "0x90000000"}
  - rec: {mpidr: "0x0", pc: "0x80000000", runnable: true}
  - activate: true
`;
  writeFileSync(join(folder, "guest.yaml"), manifest);
  writeFileSync(join(folder, "other.yaml"), text(manifest));
  return folder;
}

async function observed(folder: string): Promise<string> {
  return (await run(["measure", "-q", "other.yaml"], { cwd: folder })).stdout.trim();
}

interface Answer {
  readonly status: string;
  readonly explanations: readonly { readonly changes: readonly { readonly path: string }[] }[];
  readonly stages: readonly { readonly done: number; readonly total: number }[];
}

async function explain(folder: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await run(["explain", "guest.yaml", "--json", ...args], {
    cwd: folder,
  });
  expect(stderr).toBe("");
  const document: unknown = JSON.parse(stdout);
  expect(violations("explain", document)).toEqual([]);
  return { code, document: document as Answer, stdout };
}

describe("an explanation", () => {
  const oneChange = (text: string): string => text.replace("numBps: 5", "numBps: 2");
  const twoChanges = (text: string): string => oneChange(text).replace("numWps: 3", "numWps: 1");

  test("of one change, in one thread and in two", async () => {
    const folder = steps(oneChange);
    const rim = await observed(folder);
    const one = await explain(folder, "--observed", rim, "--threads", "1");
    const two = await explain(folder, "--observed", rim, "--threads", "2");
    expect(one.code).toBe(0);
    expect(one.document.explanations).toMatchObject([{ changes: [{ path: "realm.numBps" }] }]);
    expect(two.stdout).toBe(one.stdout);
  });

  test("of two changes, in one thread and in two", async () => {
    const folder = steps(twoChanges);
    const rim = await observed(folder);
    const one = await explain(folder, "--observed", rim, "--threads", "1");
    const two = await explain(folder, "--observed", rim, "--threads", "2");
    expect(one.document.explanations[0]?.changes).toMatchObject([
      { path: "realm.numBps" },
      { path: "realm.numWps" },
    ]);
    expect(two.stdout).toBe(one.stdout);
  });

  test("goes on after its budget", async () => {
    const folder = steps(twoChanges);
    const rim = await observed(folder);
    const args = ["--observed", rim, "--threads", "1", "--state", "search.json"];
    const first = await explain(folder, ...args, "--budget", "1ms");
    expect(first.code).toBe(1);
    expect(first.document.status).toBe("out-of-budget");
    expect(existsSync(join(folder, "search.json"))).toBe(true);
    const second = await explain(folder, ...args);
    const whole = await explain(folder, "--observed", rim, "--threads", "1");
    expect(second.stdout).toBe(whole.stdout);
    const other = await run(
      ["explain", "guest.yaml", "--observed", RANDOM, "--state", "search.json"],
      {
        cwd: folder,
      },
    );
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("search.json: this is the state of another search");
  });

  test("goes on where Ctrl-C ended it", async () => {
    const folder = steps();
    const args = ["explain", "guest.yaml", "--observed", RANDOM, "--state", "search.json"];
    const child = start([...args, "--threads", "2", "--budget", "none"], { cwd: folder });
    setTimeout(() => child.kill("SIGINT"), 700);
    const interrupted = await finish(child);
    expect(interrupted).toMatchObject({ code: 130, stdout: "" });
    const file = join(folder, "search.json");
    // Where the machine is slow, it had not even begun.
    const saved = existsSync(file)
      ? (JSON.parse(readFileSync(file, "utf8")) as { state: { counts: { done: number }[] } })
      : { state: { counts: [] } };
    const { code, document } = await explain(folder, ...args.slice(2), "--budget", "1ms");
    expect([code, document.status]).toEqual([1, "out-of-budget"]);
    for (const [i, { done }] of saved.state.counts.entries()) {
      expect(document.stages[i]?.done).toBeGreaterThanOrEqual(done);
    }
  });

  test.each([
    { name: "explained", change: oneChange },
    { name: "two-changes", change: twoChanges },
    { name: "same", change: (text: string) => text },
  ])("golden of the text: $name", async ({ name, change }) => {
    const folder = steps(change);
    const args = ["--observed", await observed(folder), "--budget", "none"];
    const result = await run(["explain", "guest.yaml", ...args], { cwd: folder });
    expect(result.stderr).toBe("");
    expect(result.code).toBe(0);
    await expect(result.stdout).toMatchFileSnapshot(join(GOLDEN, "self/explain", `${name}.txt`));
  });
});

describe("what was observed", () => {
  test.each([
    { name: "hex with 0x", text: (hex: string) => `0x${hex.toUpperCase()}` },
    { name: "base64", text: (hex: string) => Buffer.from(hex, "hex").toString("base64") },
    { name: "a register of 64 bytes", text: (hex: string) => hex + "0".repeat(64) },
  ])("$name", async ({ text }) => {
    const folder = steps();
    const { code, document } = await explain(folder, "--observed", text(await observed(folder)));
    expect(code).toBe(0);
    expect(document.status).toBe("same");
  });

  const token = join(GOLDEN, "../../shared/vectors/full-stack/021.token.cbor");
  test.skipIf(!existsSync(token))("a token (shared vectors)", async () => {
    const { document } = await explain(steps(), "--observed", token, "--budget", "1ms");
    expect(document).toMatchObject({
      observed: "467a5272bc68440e39ecffbe05cd7eaec44bdc4cacfb6a2e256379d4cb67debb",
    });
  });

  test.each([
    { args: [], message: "explain needs the RIM that was observed" },
    { args: ["--observed", "abc"], message: '"abc" is no RIM, and there is no such file' },
    { args: ["--observed", "00".repeat(31)], message: "is no RIM, and there is no such file" },
    { args: ["--observed", "guest.yaml"], message: '"guest.yaml" is no RIM and no token' },
    { args: ["--observed", RANDOM, "--budget", "soon"], message: '"soon" is no time' },
    { args: ["--observed", RANDOM, "--threads", "0"], message: '--threads takes 1 to 64, got "0"' },
  ])("$message", async ({ args, message }) => {
    const { code, stderr } = await run(["explain", "guest.yaml", ...args], { cwd: steps() });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain("[USAGE_ARGUMENT]");
  });
});

test("a RIM of nothing ends within its budget and says what was tried", async () => {
  const folder = newFolder();
  for (const name of ["Image", "initrd.cpio"]) {
    writeFileSync(join(folder, name), readFileSync(join(SAMPLE, name)));
  }
  writeFileSync(
    join(folder, "guest.yaml"),
    `manifest: 1
rmm: "1.0-rel0"
host:
  vmm: kvmtool/v3
  hypervisor: linux-kvm/v7
  args: [lkvm, run, --realm, -c, "2", -m, 256M, -k, Image, -i, initrd.cpio]
platform: {breakpoints: 6, watchpoints: 4, sveVectorBits: 0, pmuCounters: 0, maxIpaBits: 48}
`,
  );
  const { code, stdout } = await run(
    ["explain", "guest.yaml", "--observed", RANDOM, "--budget", "1s"],
    { cwd: folder },
  );
  expect(code).toBe(1);
  expect(stdout).toContain("out of budget");
  expect(stdout).toMatch(/^\d+ launches tried$/m);
  expect(stdout).toMatch(/^ {2}-c: -c 1; -c 4; /m);
});

test("a manifest that is wrong is an error with its place, not a search", async () => {
  const folder = steps();
  writeFileSync(
    join(folder, "guest.yaml"),
    'manifest: 1\nrmm: "1.0-rel9"\nhost: {vmm: none, hypervisor: direct}\n',
  );
  const { code, stderr } = await run(["explain", "guest.yaml", "--observed", RANDOM], {
    cwd: folder,
  });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^guest\.yaml:2:6: .*\[HOST_UNKNOWN_MODEL\]/);
});
