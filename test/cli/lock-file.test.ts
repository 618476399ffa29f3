import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readLockFile, updateLockFile } from "../../src/cli/lock-file.ts";
import { lockText } from "../../src/gate/lock-text.ts";
import { launchOf, lockOf } from "../gate/launches.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();

/** The number of no process. */
const NOBODY = 2 ** 22 + 1;

function write(path: string, ...names: string[]): Promise<void> {
  return updateLockFile(path, (read) => {
    const launches = { ...read?.lock.launches };
    for (const name of names) launches[name] = launchOf();
    return lockText(lockOf(launches));
  });
}

test("there is none, then there is one, and nothing else", async () => {
  const path = join(newFolder(), "cca-rim.lock");
  expect(readLockFile(path)).toBeUndefined();
  await write(path, "a.yaml");
  await write(path, "b.yaml");
  expect(Object.keys(readLockFile(path)?.lock.launches ?? {})).toEqual(["a.yaml", "b.yaml"]);
  expect(readdirSync(join(path, ".."))).toEqual(["cca-rim.lock"]);
});

test("many at once wait for each other", async () => {
  const path = join(newFolder(), "cca-rim.lock");
  const names = Array.from({ length: 20 }, (_, i) => `${i}.yaml`);
  await Promise.all(names.map((name) => write(path, name)));
  expect(Object.keys(readLockFile(path)?.lock.launches ?? {}).toSorted()).toEqual(names.toSorted());
});

test("what a killed writer left is swept away", async () => {
  const folder = newFolder();
  const path = join(folder, "cca-rim.lock");
  writeFileSync(join(folder, ".cca-rim.lock.writing"), String(NOBODY));
  writeFileSync(join(folder, `.cca-rim.lock.${NOBODY}.part`), "half of a lo");
  await write(path, "a.yaml");
  expect(readdirSync(folder)).toEqual(["cca-rim.lock"]);
});

test("a mark without a number, or an old one, holds nobody up for long", async () => {
  for (const content of ["", String(process.pid)]) {
    const folder = newFolder();
    const mark = join(folder, ".cca-rim.lock.writing");
    writeFileSync(mark, content);
    const old = new Date(Date.now() - 3_600_000);
    utimesSync(mark, old, old);
    await write(join(folder, "cca-rim.lock"), "a.yaml");
    expect(existsSync(mark)).toBe(false);
  }
});

test("a lock that cannot be read is replaced as a whole", async () => {
  const path = join(newFolder(), "cca-rim.lock");
  writeFileSync(path, "<<<<<<< HEAD\n");
  expect(() => readLockFile(path)).toThrow(/no line of a lock/);
  await write(path, "a.yaml");
  expect(readFileSync(path, "utf8")).toBe(lockText(lockOf({ "a.yaml": launchOf() })));
});

test("a folder that is not there", async () => {
  await expect(write(join(newFolder(), "no", "cca-rim.lock"))).rejects.toMatchObject({
    code: "USAGE_OUTPUT",
  });
});
