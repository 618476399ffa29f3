import type { ChildProcess } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate, setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { readLockFile } from "../../src/cli/lock-file.ts";
import { finish, run, start } from "./run.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();
const SAMPLE = new URL("../../golden/self/sample/", import.meta.url);
const FILES = ["Image", "initrd.cpio", "virt.dtb"];
/** CCA_RIM_KILLS=100 asks for more; a few show that the test works. */
const KILLS = Number(process.env["CCA_RIM_KILLS"] ?? 6);

/** Two states of a project, and the lock of each. */
interface State {
  readonly manifest: string;
  readonly lock: string;
}
const states: State[] = [];
let runMs = 0;

function project(manifest: string, lock?: string): string {
  const folder = newFolder();
  for (const name of FILES) cpSync(new URL(name, SAMPLE), join(folder, name));
  writeFileSync(join(folder, "launch.yaml"), manifest);
  if (lock !== undefined) writeFileSync(join(folder, "cca-rim.lock"), lock);
  return folder;
}

beforeAll(async () => {
  const text = readFileSync(new URL("launch.yaml", SAMPLE), "utf8");
  for (const breakpoints of [1, 2]) {
    const manifest = text.replace("numBps: 1", `numBps: ${breakpoints}`);
    const folder = project(manifest);
    const begin = performance.now();
    const { code } = await run(["gate", "-u"], { cwd: folder });
    runMs = performance.now() - begin;
    expect(code).toBe(0);
    states.push({ manifest, lock: readFileSync(join(folder, "cca-rim.lock"), "utf8") });
  }
  expect(states[0]?.lock).not.toBe(states[1]?.lock);
});

function stateAt(i: number): State {
  const state = states[i % 2];
  if (state === undefined) throw new TypeError("the locks were not made");
  return state;
}

/** Waits until somebody is about to write, or has ended. */
async function untilWriting(folder: string, child: ChildProcess): Promise<void> {
  const mark = join(folder, ".cca-rim.lock.writing");
  while (child.exitCode === null && !existsSync(mark)) await setImmediate();
}

type Moment = (folder: string, child: ChildProcess) => Promise<unknown>;

const MOMENTS: readonly (readonly [string, Moment])[] = [
  ["at any moment", () => setTimeout(Math.random() * runMs)],
  [
    "while the lock is written",
    async (folder, child) => {
      await untilWriting(folder, child);
      await setTimeout(Math.random() * 6);
    },
  ],
];

describe.each(MOMENTS)("killed %s", (_, moment) => {
  test(`${KILLS} times: the old lock or the new one, whole`, { timeout: 600_000 }, async () => {
    const found = { old: 0, new: 0, leftovers: 0 };
    for (let i = 0; i < KILLS; i++) {
      const [before, after] = [stateAt(i), stateAt(i + 1)];
      const folder = project(after.manifest, before.lock);
      const child = start(["gate", "-u"], { cwd: folder });
      const ended = finish(child);
      await moment(folder, child);
      child.kill("SIGKILL");
      await ended;
      const text = readFileSync(join(folder, "cca-rim.lock"), "utf8");
      expect([before.lock, after.lock]).toContain(text);
      found[text === before.lock ? "old" : "new"] += 1;
      found.leftovers += readdirSync(folder).length - FILES.length - 2;
      // Whatever was left behind, the next run writes the lock and clears it away.
      const { code } = await run(["gate", "-u"], { cwd: folder });
      expect(code).toBe(0);
      expect(readFileSync(join(folder, "cca-rim.lock"), "utf8")).toBe(after.lock);
      expect(readdirSync(folder).toSorted()).toEqual(
        [...FILES, "cca-rim.lock", "launch.yaml"].toSorted(),
      );
    }
    if (process.env["CCA_RIM_KILLS"] !== undefined)
      process.stdout.write(`${JSON.stringify(found)}\n`);
    expect(found.old + found.new).toBe(KILLS);
  });
});

test("one of two that write at once is killed: the other writes the lock", async () => {
  for (let i = 0; i < Math.ceil(KILLS / 3); i++) {
    const [before, after] = [stateAt(i), stateAt(i + 1)];
    const folder = project(after.manifest, before.lock);
    const [victim, survivor] = [0, 1].map(() => start(["gate", "-u"], { cwd: folder }));
    if (victim === undefined || survivor === undefined) throw new TypeError("two were started");
    const ended = [finish(victim), finish(survivor)] as const;
    await untilWriting(folder, victim);
    victim.kill("SIGKILL");
    await ended[0];
    const { code, stderr } = await ended[1];
    expect([code, stderr]).toEqual([0, ""]);
    expect(readFileSync(join(folder, "cca-rim.lock"), "utf8")).toBe(after.lock);
    expect(readLockFile(join(folder, "cca-rim.lock"))?.lock.tool).toBeTruthy();
  }
});
