import { expect, test } from "vitest";
import { diffLaunches } from "../../src/compare/diff.ts";
import type { Effect } from "../../src/compare/effects.ts";
import { inputLine } from "../../src/report/diff-text.ts";
import { plainStyle } from "../tools/plain-style.ts";
import { CHANGES } from "./changes.ts";
import { file, KVMTOOL, measured, models, more, newTools, option, planOf } from "./launches.ts";

const tools = newTools();

async function sideOf(manifest: Parameters<typeof planOf>[0]) {
  const plan = await planOf(manifest);
  return { plan, launch: measured(plan, tools.store) };
}

/** Kind and subject. */
function subject(effect: Effect): string {
  switch (effect.kind) {
    case "parameter":
      return `parameter ${effect.field}`;
    case "rec":
      return `rec ${effect.register}`;
    case "presence":
    case "place":
    case "extent":
    case "measured":
    case "content":
      return `${effect.kind} ${effect.label}`;
    default:
      return effect.kind;
  }
}

const SIGN = { added: "+", removed: "-", changed: "~", order: ">" };

function treeLines(effects: readonly Effect[]): readonly string[] {
  return effects.flatMap((effect) =>
    effect.kind === "content" && effect.tree !== null
      ? effect.tree.differences.map(({ change, path, name }) =>
          [SIGN[change], path, name].filter((part) => part !== null).join(" "),
        )
      : [],
  );
}

test.each(CHANGES)("$base.host.vmm: $name", async (row) => {
  const { base, change, input, inputs = 1, effects, tree } = row;
  const diff = diffLaunches(await sideOf(base), await sideOf(change(base)), tools);
  expect(diff.equal).toBe(false);
  const lines = diff.inputs.map((each) => inputLine(each, plainStyle));
  expect(lines).toHaveLength(inputs);
  expect(diff.effects.map(subject)).toEqual(effects);
  if (tree !== undefined) expect(treeLines(diff.effects)).toEqual(tree);
  const causes = diff.causes.inputs.map((index) => lines[index] ?? "");
  if (inputs === 1) expect(causes).toEqual(lines);
  expect(causes[0]?.startsWith(input)).toBe(true);
  expect(diff.causes.smallest).toBe(true);
  expect(diff.firstCall).not.toBeNull();
});

test("there are forty changes", () => {
  expect(CHANGES.length).toBeGreaterThanOrEqual(40);
});

test("a launch and itself", async () => {
  const diff = diffLaunches(await sideOf(KVMTOOL), await sideOf(KVMTOOL), tools);
  expect(diff).toMatchObject({
    equal: true,
    inputs: [],
    causes: { inputs: [] },
    effects: [],
    firstCall: null,
  });
});

test("inputs that do not count", async () => {
  const other = models({ hypervisor: "linux-kvm/v8", rmm: "1.1" })(KVMTOOL);
  const diff = diffLaunches(await sideOf(KVMTOOL), await sideOf(other), tools);
  expect(diff.equal).toBe(true);
  expect(diff.inputs.map(({ path }) => path)).toEqual(["rmm", "host.hypervisor"]);
  expect(diff.causes.inputs).toEqual([]);
});

test.each([
  { name: "of two kinds", change: models({ vmm: "kvmtool/v2" }), differs: ["command"] },
  {
    name: "with other parameters",
    change: more("--pmu"),
    differs: ["flags.pmu", "pmuNumCtrs"],
  },
  {
    name: "with other content",
    change: option("--console", "virtio"),
    differs: ["content"],
    content: { label: "dtb", granule: 0, granules: 16 },
  },
  {
    name: "at another address",
    change: file("initrd", "initrd-longer"),
    differs: ["ipa"],
  },
])("the first calls are $name", async ({ change, differs, content = null }) => {
  const diff = diffLaunches(await sideOf(KVMTOOL), await sideOf(change(KVMTOOL)), tools);
  expect(diff.firstCall?.differs).toEqual(differs);
  if (differs[0] === "content") expect(diff.firstCall?.b?.content).toEqual(content);
});
