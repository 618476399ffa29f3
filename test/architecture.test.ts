/** Imports point one way, and the rooms that must run anywhere touch nothing outside themselves. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { describe, expect, test } from "vitest";

const SRC = join(import.meta.dirname, "../src");

/** Files of their own at the bottom. */
const FIRST: readonly string[] = ["units", "bytes", "errors", "nearest", "plural"];
/** Rooms from the bottom up; those on one line stand side by side. */
const STAGES: readonly (readonly string[])[] = [
  FIRST,
  ["hash"],
  ["formats"],
  ["rmm"],
  ["host"],
  ["manifest"],
  ["replay"],
  ["reference", "evidence", "compare", "gate"],
  ["report"],
  ["library"],
  ["index", "node"],
  ["cli"],
];
/** Rooms that run in any JavaScript engine. */
const PURE: readonly string[] = [...FIRST, "formats", "rmm", "host"];
/** Names that reach a file, the clock, the environment, chance, the network or a terminal. */
const OUTSIDE =
  /\b(?<!\.)(?:process|console|fetch|performance|crypto|navigator|setTimeout|setInterval|setImmediate|queueMicrotask|Date|Intl|globalThis|eval|Function)\b(?!\??\s*:)|\brequire\(""|\bMath\.random\b|\bimport\.meta\b|\.toLocale\w+|\.localeCompare\b/g;

interface Source {
  /** Relative to src/, with forward slashes. */
  readonly file: string;
  readonly room: string;
  /** Without comments and without the text of strings. */
  readonly code: string;
  readonly imports: readonly string[];
}

const COMMENT_OR_STRING =
  /\/\*[\s\S]*?\*\/|\/\/.*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g;

/** Template strings keep what stands in `${}`: it is code. */
function strip(text: string): string {
  return text.replace(COMMENT_OR_STRING, (found) => {
    if (!found.startsWith("`")) return found.startsWith("/") ? " " : '""';
    return [...found.matchAll(/\$\{([^}]*)\}/g)].map(([, code]) => ` ${code ?? ""} `).join("");
  });
}

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g;

function roomOf(file: string): string {
  return (file.split("/")[0] ?? "").replace(/\.ts$/, "");
}

function sources(): readonly Source[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((name) => {
      const file = name.split(sep).join("/");
      const text = readFileSync(join(SRC, name), "utf8");
      const imports = [...text.matchAll(IMPORT)].map(([, path]) => path ?? "");
      return { file, room: roomOf(file), code: strip(text), imports };
    })
    .toSorted((a, b) => (a.file < b.file ? -1 : 1));
}

const ALL = sources();

function stageOf(room: string): number {
  return STAGES.findIndex((rooms) => rooms.includes(room));
}

/** Rooms that a file imports from. */
function importedRooms({ file, imports }: Source): readonly string[] {
  return imports
    .filter((path) => path.startsWith(".") && !path.endsWith(".json"))
    .map((path) =>
      roomOf(
        normalize(join(dirname(file), path))
          .split(sep)
          .join("/"),
      ),
    );
}

test("every room has a place in the order", () => {
  const known = new Set(STAGES.flat());
  expect(ALL.length).toBeGreaterThan(50);
  expect(ALL.filter(({ room }) => !known.has(room)).map(({ file }) => file)).toEqual([]);
});

test("imports point from later rooms to earlier ones", () => {
  const upwards = ALL.flatMap((source) =>
    importedRooms(source)
      .filter((room) => !(stageOf(room) >= 0 && stageOf(room) <= stageOf(source.room)))
      .map((room) => `${source.file} imports from ${room}`),
  );
  expect(upwards).toEqual([]);
});

test("nobody imports the public entry or the command line", () => {
  const wrong = ALL.filter(
    (source) =>
      source.room !== "cli" &&
      importedRooms(source).some((room) => room === "cli" || room === "index"),
  );
  expect(wrong.map(({ file }) => file)).toEqual([]);
});

describe("rooms that run anywhere", () => {
  const pure = ALL.filter(({ room }) => PURE.includes(room));

  test("import nothing from Node", () => {
    const wrong = pure.flatMap(({ file, imports }) =>
      imports.filter((path) => path.startsWith("node:")).map((path) => `${file} imports ${path}`),
    );
    expect(wrong).toEqual([]);
  });

  test("touch no file, clock, environment, random source, network or console", () => {
    const wrong = pure.flatMap(({ file, code }) =>
      [...code.matchAll(OUTSIDE)].map(([found]) => `${file} uses ${found}`),
    );
    expect(wrong).toEqual([]);
  });
});

test("only the command line prints, exits, and reads arguments and environment", () => {
  const wrong = ALL.filter(({ room }) => room !== "cli").flatMap(({ file, code }) =>
    [...code.matchAll(/\b(?<!\.)(?:process|console)\b(?!\??\s*:)/g)].map(
      ([found]) => `${file} uses ${found}`,
    ),
  );
  expect(wrong).toEqual([]);
});

describe("this test sees", () => {
  test.each([
    ["a clock", "const now = Date.now();", "Date"],
    ["chance", "const x = Math.random();", "Math.random"],
    ["a name inside a template", ["const x = `$", "{process.pid}`;"].join(""), "process"],
  ])("%s", (_, code, expected) => {
    expect(strip(code).match(OUTSIDE)).toEqual([expected]);
  });

  test.each([
    ["a comment", "// the process of Date\n/* console */"],
    ["a string", 'throw new Error("process");'],
    ["a member", "host.process.run(plan.fetch)"],
    ["a property", "interface X { readonly process: string; fetch?: number }"],
    ["a longer name", "const processor: HostProcess = dateOf(fetcher);"],
  ])("nothing in %s", (_, code) => {
    expect(strip(code).match(OUTSIDE)).toBeNull();
  });

  test("static, type-only, dynamic and re-exported imports", () => {
    const text =
      'import { a } from "./a.ts";\nimport type { B } from "./b.ts";\n' +
      'const c = await import("./c.ts");\nexport { d } from "./d.ts";\nimport "./e.ts";';
    expect([...text.matchAll(IMPORT)].map(([, path]) => path)).toEqual([
      "./a.ts",
      "./b.ts",
      "./c.ts",
      "./d.ts",
      "./e.ts",
    ]);
  });
});
