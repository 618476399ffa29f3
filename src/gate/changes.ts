/**
 * How a launch differs from what the lock says of it: models, values, inputs, settings, and the
 * first stage that measures something else.
 *
 * @module
 */
import { pointerStep } from "../manifest/source-map.ts";
import { plural } from "../plural.ts";
import { GRANULE_SIZE } from "../units.ts";
import { isObject, type Json, type LockedLaunch, type LockedStage } from "./lock.ts";

/** One difference; null: not there. */
export interface Change {
  /** `rim`, `rem0`, `host.vmm`, `input Image`, `/host/args/4`, ... */
  readonly what: string;
  readonly locked: string | null;
  readonly now: string | null;
}

/** The first part of the launch that measures something else. */
export interface FirstDifference {
  /** One sentence for people. */
  readonly text: string;
  /** Numbers of the calls, as they are now; where there are none now, as they were. */
  readonly calls: readonly [first: number, last: number];
  /** Stages that differ, this one included. */
  readonly stages: number;
}

/** Why the values are others, one line for each reason. */
export interface Reasons {
  /** Inputs that explain the whole difference. */
  readonly causes: readonly string[];
  /** What is measured differently. */
  readonly effects: readonly string[];
}

/** Everything that differs. */
export interface LaunchChanges {
  readonly models: readonly Change[];
  readonly values: readonly Change[];
  /** Files and what the manifest says. */
  readonly inputs: readonly Change[];
  readonly first: FirstDifference | null;
  /** Null where nobody can tell. */
  readonly why: Reasons | null;
}

const MODELS = [
  ["rmm", "rmm"],
  ["host.vmm", "vmm"],
  ["host.hypervisor", "hypervisor"],
] as const;
const VALUES = ["hashAlgo", "rim", "rpv", "trace"] as const;

function show(value: Json | undefined): string | null {
  if (value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function change(what: string, locked: string | null, now: string | null): readonly Change[] {
  return locked === now ? [] : [{ what, locked, now }];
}

function keysOf(a: object, b: object): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted();
}

/** Differences of two settings, as deep as both have the same shape. */
function settingChanges(what: string, a: Json | undefined, b: Json | undefined): readonly Change[] {
  if (isObject(a) && isObject(b)) {
    return keysOf(a, b).flatMap((key) => settingChanges(what + pointerStep(key), a[key], b[key]));
  }
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    return a.flatMap((item, i) => settingChanges(`${what}/${i}`, item, b[i]));
  }
  return change(what, show(a), show(b));
}

function inputChanges(locked: LockedLaunch, now: LockedLaunch): readonly Change[] {
  return keysOf(locked.inputs, now.inputs).flatMap((name) => {
    const a = locked.inputs[name];
    const b = now.inputs[name];
    const text = (input: typeof a): string | null =>
      input === undefined ? null : `${input.sha256}, ${input.size} bytes`;
    return change(`input ${name}`, text(a), text(b));
  });
}

function valueChanges(locked: LockedLaunch, now: LockedLaunch): readonly Change[] {
  const rem = locked.rem.flatMap((value, i) => change(`rem${i}`, value, now.rem[i] ?? null));
  return [...VALUES.flatMap((name) => change(name, locked[name], now[name])), ...rem];
}

/** What a stage is called: `data kernel 0x80200000..0x82210000`. */
function stageName({ kind, label, base, top }: LockedStage): string {
  const range = base === "" ? "" : `${base}..${top}`;
  return [kind, label, range].filter((part) => part !== "").join(" ");
}

function sameStage(a: LockedStage, b: LockedStage): boolean {
  return (
    stageName(a) === stageName(b) &&
    a.measured === b.measured &&
    a.chunkPages === b.chunkPages &&
    a.chunks.join() === b.chunks.join()
  );
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** Which part of the content differs, where both loads have the same place. */
function chunkText(a: LockedStage, b: LockedStage): string {
  const differing = b.chunks.flatMap((chunk, i) => (chunk === a.chunks[i] ? [] : [i]));
  const [first] = differing;
  if (first === undefined || b.kind !== "data") return "";
  const size = b.chunkPages * GRANULE_SIZE;
  const base = Number(b.base);
  const start = base + first * size;
  const end = Math.min(start + size, Number(b.top));
  const more = differing.length > 1 ? ` and ${plural(differing.length - 1, "more part")}` : "";
  return `; the content differs in ${hex(start)}..${hex(end)}, bytes ${hex(start - base)} to ${hex(end - base)} of ${b.label || "the data"}${more}`;
}

function differenceText(a: LockedStage | undefined, b: LockedStage | undefined): string {
  if (a === undefined) return b === undefined ? "" : `${stageName(b)} is new`;
  if (b === undefined) return `${stageName(a)} is gone`;
  const [was, is] = [stageName(a), stageName(b)];
  if (was !== is) return `${is}, was ${was}`;
  if (a.measured !== b.measured) {
    return `${is} is measured in ${plural(b.measured, "descriptor")}, was in ${a.measured}`;
  }
  return `${is}${chunkText(a, b)}`;
}

function firstDifference(locked: LockedLaunch, now: LockedLaunch): FirstDifference | null {
  const count = Math.max(locked.stages.length, now.stages.length);
  const differing = Array.from({ length: count }, (_, i) => i).filter((i) => {
    const [a, b] = [locked.stages[i], now.stages[i]];
    return a === undefined || b === undefined || !sameStage(a, b);
  });
  const [first] = differing;
  if (first === undefined) return null;
  const [a, b] = [locked.stages[first], now.stages[first]];
  const calls = b?.calls ?? a?.calls ?? [0, 0];
  return {
    text: `calls ${calls[0]} to ${calls[1]}: ${differenceText(a, b)}`,
    calls,
    stages: differing.length,
  };
}

/** Compares a launch with its entry in the lock. @param why the reasons, if they were found out. */
export function compareWithLock(
  locked: LockedLaunch,
  now: LockedLaunch,
  why: Reasons | null = null,
): LaunchChanges {
  return {
    models: MODELS.flatMap(([what, key]) => change(what, locked[key], now[key])),
    values: valueChanges(locked, now),
    inputs: [
      ...inputChanges(locked, now),
      ...keysOf(locked.settings, now.settings).flatMap((key) =>
        settingChanges(key, locked.settings[key], now.settings[key]),
      ),
    ],
    first: firstDifference(locked, now),
    why,
  };
}
