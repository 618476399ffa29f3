import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CHANGES, type Change } from "../compare/changes.ts";
import { IMAGES, type ManifestObject } from "../compare/launches.ts";
import { PAIRS } from "../compare/pairs.ts";
import { run } from "./run.ts";
import { temporaryFolders } from "./temporary.ts";

const newFolder = temporaryFolders();

/** All rows take minutes: CCA_RIM_ALL_CHANGES=1 asks for them, and prints what was counted. */
const IS_ALL = process.env["CCA_RIM_ALL_CHANGES"] !== undefined;

function sample<T>(rows: readonly T[], step: number): readonly T[] {
  return rows.filter((_, i) => IS_ALL || i % step === 0);
}

/** A folder with a launch and what became of it. */
function scene(base: ManifestObject, other: ManifestObject): string {
  const folder = newFolder();
  // Files that only the other launch has lie elsewhere, where nobody looks for them.
  const own = new Set(["Image", "initrd"]);
  const aside = newFolder();
  for (const [name, bytes] of Object.entries(IMAGES)) {
    writeFileSync(join(own.has(name) ? folder : aside, name), bytes);
  }
  const text = JSON.stringify(other).replace(
    /"path":"((?:Image|initrd)-\w+)"/g,
    (_, name: string) => JSON.stringify({ path: join(aside, name) }).slice(1, -1),
  );
  writeFileSync(join(folder, "guest.json"), JSON.stringify(base));
  writeFileSync(join(folder, "other.json"), text);
  return folder;
}

async function rimOf(cwd: string): Promise<string> {
  const { stdout, stderr } = await run(["measure", "-q", "other.json"], { cwd });
  expect(stdout, stderr).toMatch(/^[0-9a-f]{64,128}\n$/);
  return stdout.trim();
}

interface Input {
  readonly change: string;
  readonly path: string;
  readonly a: string | null;
  readonly b: string | null;
}

const SIGN: Readonly<Record<string, string>> = {
  added: "+",
  removed: "-",
  changed: "~",
  moved: ">",
};

/** An input as the text shows it, without its place. */
function lineOf({ change, path, a, b }: Input): string {
  const value = [a, b].filter((each) => each !== null).join(" -> ");
  return `${SIGN[change]} ${path}: ${value}`;
}

describe("diff names exactly the cause", () => {
  test.each(sample(CHANGES, 6))("$base.host.vmm: $name", async (row: Change) => {
    const { base, change, input, inputs = 1 } = row;
    const cwd = scene(base, change(base));
    const { code, stdout } = await run(["diff", "--json", "guest.json", "other.json"], { cwd });
    const answer = JSON.parse(stdout) as {
      readonly inputs: readonly Input[];
      readonly causes: { readonly inputs: readonly number[]; readonly smallest: boolean };
    };
    expect(code).toBe(1);
    expect(answer.inputs).toHaveLength(inputs);
    const causes = answer.causes.inputs.map((index) => answer.inputs[index]);
    const [first] = causes.flatMap((each) => (each === undefined ? [] : [lineOf(each)]));
    expect(first?.startsWith(input)).toBe(true);
    expect(answer.causes.smallest).toBe(true);
    const text = await run(["diff", "guest.json", "other.json"], { cwd });
    expect(text.stdout).toContain(input);
    expect(text.stdout).toMatch(/marked \* explains? all of it|\* explains/);
  });
});

interface Explained {
  readonly status: string;
  readonly explanations: readonly {
    readonly changes: readonly Input[];
    readonly otherwise: readonly unknown[];
  }[];
  readonly stages: readonly { readonly done: number }[];
}

/** What `explain` makes of the RIM of the other launch; prints what it took. */
async function explained(name: string, cwd: string): Promise<Explained> {
  const observed = await rimOf(cwd);
  const start = performance.now();
  const line = ["explain", "--json", "guest.json", "--observed", observed, "--budget", "none"];
  const { code, stdout, stderr } = await run(line, { cwd });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  expect(code, stderr).toBe(0);
  const answer = JSON.parse(stdout) as Explained;
  const tried = answer.stages.reduce((sum, { done }) => sum + done, 0);
  if (IS_ALL) process.stdout.write(`${name}: ${tried} launches, ${seconds} s\n`);
  return answer;
}

const UNLIMITED = 600_000;

describe("explain finds it from the RIM alone", () => {
  const rows = CHANGES.filter(({ explained: isIn }) => isIn !== false);
  test.each(sample(rows, 12))(
    "$base.host.vmm: $name",
    async ({ name, base, change, input }: Change) => {
      const answer = await explained(name, scene(base, change(base)));
      expect(answer.status).toBe("explained");
      const lines = answer.explanations
        .filter(({ otherwise }) => otherwise.length === 0)
        .map(({ changes }) => changes.map(lineOf));
      const found = lines.filter((each) => each.some((line) => line.startsWith(input)));
      expect(found, JSON.stringify(lines)).not.toEqual([]);
    },
    UNLIMITED,
  );
});

describe("explain finds two changes", () => {
  const rows = IS_ALL ? PAIRS : PAIRS.filter(({ base }) => base.host.vmm === "none").slice(0, 1);
  test.each(rows)(
    "$base.host.vmm: $name",
    async ({ name, base, changes }) => {
      const other = changes.reduce((manifest, change) => change(manifest), base);
      const cwd = scene(base, other);
      const { stdout } = await run(["diff", "--json", "guest.json", "other.json"], { cwd });
      const wanted = (JSON.parse(stdout) as { readonly inputs: readonly Input[] }).inputs;
      const { explanations } = await explained(name, cwd);
      const found = explanations.map(({ changes: each }) => each.map(lineOf).sort());
      expect(found).toContainEqual(wanted.map(lineOf).sort());
    },
    UNLIMITED,
  );
});
