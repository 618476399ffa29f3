import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { platformEdits } from "../../src/compare/edits/platform.ts";
import { searchSpace } from "../../src/compare/edits/space.ts";
import { CcaRimError } from "../../src/errors.ts";
import { HYPERVISOR_MODELS } from "../../src/host/models.ts";
import { rmmsOfPair } from "../../src/host/pairs.ts";
import type { LaunchPlan } from "../../src/manifest/plan.ts";
import { CHANGES } from "./changes.ts";
import { KVMTOOL, measured, models, newTools, planOf, QEMU, STEPS } from "./launches.ts";

const { evaluator, store } = newTools();
const NO_TOOLS = { unpack: () => undefined, listed: [], beside: [] };

/** The RIM, or the code of the error. */
function outcome(measure: () => Uint8Array): string {
  try {
    return toHex(measure());
  } catch (error) {
    if (error instanceof CcaRimError) return error.code;
    throw error;
  }
}

function slow(plan: LaunchPlan): string {
  return outcome(() => measured(plan, store).rim);
}

function fast(plan: LaunchPlan): string {
  return outcome(() => evaluator.measure(plan));
}

describe("the evaluator gives what the models give call by call", () => {
  test.each(CHANGES)("$base.host.vmm: $name", async ({ base, change }) => {
    const plan = await planOf(change(base));
    expect(fast(plan)).toBe(slow(plan));
    // Once more, from what is remembered.
    expect(fast(plan)).toBe(slow(plan));
  });

  const pairs = HYPERVISOR_MODELS.flatMap(({ name: hypervisor, abilities }) =>
    abilities.includes("measure")
      ? ["kvmtool/eac5", "kvmtool/v2", "kvmtool/v3"].flatMap((vmm) =>
          (rmmsOfPair(vmm, hypervisor) ?? []).map((rmm) => ({ vmm, hypervisor, rmm })),
        )
      : [],
  );
  test.each(pairs)("$vmm on $hypervisor, RMM $rmm", async (names) => {
    const plan = await planOf(models(names)(KVMTOOL));
    expect(slow(plan)).toMatch(/^[0-9a-f]{64}$/);
    expect(fast(plan)).toBe(slow(plan));
  });

  test.each([
    { name: "a kvmtool line", manifest: KVMTOOL },
    { name: "a QEMU line", manifest: QEMU },
    { name: "listed steps", manifest: STEPS },
  ])("every single change of $name that is searched", async ({ manifest }) => {
    const plan = await planOf(manifest);
    // Known beforehand, so that changes can name the files in use.
    slow(plan);
    // Of the thousands of rare ones, some.
    const edits = searchSpace(plan, NO_TOOLS).filter(
      ({ quirk, isAlone }, i) => quirk === undefined && (isAlone !== true || i % 100 === 0),
    );
    const differing = edits.filter((edit) => {
      const changed = edit.apply(plan);
      return changed !== undefined && fast(changed) !== slow(changed);
    });
    expect(differing.map(({ group, value }) => `${group}=${value}`)).toEqual([]);
    expect(edits.length).toBeGreaterThan(200);
  });
});

test("launches of one shape run the models once", async () => {
  const fresh = newTools().evaluator;
  const plan = await planOf(KVMTOOL);
  fresh.measure(plan);
  const bps = platformEdits(plan).filter(
    ({ group, value }) => group === "platform.breakpoints" && Number(value) >= 2,
  );
  const rims = new Set(bps.map((edit) => toHex(fresh.measure(edit.apply(plan) ?? plan))));
  expect(rims.size).toBeGreaterThan(10);
  expect(fresh.recorder.shapes).toBe(1);
});

test("requests that are measured and those that are not have shapes of their own", async () => {
  const fresh = newTools().evaluator;
  const launchOf = (measure: boolean): Promise<LaunchPlan> =>
    planOf({
      ...STEPS,
      host: { vmm: "none", hypervisor: "linux-kvm/v7" },
      launch: [{ data: { file: "Image", ipa: "0x80000000", measure } }, { activate: true }],
    });
  for (const plan of [await launchOf(true), await launchOf(false)]) {
    expect(outcome(() => fresh.measure(plan))).toBe(slow(plan));
  }
  expect(fresh.recorder.shapes).toBe(2);
});

test("a launch that begins like another goes on from there", async () => {
  const fresh = newTools().evaluator;
  fresh.measure(await planOf(KVMTOOL));
  const before = fresh.hashed;
  const args = [...(KVMTOOL.host.args ?? []), "--kaslr-seed", "7"];
  fresh.measure(await planOf(models({ args })(KVMTOOL)));
  // The device tree's 16 granules, initrd and kernel below the size worth remembering.
  expect(fresh.hashed - before).toBeLessThan(70);
});
