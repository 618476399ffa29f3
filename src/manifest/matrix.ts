/**
 * The matrix of a manifest: axes of values, the combinations that they span, and the manifest that
 * each of them stands for.
 *
 * @module
 */
import { resizeLine } from "../host/vmm/resize-line.ts";
import { parseU64 } from "../units.ts";
import type { Blame } from "./blame.ts";
import type { MatrixAxes, MatrixEntry } from "./manifest.ts";
import { pointerStep } from "./source-map.ts";

/** Names of the axes. */
export type AxisName = keyof MatrixAxes;

/** One value on each axis: names of models, numbers of vCPUs, sizes of RAM as they are written. */
export type AxisValues = { readonly [axis in AxisName]?: string | number };

/** One combination. */
export interface Combination {
  /** Counts from 1 over the whole matrix, exclusions left out. */
  readonly n: number;
  /** In the order in which the manifest names the axes. */
  readonly values: AxisValues;
  /** `cpus=4,ram=512M`: names the combination, also for equal sizes in other words. */
  readonly label: string;
  /** JSON pointer of what the combination is made of, for blame. */
  readonly pointer: string;
}

/** A matrix that is spread out. */
export interface Matrix {
  readonly axes: readonly AxisName[];
  readonly combinations: readonly Combination[];
}

/** More combinations than this are a mistake. */
const MAX_COMBINATIONS = 10_000;

const UNIT_SHIFT: Readonly<Record<string, bigint>> = { K: 10n, M: 20n, G: 30n, T: 40n };

/** Bytes of a size whose form the schema has checked. */
export function ramBytes(text: string): bigint {
  const shift = UNIT_SHIFT[text.slice(-1).toUpperCase()];
  if (shift === undefined || /^0x/i.test(text)) return parseU64(text) ?? 0n;
  return BigInt(text.slice(0, -1)) << shift;
}

/** `4`, or both ends of `1..64`. */
function cpuRange(item: number | string): readonly [first: number, last: number] {
  if (typeof item === "number") return [item, item];
  const [first = 0, last = 0] = item.split("..").map(Number);
  return [first, last];
}

/** The values of one axis; a range that is empty or too long is blamed. */
function axisValues(
  axis: AxisName,
  entry: MatrixEntry,
  blame: Blame,
): readonly (string | number)[] {
  if (axis !== "cpus") return entry[axis] ?? [];
  return (entry.cpus ?? []).flatMap((item, i) => {
    const [first, last] = cpuRange(item);
    if (last < first || last - first >= MAX_COMBINATIONS) {
      const what = last < first ? "ends before it starts" : "is too long";
      throw blame("MANIFEST_VALUE", `/matrix/cpus/${i}`, `the range ${item} ${what}`, {
        hint: `write the smaller end first, at most ${MAX_COMBINATIONS} values`,
      });
    }
    return Array.from({ length: last - first + 1 }, (_, step) => first + step);
  });
}

/** Two values of an axis that mean the same. */
function canonical(axis: AxisName, value: string | number): string {
  return axis === "ram" ? String(ramBytes(String(value))) : String(value);
}

type Exclusion = NonNullable<MatrixEntry["exclude"]>[number];

function excludes(exclusion: Exclusion, values: AxisValues): boolean {
  return (Object.entries(exclusion) as [AxisName, string | number][]).every(([axis, item]) => {
    const value = values[axis];
    if (value === undefined) return false;
    if (axis !== "cpus") return canonical(axis, item) === canonical(axis, value);
    const [first, last] = cpuRange(item);
    return first <= Number(value) && Number(value) <= last;
  });
}

function labelOf(values: AxisValues): string {
  return Object.entries(values)
    .map(([axis, value]) => `${axis}=${value}`)
    .join(",");
}

/** Every way to take one value of each axis; the first axis turns slowest. */
function product(
  axes: readonly (readonly [AxisName, readonly (string | number)[]])[],
): AxisValues[] {
  return axes.reduce<AxisValues[]>(
    (some, [axis, values]) =>
      some.flatMap((before) => values.map((value) => ({ ...before, [axis]: value }))),
    [{}],
  );
}

function checkSize(count: number, blame: Blame): void {
  if (count <= MAX_COMBINATIONS) return;
  throw blame("MANIFEST_VALUE", "/matrix", `the matrix has ${count} combinations`, {
    hint: `at most ${MAX_COMBINATIONS}: spread it over several manifests`,
    part: "key",
  });
}

/** Drops what is excluded; an exclusion without effect is a mistake. */
function kept(all: readonly AxisValues[], entry: MatrixEntry, blame: Blame): readonly AxisValues[] {
  let left = all;
  for (const [i, exclusion] of (entry.exclude ?? []).entries()) {
    if (!all.some((values) => excludes(exclusion, values))) {
      throw blame("MANIFEST_VALUE", `/matrix/exclude/${i}`, "this excludes no combination", {
        hint: "its values must be on the axes of the matrix",
      });
    }
    left = left.filter((values) => !excludes(exclusion, values));
  }
  return left;
}

/**
 * Spreads out a matrix.
 *
 * @throws CcaRimError MANIFEST_VALUE for empty ranges, exclusions without effect, too many
 * combinations
 */
export function expandMatrix(entry: MatrixEntry, blame: Blame): Matrix {
  const names = Object.keys(entry).filter((name): name is AxisName => name !== "exclude");
  const axes = names.map((axis) => [axis, axisValues(axis, entry, blame)] as const);
  checkSize(
    axes.reduce((count, [, values]) => count * values.length, 1),
    blame,
  );
  const combinations = kept(product(axes), entry, blame).map((values, i) => ({
    n: i + 1,
    values,
    label: labelOf(values),
    pointer: names.length === 1 ? `/matrix${pointerStep(names[0] ?? "")}` : "/matrix",
  }));
  return { axes: names, combinations };
}

/** What tells a combination from others, however its sizes are written. */
export function combinationKey({ values }: Combination): string {
  return (Object.entries(values) as [AxisName, string | number][])
    .map(([axis, value]) => `${axis}=${canonical(axis, value)}`)
    .join(",");
}

/** What a combination changes of. */
interface Changeable {
  readonly rmm: string;
  readonly host: {
    readonly vmm: string;
    readonly hypervisor?: string;
    readonly args?: readonly string[];
  };
}

/**
 * The manifest that a combination stands for.
 *
 * @throws CcaRimError MANIFEST_VALUE if the launch has no command line for vCPUs and RAM
 */
export function applyCombination<M extends Changeable>(
  manifest: M,
  { values }: Combination,
  blame: Blame,
): M {
  const { rmm = manifest.rmm, vmm = manifest.host.vmm, hypervisor, cpus, ram } = values;
  const host = {
    ...manifest.host,
    vmm: String(vmm),
    ...(hypervisor === undefined ? {} : { hypervisor: String(hypervisor) }),
  };
  const changed = { ...manifest, rmm: String(rmm), host };
  if (cpus === undefined && ram === undefined) return changed;
  const size = {
    ...(cpus === undefined ? {} : { cpus: Number(cpus) }),
    ...(ram === undefined ? {} : { ram: ramBytes(String(ram)) }),
  };
  const args = resizeLine(host.vmm, manifest.host.args ?? [], size);
  if (args === undefined) {
    const axis = cpus === undefined ? "ram" : "cpus";
    throw blame(
      "MANIFEST_VALUE",
      `/matrix/${axis}`,
      `vmm "${host.vmm}" has no command line to put ${axis} into`,
      {
        hint: "the axes rmm, vmm and hypervisor work with every launch",
        part: "key",
      },
    );
  }
  return { ...changed, host: { ...host, args } };
}
