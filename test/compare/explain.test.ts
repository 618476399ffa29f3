import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes.ts";
import { changedPlan } from "../../src/compare/candidates.ts";
import { type ExplainResult, ExplainSearch } from "../../src/compare/explain.ts";
import { compareInputs } from "../../src/compare/inputs.ts";
import { QUIRKS } from "../../src/compare/quirks.ts";
import type { LaunchPlan } from "../../src/manifest/plan.ts";
import { inputLine } from "../../src/report/diff-text.ts";
import { explainText } from "../../src/report/explain-text.ts";
import { filesWith } from "../host/kvmtool/images.ts";
import { GOLDEN } from "../tools/measure.ts";
import { plainStyle } from "../tools/plain-style.ts";
import { CHANGES } from "./changes.ts";
import {
  fields,
  KVMTOOL,
  type ManifestObject,
  measured,
  models,
  more,
  newTools,
  option,
  planOf,
  QEMU,
  STEPS,
} from "./launches.ts";
import { PAIRS } from "./pairs.ts";

const { evaluator, store } = newTools();
const TOOLS = { unpack: () => undefined, listed: [], beside: [] };
const NOTHING_LIKE_IT = new Uint8Array(32).fill(0xa5);

function searchFor(plan: LaunchPlan, observed: Uint8Array): ExplainSearch {
  return new ExplainSearch(plan, observed, evaluator, TOOLS);
}

/** Runs a search to its end, or as far as single changes go. */
function run(explain: ExplainSearch, stages = 4): ExplainResult {
  while (explain.search.state.stage < stages && explain.step(64));
  return explain.result;
}

/** Runs a search to its end, without the rare changes: they are many, and never combined. */
function runCommon(explain: ExplainSearch): ExplainResult {
  run(explain, 2);
  if (!explain.search.isOver) explain.resume({ ...explain.search.state, stage: 3, done: 0 });
  return run(explain);
}

function linesOf({ explanations }: ExplainResult): readonly (readonly string[])[] {
  return explanations.map(({ changes, otherwise }) => [
    ...changes.map((change) => inputLine(change, plainStyle)),
    ...otherwise.map(({ id }) => id),
  ]);
}

/** What every single change of a launch gives: lines of the change by RIM. */
async function singleChanges(base: ManifestObject): Promise<ReadonlyMap<string, string[]>> {
  const plan = await planOf(base);
  const explain = searchFor(plan, NOTHING_LIKE_IT);
  run(explain, 2);
  const { edits, state } = explain.search;
  const found = new Map<string, string[]>();
  for (const [index, rim] of state.singles.entries()) {
    const changed = changedPlan(plan, edits, [index]);
    if (!/^[0-9a-f]{64}$/.test(rim) || changed === undefined) continue;
    const lines = compareInputs(plan, changed).differences.map((each) =>
      inputLine(each, plainStyle),
    );
    found.set(rim, [...(found.get(rim) ?? []), ...lines]);
  }
  return found;
}

const known = new Map([
  [KVMTOOL, singleChanges(KVMTOOL)],
  [QEMU, singleChanges(QEMU)],
  [STEPS, singleChanges(STEPS)],
]);

describe("every change that is in the search space is found from the RIM alone", () => {
  const rows = CHANGES.filter(
    ({ explained, name }) => explained !== false && !/^(?:SHA-512|hash)$/.test(name),
  );
  test.each(rows)("$base.host.vmm: $name", async ({ base, change, input }) => {
    const { rim } = measured(await planOf(change(base)), store);
    const lines = (await known.get(base))?.get(toHex(rim)) ?? [];
    expect(lines.filter((line) => line.startsWith(input))).not.toEqual([]);
  });

  test("there are at least thirty of them", () => {
    expect(rows.length).toBeGreaterThanOrEqual(30);
  });

  test.each([
    { name: "of a line", base: KVMTOOL, change: more("--measurement-algo", "sha512") },
    { name: "of steps", base: STEPS, change: fields("realm", { hashAlgo: "sha-512" }) },
  ])("another hash $name: only launches with that length are measured", async (row) => {
    const { rim } = measured(await planOf(row.change(row.base)), store);
    const result = run(searchFor(await planOf(row.base), rim));
    expect(result.status).toBe("explained");
    expect(linesOf(result).flat().join()).toMatch(/sha-?512/);
    expect(result.stages[1]?.measured).toBeLessThan(5);
  });

  test.each([
    { name: "another network", given: ["-n", "virtio"], real: ["-n", "mode=none"] },
    { name: "a disk, not a share", given: ["-d", "share"], real: ["-d", "disk.img"] },
    { name: "a share, not a disk", given: ["-d", "other.img"], real: ["-d", "share"] },
  ])("a device was another one of its kind: $name", async ({ given, real }) => {
    const share = (manifest: ManifestObject): ManifestObject => ({
      ...manifest,
      files: { ...(manifest["files"] as object), share: { directory: true } },
    });
    const { rim } = measured(await planOf(share(more(...real)(KVMTOOL))), store);
    const plan = await planOf(share(more(...given)(KVMTOOL)));
    const listed = ["Image", "initrd", "share"];
    const result = run(new ExplainSearch(plan, rim, evaluator, { ...TOOLS, listed }), 2);
    expect(linesOf(result).flat()).toContainEqual(expect.stringContaining(real.join(" ")));
  });

  test.each([
    {
      name: "a vCPU more",
      base: KVMTOOL,
      change: option("-c", "3"),
      line: "~ host.args: -c 2 -> -c 3",
    },
    {
      name: "no initrd",
      base: STEPS,
      change: (m: ManifestObject) => ({
        ...m,
        launch: (m["launch"] as readonly unknown[]).filter((_, i) => i !== 2),
      }),
      line: "- launch[2]: data initrd at 0x8f000000",
    },
  ])("searched to the end: $name", async ({ base, change, line }) => {
    const { rim } = measured(await planOf(change(base)), store);
    const result = run(searchFor(await planOf(base), rim));
    expect(result.status).toBe("explained");
    expect(linesOf(result)[0]).toEqual([line]);
    for (const later of result.stages.slice(2)) expect(later).toMatchObject({ total: 0, done: 0 });
  });
});

describe("two changes", () => {
  /** The place in the search of the first pair that gives a RIM, by looking at likely ones. */
  async function placeOf(base: ManifestObject, rim: Uint8Array, wanted: LaunchPlan) {
    const plan = await planOf(base);
    const explain = searchFor(plan, rim);
    run(explain, 2);
    // The rare changes are never combined, and take their time.
    explain.resume({ ...explain.search.state, stage: 3, done: 0 });
    const { candidates } = explain.search.take(Number.MAX_SAFE_INTEGER);
    const lines = new Set(
      compareInputs(plan, wanted).differences.map((each) => inputLine(each, plainStyle)),
    );
    const number = candidates.findIndex((candidate) => {
      const changed = changedPlan(plan, explain.search.edits, candidate);
      if (changed === undefined) return false;
      const found = compareInputs(plan, changed).differences;
      return (
        found.length === lines.size && found.every((each) => lines.has(inputLine(each, plainStyle)))
      );
    });
    return { number, outcomes: explain.evaluate(candidates.slice(number, number + 1)) };
  }

  test.each(PAIRS)("$name", async ({ base, changes }) => {
    const changed = changes.reduce((manifest, change) => change(manifest), base);
    const wanted = await planOf(changed);
    const { rim } = measured(wanted, store);
    expect((await known.get(base))?.has(toHex(rim)) ?? false).toBe(false);
    const { number, outcomes } = await placeOf(base, rim, wanted);
    expect(outcomes).toEqual([{ status: "match" }]);
    // Soon enough for the minute that a search has: thousands of launches, not all of them.
    expect(number).toBeLessThan(20_000);
  });

  test("a search finds one by itself, and goes on after a break", async () => {
    const changed = fields("realm", { numBps: 1, numWps: 1 })(STEPS);
    const { rim } = measured(await planOf(changed), store);
    const plan = await planOf(STEPS);
    const whole = run(searchFor(plan, rim));
    expect(linesOf(whole)).toEqual([["~ realm.numBps: 5 -> 1", "~ realm.numWps: 3 -> 1"]]);
    for (const steps of [3, 300, 1000]) {
      const first = searchFor(plan, rim);
      for (let i = 0; i < steps; i += 3) first.step(3);
      const state: unknown = JSON.parse(JSON.stringify(first.search.state));
      const second = searchFor(plan, rim);
      expect(second.identity).toEqual(first.identity);
      second.resume(state as typeof first.search.state);
      expect(run(second)).toEqual(whole);
    }
  });

  test("what measures the same as one of the two is told, too", async () => {
    const names = { vmm: "kvmtool/v2", hypervisor: "linux-kvm/v3", rmm: "1.0-eac5" };
    const changed = option("-c", "1")(models(names)(KVMTOOL));
    const { rim } = measured(await planOf(changed), store);
    const lines = linesOf(runCommon(searchFor(await planOf(KVMTOOL), rim)));
    const hypervisors = lines.map((each) => each.find((line) => line.includes("hypervisor")));
    expect(hypervisors).toContain('~ host.hypervisor: "linux-kvm/v7" -> "linux-kvm/v2"');
    expect(hypervisors).toContain('~ host.hypervisor: "linux-kvm/v7" -> "linux-kvm/v3"');
  });

  test.each([0, 20, 60])(
    "a state without the results of the batch after %d steps",
    async (steps) => {
      const changed = fields("realm", { numBps: 1, numWps: 1 })(STEPS);
      const { rim } = measured(await planOf(changed), store);
      const plan = await planOf(STEPS);
      const whole = run(searchFor(plan, rim));
      const explain = searchFor(plan, rim);
      for (let i = 0; i < steps; i++) explain.step(8);
      const { search } = explain;
      const [, ...later] = [8, 8, 8].map((count) => search.take(count));
      for (const batch of later) search.report(batch, explain.evaluate(batch.candidates));
      const other = searchFor(plan, rim);
      other.resume(JSON.parse(JSON.stringify(search.state)) as typeof search.state);
      expect(run(other)).toEqual(whole);
    },
  );

  test("results in any order give the same answer", async () => {
    const changed = fields("realm", { numBps: 1, numWps: 1 })(STEPS);
    const { rim } = measured(await planOf(changed), store);
    const plan = await planOf(STEPS);
    const whole = run(searchFor(plan, rim));
    const explain = searchFor(plan, rim);
    const { search } = explain;
    while (!search.isOver) {
      const batches = [7, 1, 64, 13].map((size) => search.take(size));
      for (const batch of batches.toReversed()) {
        search.report(batch, explain.evaluate(batch.candidates));
      }
    }
    expect(explain.result).toEqual(whole);
  });
});

describe("launches that cannot be measured as they are", () => {
  test("what the platform does not state is found", async () => {
    const { rim } = measured(await planOf(KVMTOOL), store);
    const { breakpoints: _, ...platform } = KVMTOOL["platform"] as Record<string, unknown>;
    const result = run(searchFor(await planOf({ ...KVMTOOL, platform }), rim));
    expect(result).toMatchObject({ status: "explained", expected: null });
    expect(result.refusal).toContain("platform.breakpoints must be given");
    expect(linesOf(result)).toEqual([["+ platform.breakpoints: 6"]]);
  });
});

test("the launch as it is", async () => {
  const plan = await planOf(KVMTOOL);
  const { rim } = measured(plan, store);
  expect(run(searchFor(plan, rim))).toMatchObject({ status: "same", explanations: [] });
});

test("nothing to be found among one and two changes of a few", async () => {
  const plan = await planOf({ ...STEPS, launch: [{ activate: true }] });
  const result = run(searchFor(plan, NOTHING_LIKE_IT));
  const [, singles, rare, both] = result.stages;
  expect(result.status).toBe("not-found");
  expect((singles?.done ?? 0) + (rare?.done ?? 0)).toBe(
    result.tried.reduce((sum, { values }) => sum + values.length, 0),
  );
  expect(both?.done).toBe(both?.total);
  const text = explainText(result, "guest.yaml", () => undefined, plainStyle);
  await expect(text).toMatchFileSnapshot(join(GOLDEN, "self/explain/not-found.txt"));
});

interface Captured {
  readonly id: string;
  readonly vmm: string;
  readonly hypervisor: string;
  readonly rmm: string;
  readonly args: readonly string[];
  readonly platform: Readonly<Record<string, unknown>>;
  readonly rim: string;
}

const CAPTURED = gunzipSync(readFileSync(join(GOLDEN, "oracle/full-stack/kvmtool.jsonl.gz")))
  .toString("utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as Captured);

/** The plan of a capture, without a file on any disk. */
function capturedPlan({ vmm, hypervisor, rmm, args, platform }: Captured): LaunchPlan {
  const files = filesWith();
  const register = BigInt(String(platform["featureRegister0"]));
  return {
    rmm,
    host: { vmm, hypervisor, args },
    platform: { ...platform, featureRegister0: register } as LaunchPlan["platform"],
    realm: {},
    launch: [],
    rem: [],
    files,
    inputs: [],
    assumed: [],
  };
}

/** The RIM of a plan, or nothing where the models refuse it. */
function rimOf(plan: LaunchPlan): string {
  try {
    return toHex(evaluator.measure(plan));
  } catch {
    return "";
  }
}

describe("what another program measures otherwise", () => {
  // RIMs that lkvm-rim-measurer 3cac6a9 printed: it hashes every REC (see golden/oracle/kvmtool).
  test.each([
    { cpus: "3", printed: "14e45446c5ac44b9dccc5bcd00b314fd6ea20de34f7685c21accc4e6c149ff2d" },
    { cpus: "8", printed: "14bc383eebf504c9ce4f4e086099e05519d12cbe798c8256f468beb96e52bc4c" },
  ])("the calculator with $cpus vCPUs", ({ cpus, printed }) => {
    const line = `lkvm run --realm -m 64M -c ${cpus} --irqchip=gicv3 -k synk-a.img -i syni-a.bin`;
    const plan: LaunchPlan = {
      rmm: "1.0-eac5",
      host: { vmm: "kvmtool/eac5", hypervisor: "rim-measurer/eac5", args: line.split(" ") },
      platform: {},
      realm: {},
      launch: [],
      rem: [],
      files: filesWith(),
      inputs: [],
      assumed: [],
    };
    const result = run(searchFor(plan, fromHex(printed) ?? new Uint8Array(0)), 2);
    expect(linesOf(result)).toEqual([["rec-all"]]);
  });

  test("a tree without the bytes that its VMM leaves behind", async () => {
    const plan = await planOf(QEMU);
    const launch = evaluator.recorder.record(plan);
    const clean = QUIRKS.find(({ id }) => id === "tree-clean")?.apply(launch);
    expect(clean).toBeDefined();
    const rim = evaluator.rimOf(clean ?? launch);
    expect(toHex(rim)).not.toBe(toHex(evaluator.rimOf(launch)));
    expect(linesOf(run(searchFor(plan, rim), 2))).toContainEqual(["tree-clean"]);
  });
});

/** Words of a line with another one behind an option. */
function reworded(args: readonly string[], name: string, value: string): readonly string[] {
  return args.map((word, i) => (args[i - 1] === name ? value : word));
}

const has =
  (...names: readonly string[]) =>
  ({ args }: Captured): boolean =>
    names.every((name) => args.some((word) => word.startsWith(name)));

describe("captured launches with an input withheld or wrong", () => {
  const usable = CAPTURED.filter(
    (capture) => !capture.args.some((word) => /netboot|vmlinuz|rimguest|QEMU_EFI/.test(word)),
  );
  const rows: readonly {
    readonly what: string;
    readonly when: (capture: Captured) => boolean;
    readonly spoil: (plan: LaunchPlan, capture: Captured) => LaunchPlan;
    readonly truth: (plan: LaunchPlan) => unknown;
  }[] = [
    {
      what: "console",
      when: has("--console"),
      spoil: (plan, { args }) => ({
        ...plan,
        host: {
          ...plan.host,
          args: reworded(
            args,
            "--console",
            args[args.indexOf("--console") + 1] === "serial" ? "virtio" : "serial",
          ),
        },
      }),
      truth: ({ host }) => host.args?.[host.args.indexOf("--console") + 1],
    },
    {
      what: "vCPU count",
      when: has("-c"),
      spoil: (plan, { args }) => ({
        ...plan,
        host: { ...plan.host, args: reworded(args, "-c", "7") },
      }),
      truth: ({ host }) => host.args?.[host.args.indexOf("-c") + 1],
    },
    {
      what: "breakpoints",
      when: () => true,
      spoil: (plan) => ({ ...plan, platform: { ...plan.platform, breakpoints: 3 } }),
      truth: ({ platform }) => platform.breakpoints,
    },
    {
      what: "PMU",
      when: has("--pmu"),
      spoil: (plan, { args }) => ({
        ...plan,
        host: { ...plan.host, args: args.filter((word) => word !== "--pmu") },
      }),
      truth: ({ host }) => host.args?.includes("--pmu"),
    },
    {
      what: "SVE",
      when: has("--sve-vl"),
      spoil: (plan, { args }) => ({
        ...plan,
        host: {
          ...plan.host,
          args: args.filter(
            (word, i) =>
              word !== "--sve-vl" && args[i - 1] !== "--sve-vl" && !word.startsWith("--sve-vl="),
          ),
        },
      }),
      truth: ({ host }) => host.args?.some((word) => word.startsWith("--sve-vl")),
    },
    {
      what: "kvmtool version",
      when: ({ vmm }) => vmm === "kvmtool/v2" || vmm === "kvmtool/v3-64k",
      spoil: (plan) => ({ ...plan, host: { ...plan.host, vmm: "kvmtool/v3" } }),
      truth: ({ host }) => host.vmm,
    },
  ];

  const cases = rows.flatMap((row) =>
    usable
      .filter(row.when)
      // Some lines measure the same either way.
      .filter((capture) => rimOf(row.spoil(capturedPlan(capture), capture)) !== capture.rim)
      .slice(0, 2)
      .map((capture) => ({ ...row, id: capture.id, capture })),
  );

  test.each(cases)("$what of $id", ({ capture, spoil, truth }) => {
    const plan = capturedPlan(capture);
    const observed = fromHex(capture.rim) ?? new Uint8Array(0);
    const wrong = spoil(plan, capture);
    const explain = searchFor(wrong, observed);
    const result = run(explain, 2);
    expect(result.status).toBe("explained");
    const truths = explain.search.matches.map((match) => {
      const changed = changedPlan(wrong, explain.search.edits, match);
      return changed === undefined ? undefined : truth(changed);
    });
    expect(truths).toContain(truth(plan));
  });

  test("each kind of input has a launch", () => {
    expect(new Set(cases.map(({ what }) => what)).size).toBe(rows.length);
  });
});

test("a rare change is found, and tried alone", async () => {
  const plan = await planOf(KVMTOOL);
  const truth = option("-p", "root=/dev/sda quiet")(KVMTOOL);
  const explain = searchFor(plan, evaluator.measure(await planOf(truth)));
  const { edits } = explain.search;
  const rare = edits.flatMap(({ isAlone, group }, i) => (isAlone && group === "-p" ? [i] : []));
  const outcomes = explain.evaluate(rare.map((index) => [index]));
  const found = rare.filter((_, i) => outcomes[i]?.status === "match");
  expect(found.map((index) => edits[index]?.value)).toEqual(["-p root=/dev/sda quiet"]);
  explain.resume({ ...explain.search.state, stage: 3, done: 0 });
  const pairs = explain.search.take(Number.MAX_SAFE_INTEGER).candidates;
  expect(pairs.some((candidate) => candidate.includes(found[0] ?? 0))).toBe(false);
});

test("explanations with changes that make no difference are only counted", async () => {
  const plan = await planOf(KVMTOOL);
  const observed = evaluator.measure(await planOf(models({ vmm: "kvmtool/v2" })(KVMTOOL)));
  const result = run(searchFor(plan, observed), 2);
  expect(result.explanations.length).toBeGreaterThan(1);
  const text = explainText(result, "guest.yaml", () => undefined, plainStyle);
  expect(text).toContain('\n  ~ host.vmm: "kvmtool/v3" -> "kvmtool/v2"\n');
  expect(text).not.toContain("host.hypervisor");
  expect(text).toMatch(/and \d+ with further changes that make no difference here/);
});
