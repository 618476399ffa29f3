/**
 * Bundles the built command line: a few files instead of some two hundred modules, and validators
 * that are compiled now instead of at every start. Together they halve the time of a small launch.
 *
 * `tsc -p .` comes before; `dist/cli` runs without this step, too, only slower.
 */
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { SCHEMA_OPTIONS } from "../dist/manifest/schema-compiler.js";
import { compiledSchemas } from "./compiled-schemas.mjs";
import { lazyModules } from "./lazy-modules.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const CLI = join(root, "dist/cli");
const ASIDE = join(root, "dist/cli.bundle");

/** The licences of the packages that were bundled, which ask to be kept with every copy. */
function licences(chunks) {
  const folders = new Set();
  for (const id of chunks.flatMap(({ moduleIds = [] }) => moduleIds)) {
    const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(folder, "package.json"), "utf8"),
    );
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? "" : readFileSync(join(folder, file), "utf8");
    return `${name} ${version} (${license.replace(/^\(|\)$/g, "")})\n\n${text.trim()}\n`;
  });
  return `The command line contains code of these packages.\n\n${texts.join("\n----\n\n")}`;
}

/** A module of dist/ with those that it imports at once, and so on. */
function closureOf(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, path] of readFileSync(file, "utf8").matchAll(
    /^(?:import|export) .*?"(\..*?)";/gm,
  )) {
    closureOf(join(dirname(file), path), found);
  }
  return found;
}

const commands = readdirSync(join(CLI, "commands"))
  .filter((name) => name.endsWith(".js"))
  .map((name) => join(CLI, "commands", name));
/** What starts, helps and completes; and what every launch needs. */
const base = closureOf(join(CLI, "main.js"));
for (const command of commands) closureOf(command, base);
/** A file each: files cost more than lines. Commands and the entry are files of their own. */
const own = new Set([...commands, join(CLI, "main.js")]);
/** What launches need of which most need nothing, or one: loaded on first use. */
const LAZY = {
  kvmtool: { path: join(root, "dist/host/vmm/kvmtool/launch.js"), functions: ["launchKvmtool"] },
  qemu: { path: join(root, "dist/host/vmm/qemu/launch.js"), functions: ["launchQemu"] },
  inflate: { path: join(root, "dist/formats/image/inflate.js"), functions: ["inflate"] },
};
const lazy = Object.fromEntries(Object.entries(LAZY).map(([name, { path }]) => [name, path]));
const launch = closureOf(join(CLI, "manifest-session.js"), new Set(Object.values(lazy)));
for (const path of Object.values(lazy)) launch.delete(path);
const groups = [
  { name: "base", test: (id) => base.has(id) && !own.has(id), priority: 2 },
  { name: "launch", test: (id) => launch.has(id), priority: 1 },
];

/** How all of it is written. */
const FORM = {
  // Requiring costs half of what importing costs at start.
  format: "cjs",
  comments: false,
  // Every character is read at every start; names stay, for whoever sees a stack.
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
};

const { output } = await build({
  // Threads start from a file of their own.
  input: {
    main: join(CLI, "main.js"),
    "explain-worker": join(CLI, "explain-worker.js"),
    ...lazy,
  },
  platform: "node",
  external: /^node:/,
  // The same code as modules, of which what is not used can be left out.
  resolve: { alias: { yaml: join(root, "node_modules/yaml/browser/dist/index.js") } },
  plugins: [
    compiledSchemas(join(root, "dist/manifest/schema-compiler.js"), SCHEMA_OPTIONS),
    lazyModules(LAZY),
  ],
  output: {
    dir: ASIDE,
    ...FORM,
    chunkFileNames: "[name].js",
    codeSplitting: { groups },
  },
  // A module that one command imports at once and another later is a warning, and meant.
  checks: { ineffectiveDynamicImport: false },
  logLevel: "warn",
});
// Threads that hash want nothing of the rest, and are to be there soon.
await build({
  input: join(root, "dist/hash/hash-worker.js"),
  platform: "node",
  external: /^node:/,
  output: { file: join(ASIDE, "hash-worker.js"), ...FORM },
  logLevel: "warn",
});
writeFileSync(join(ASIDE, "package.json"), '{"type":"commonjs"}\n');
writeFileSync(join(ASIDE, "THIRD-PARTY-LICENSES.txt"), licences(output));
rmSync(CLI, { recursive: true });
renameSync(ASIDE, CLI);
chmodSync(join(CLI, "main.js"), 0o755);
