/**
 * Other steps, where the manifest lists them.
 *
 * @module
 */
import { granulesOf } from "../../hash/content.ts";
import type { LaunchStep } from "../../host/steps.ts";
import type { LaunchPlan } from "../../manifest/plan.ts";
import { GRANULE_SIZE, hexU64, ipa, u64 } from "../../units.ts";
import { stepText } from "../step-text.ts";
import { choices, type Edit, RARITY } from "./edit.ts";
import { RAM_SIZES } from "./sizes.ts";

type Data = LaunchStep & { readonly step: "data" };
type Ripas = LaunchStep & { readonly step: "ripas" };
type Rec = LaunchStep & { readonly step: "rec" };

/** Puts other steps in the place of one, which is found by its text. */
function replaced(step: LaunchStep, others: readonly LaunchStep[]): Edit["apply"] {
  const text = stepText(step);
  return (plan) => {
    const index = plan.launch.findIndex((each) => stepText(each) === text);
    if (index < 0) return undefined;
    const launch = [...plan.launch.slice(0, index), ...others, ...plan.launch.slice(index + 1)];
    return { ...plan, launch };
  };
}

function groupOf({ pointer }: LaunchStep): string {
  return `launch[${pointer.slice(pointer.lastIndexOf("/") + 1)}]`;
}

function others(step: LaunchStep, rarity: number, steps: readonly LaunchStep[]): readonly Edit[] {
  const different = steps.filter((other) => stepText(other) !== stepText(step));
  return choices(groupOf(step), rarity, different, (other) => ({
    value: stepText(other),
    apply: replaced(step, [other]),
  }));
}

function gone(step: LaunchStep, rarity: number): Edit {
  return { group: groupOf(step), rarity, value: `no ${stepText(step)}`, apply: replaced(step, []) };
}

/** The same bytes at another address. */
function at(step: Data, address: bigint): Data {
  const lead = address % BigInt(GRANULE_SIZE);
  const { data } = step;
  const length = step.content.segments.reduce((sum, segment) => sum + segment.length, 0);
  const [first] = step.content.segments;
  const source = data.kind === "file" ? data.source : first?.source;
  if (source === undefined || source.size !== length) return step;
  const content = granulesOf(source, Number(lead));
  return { ...step, ipa: ipa(address), base: ipa(address - lead), content };
}

/** Where loaders put things by mistake: text_offset, huge pages, one page. */
const SHIFTS: readonly bigint[] = [0x80000n, 0x200000n, 0x1000n, 0x100000n];

function dataEdits(step: Data): readonly Edit[] {
  const { forgotten, guessed, unusual } = RARITY;
  const moved = SHIFTS.flatMap((shift) => [shift, -shift])
    .map((shift) => step.ipa + shift)
    .filter((address) => address >= 0n)
    .map((address) => at(step, address));
  return [
    gone(step, forgotten),
    ...others(step, guessed, [{ ...step, measure: !step.measure }]),
    ...others(step, unusual, moved),
  ];
}

function ripasEdits(step: Ripas): readonly Edit[] {
  const { base, top } = step;
  const sizes = RAM_SIZES.map((size): Ripas => ({ ...step, top: ipa(base + BigInt(size)) }));
  const middle = base + (top - base) / 2n;
  const halves = [
    { ...step, top: ipa(middle) },
    { ...step, base: ipa(middle) },
  ];
  return [
    gone(step, RARITY.guessed),
    ...others(step, RARITY.forgotten, sizes),
    {
      group: groupOf(step),
      rarity: RARITY.unusual,
      value: `in two halves at ${hexU64(middle)}`,
      apply: replaced(step, halves),
    },
  ];
}

function recEdits(step: Rec, plan: LaunchPlan): readonly Edit[] {
  const loaded = plan.launch.filter((each): each is Data => each.step === "data");
  const addresses = [u64(0n), ...loaded.map((each) => each.ipa)];
  const registers = addresses.map((address) => [address, ...step.gprs.slice(1)]);
  return [
    ...others(step, RARITY.guessed, [{ ...step, runnable: !step.runnable }]),
    ...others(
      step,
      RARITY.guessed,
      addresses.map((pc) => ({ ...step, pc })),
    ),
    ...others(
      step,
      RARITY.guessed,
      registers.map((gprs) => ({ ...step, gprs })),
    ),
  ];
}

function editsOf(step: LaunchStep, plan: LaunchPlan): readonly Edit[] {
  switch (step.step) {
    case "data":
      return dataEdits(step);
    case "ripas":
      return ripasEdits(step);
    case "rec":
      return recEdits(step, plan);
    default:
      return [];
  }
}

/** Kinds of steps in an order of their own; steps of one kind stay as they are. */
const ORDERS: readonly (readonly LaunchStep["step"][])[] = [
  ["ripas", "data", "rec"],
  ["data", "ripas", "rec"],
  ["data", "rec", "ripas"],
  ["rec", "ripas", "data"],
  ["ripas", "rec", "data"],
];

function reordered(
  launch: readonly LaunchStep[],
  kinds: readonly LaunchStep["step"][],
): readonly LaunchStep[] {
  const rank = ({ step }: LaunchStep): number => {
    if (step === "memslot") return -1;
    const index = kinds.indexOf(step);
    return index < 0 ? kinds.length : index;
  };
  return [...launch].sort((a, b) => rank(a) - rank(b));
}

function byAddress(launch: readonly LaunchStep[], sign: 1 | -1): readonly LaunchStep[] {
  const sorted = launch
    .filter((step): step is Data => step.step === "data")
    .sort((a, b) => sign * Number(a.base - b.base));
  let next = 0;
  return launch.map((step) => (step.step === "data" ? (sorted[next++] ?? step) : step));
}

function orderEdits({ launch }: LaunchPlan): readonly Edit[] {
  const swaps = launch.slice(1).map((_, i) => ({
    value: `launch[${i}] and launch[${i + 1}] swapped`,
    order: (steps: readonly LaunchStep[]): readonly LaunchStep[] => {
      const [first, second] = [steps[i], steps[i + 1]];
      if (first === undefined || second === undefined) return steps;
      return [...steps.slice(0, i), second, first, ...steps.slice(i + 2)];
    },
  }));
  const orders = [
    ...ORDERS.map((kinds) => ({
      value: kinds.join(", "),
      order: (steps: readonly LaunchStep[]) => reordered(steps, kinds),
    })),
    { value: "data by address", order: (steps: readonly LaunchStep[]) => byAddress(steps, 1) },
    {
      value: "data by address, highest first",
      order: (steps: readonly LaunchStep[]) => byAddress(steps, -1),
    },
    ...swaps,
  ];
  const now = launch.map(stepText).join("\n");
  const different = orders.filter(({ order }) => order(launch).map(stepText).join("\n") !== now);
  return choices("order of launch", RARITY.guessed, different, ({ value, order }) => ({
    value,
    apply: (plan) => ({ ...plan, launch: order(plan.launch) }),
  }));
}

/** Changes of the list of steps. */
export function stepEdits(plan: LaunchPlan): readonly Edit[] {
  return [...plan.launch.flatMap((step) => editsOf(step, plan)), ...orderEdits(plan)];
}
