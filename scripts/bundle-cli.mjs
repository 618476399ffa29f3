/**
 * Bundles the built command line: a few files instead of some two hundred modules, and validators
 * that are compiled now instead of at every start. Together they halve the time of a small launch.
 *
 * `tsc -p .` comes before; `dist/cli` runs without this step, too, only slower.
 */
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { SCHEMA_OPTIONS } from "../dist/manifest/schema-compiler.js";
import { compiledSchemas } from "./compiled-schemas.mjs";

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
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return `The command line contains code of these packages.\n\n${texts.join("\n----\n\n")}`;
}

/** What every command needs, and what every launch needs: a file each, since files cost more than lines. */
const groups = [
  {
    name: "base",
    test: /dist\/((errors|units|bytes|nearest)\.js|cli\/(command|errors|options|package-folder|parse|style)\.js|report\/(json|style)\.js)/,
    priority: 2,
  },
  {
    name: "launch",
    test: /dist\/(formats|hash|host|manifest|replay|rmm|cli\/(manifest-session|open-manifest|page-hashing))/,
    priority: 1,
  },
];

const { output } = await build({
  // Threads start from a file of their own.
  input: { main: join(CLI, "main.js"), "explain-worker": join(CLI, "explain-worker.js") },
  platform: "node",
  external: /^node:/,
  // The same code as modules, of which what is not used can be left out.
  resolve: { alias: { yaml: join(root, "node_modules/yaml/browser/dist/index.js") } },
  plugins: [compiledSchemas(join(root, "dist/manifest/schema-compiler.js"), SCHEMA_OPTIONS)],
  output: { dir: ASIDE, format: "esm", chunkFileNames: "[name].js", codeSplitting: { groups } },
  // A module that one command imports at once and another later is a warning, and meant.
  checks: { ineffectiveDynamicImport: false },
  logLevel: "warn",
});
writeFileSync(join(ASIDE, "THIRD-PARTY-LICENSES.txt"), licences(output));
rmSync(CLI, { recursive: true });
renameSync(ASIDE, CLI);
chmodSync(join(CLI, "main.js"), 0o755);
