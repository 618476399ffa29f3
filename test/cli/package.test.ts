/** What `npm pack` packs, put where `npm install` would put it. */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { makeLaunch, preload } from "./helpers-at-work.ts";
import { temporaryFolders } from "./temporary.ts";

const ROOT = join(import.meta.dirname, "../..");
const SMALL = join(ROOT, "golden/spec/rim-by-hand/small.yaml");
const newFolder = temporaryFolders();
const execute = promisify(execFile);

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
}

/** Packages and unpacks into `node_modules/cca-rim` of a fresh project, beside its dependencies. */
async function install(): Promise<{ project: string; bin: string; files: readonly string[] }> {
  const project = newFolder();
  const npm = { cwd: ROOT, shell: process.platform === "win32" };
  // Without scripts: `prepare` would rebuild dist/ under the feet of other tests.
  await execute("npm", ["pack", "--ignore-scripts", "--pack-destination", project], npm);
  const [tarball = ""] = readdirSync(project).filter((name) => name.endsWith(".tgz"));
  await execute("tar", ["-xzf", tarball], { cwd: project });
  const home = join(project, "node_modules/cca-rim");
  cpSync(join(project, "package"), home, { recursive: true });
  const { dependencies, bin } = JSON.parse(
    readFileSync(join(home, "package.json"), "utf8"),
  ) as Manifest;
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(project, "node_modules", name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(project, "node_modules", name));
  }
  const files = readdirSync(home, { recursive: true, encoding: "utf8" });
  return { project, bin: join(home, bin["cca-rim"] ?? ""), files };
}

test("an installed package measures, lists and explains itself", async () => {
  const { project, bin, files } = await install();
  const run = async (...args: string[]): Promise<string> =>
    (await execute(process.execPath, [bin, ...args], { cwd: project })).stdout;

  expect(await run("measure", "-q", SMALL)).toMatch(/^[0-9a-f]{64}\n$/);
  expect(await run("models")).toContain("tf-rmm-1.0-rel0-fvp");
  expect(await run("schema", "manifest")).toContain('"urn:cca-rim:schema:manifest:1"');
  expect(await run("--version")).toMatch(/^cca-rim \d/);
  expect(readFileSync(bin, "utf8").startsWith("#!/usr/bin/env node\n")).toBe(true);
  const unwanted = files.filter((name) => /^(?:src|test|golden)\b|\.map$|\.tgz$/.test(name));
  expect(unwanted).toEqual([]);
  // Help and README refer to pages.
  const pages =
    readFileSync(join(ROOT, "README.md"), "utf8").match(/(?<=\()docs\/[\w-]+\.md/g) ?? [];
  expect(pages.length).toBeGreaterThan(5);
  expect(pages.filter((page) => !files.includes(page))).toEqual([]);
});

test("threads of an installed package help", async () => {
  const { project, bin } = await install();
  const { manifest } = makeLaunch(project, "sha-512");
  const { seen, env } = preload(project);
  const args = [bin, "measure", "-q", manifest, "--threads"];
  const alone = await execute(process.execPath, [...args, "1"]);
  const options = { env: { PATH: process.env["PATH"], ...env } };
  const together = await execute(process.execPath, [...args, "2"], options);
  expect(together).toEqual(alone);
  expect(existsSync(seen)).toBe(true);
});

test("the installed library has its entries", async () => {
  const { project } = await install();
  const script =
    'const { measure } = await import("cca-rim");' +
    'const { nodeHashes } = await import("cca-rim/node");' +
    "console.log(typeof measure, typeof nodeHashes);";
  const { stdout } = await execute(process.execPath, ["--input-type=module", "-e", script], {
    cwd: project,
  });
  expect(stdout).toBe("function function\n");
});
