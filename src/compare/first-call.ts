/**
 * Finds the first RMI call in which two launches measure something else, and shows it.
 *
 * @module
 */
import { equalBytes } from "../bytes.ts";
import { DIGEST_SIZE, type HashAlgo } from "../hash/hasher.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import { type ShownArguments, shownArguments } from "../replay/shown-call.ts";
import { descriptorCount } from "../rmm/measurement.ts";
import { GRANULE_SIZE } from "../units.ts";
import type { LaunchEvaluator } from "./evaluate.ts";
import type { RecordedLaunch, Stretch } from "./stretches.ts";

/** An RMI call of one of the launches. */
export interface ShownCall {
  /** Counts the launch's RMI calls from 1. */
  readonly n: number;
  /** `RMI_` and the command's name in its RMM version. */
  readonly command: string;
  readonly args: ShownArguments;
  /** The granule that it measures, of what is loaded there; null if it measures no content. */
  readonly content: ShownContent | null;
}

/** A granule of something that is loaded. */
export interface ShownContent {
  /** "kernel", "initrd", "dtb", or a file's name. */
  readonly label: string;
  /** Counts the granules of the content from 0. */
  readonly granule: number;
  readonly granules: number;
}

/** The first call that measures something else; null where a launch has no further one. */
export interface FirstCall {
  /** How many measurement descriptors come before it, the same in both. */
  readonly descriptors: number;
  /**
   * Arguments that differ, by name, a flag as `flags.sve`; "command" if the calls are of two kinds,
   * "content" if only what is loaded differs, nothing if one launch has no further call.
   */
  readonly differs: readonly string[];
  readonly a: ShownCall | null;
  readonly b: ShownCall | null;
}

/** Walks a launch descriptor by descriptor. */
class Cursor {
  readonly launch: RecordedLaunch;
  readonly #digests: (
    stretch: Stretch & { readonly kind: "data" },
  ) => readonly [Uint8Array, number];
  #stretch = 0;
  #offset = 0;
  #content: readonly [Uint8Array, number] | undefined;

  constructor(launch: RecordedLaunch, evaluator: LaunchEvaluator, algo: HashAlgo) {
    this.launch = launch;
    this.#digests = (stretch) => {
      const [{ bytes }, first] = evaluator.digestsOf(launch, stretch, algo);
      return [bytes, first];
    };
  }

  /** The descriptor's stretch; undefined at the end. */
  get stretch(): Stretch | undefined {
    return this.launch.stretches[this.#stretch];
  }

  /** Where in its stretch the descriptor is. */
  get offset(): number {
    return this.#offset;
  }

  /** The digests of the stretch and the index of the descriptor's. */
  content(stretch: Stretch & { readonly kind: "data" }): readonly [Uint8Array, number] {
    this.#content ??= this.#digests(stretch);
    const [bytes, first] = this.#content;
    return [bytes, first + this.#offset];
  }

  next(): void {
    const { stretch } = this;
    if (stretch === undefined) return;
    this.#offset += 1;
    if (this.#offset < descriptorCount(stretch)) return;
    this.#stretch += 1;
    this.#offset = 0;
    this.#content = undefined;
  }
}

function isSameData(a: Cursor, b: Cursor, size: number): boolean {
  const one = a.stretch;
  const other = b.stretch;
  if (one?.kind !== "data" || other?.kind !== "data") return false;
  const ipaA = one.base + a.offset * GRANULE_SIZE;
  const ipaB = other.base + b.offset * GRANULE_SIZE;
  if (ipaA !== ipaB || one.flags !== other.flags || one.measured !== other.measured) return false;
  if (!one.measured) return true;
  const [bytesA, atA] = a.content(one);
  const [bytesB, atB] = b.content(other);
  for (let i = 0; i < size; i++) {
    if (bytesA[atA * size + i] !== bytesB[atB * size + i]) return false;
  }
  return true;
}

function isSame(a: Cursor, b: Cursor, size: number): boolean {
  const one = a.stretch;
  const other = b.stretch;
  if (one === undefined || other === undefined || one.kind !== other.kind) return false;
  if (one.kind === "data") return isSameData(a, b, size);
  if (one.kind === "ripas" && other.kind === "ripas") {
    const base = one.base + a.offset * one.entrySize;
    return base === other.base + b.offset * other.entrySize && one.entrySize === other.entrySize;
  }
  return "params" in one && "params" in other && equalBytes(one.params, other.params);
}

/** What the descriptor of a cursor measures the content of. */
function contentAt({ launch, stretch, offset }: Cursor): ShownContent | null {
  if (stretch?.kind !== "data" || !("slot" in stretch.content)) return null;
  const slot = launch.slots[stretch.content.slot];
  if (slot === undefined) return null;
  const granule = stretch.content.first + offset;
  return { label: slot.label, granule, granules: Math.ceil(slot.content.size / GRANULE_SIZE) };
}

/** Where two launches part: behind the descriptors that both begin with. */
interface Parting {
  readonly common: number;
  readonly a: ShownContent | null;
  readonly b: ShownContent | null;
}

/** What both launches begin with; undefined if all is the same. */
function commonBeginning(
  a: RecordedLaunch,
  b: RecordedLaunch,
  evaluator: LaunchEvaluator,
  algo: HashAlgo,
): Parting | undefined {
  const one = new Cursor(a, evaluator, algo);
  const other = new Cursor(b, evaluator, algo);
  let common = 0;
  while (one.stretch !== undefined && other.stretch !== undefined) {
    if (!isSame(one, other, DIGEST_SIZE[algo])) break;
    common += 1;
    one.next();
    other.next();
  }
  if (one.stretch === undefined && other.stretch === undefined) return undefined;
  return { common, a: contentAt(one), b: contentAt(other) };
}

/** The call that makes the descriptor with that number, counted from 0. */
function callAt(
  plan: LaunchPlan,
  number: number,
  content: ShownContent | null,
  evaluator: LaunchEvaluator,
): ShownCall | null {
  let seen = 0;
  for (const { n, call, descriptors, spec } of evaluator.recorder.calls(plan)) {
    seen += descriptors;
    if (seen <= number) continue;
    const command = spec.commands[call.command]?.name ?? call.command;
    return { n, command, args: shownArguments(call, spec, false), content };
  }
  return null;
}

/** Names of arguments that differ; the RPV is never measured. */
function differingArguments(a: ShownArguments, b: ShownArguments): readonly string[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (name) => name !== "rpv" && JSON.stringify(a[name]) !== JSON.stringify(b[name]),
  );
  return names.flatMap((name) => {
    const [one, other] = [a[name], b[name]];
    if (!isFields(one) || !isFields(other)) return [name];
    return differingArguments(one, other).map((field) => `${name}.${field}`);
  });
}

function isFields(value: unknown): value is ShownArguments {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function differences(a: ShownCall | null, b: ShownCall | null): readonly string[] {
  if (a === null || b === null) return [];
  if (a.command !== b.command) return ["command"];
  const names = differingArguments(a.args, b.args);
  return names.length === 0 ? ["content"] : names;
}

/** The first call that measures something else; null if there is none. */
export function firstDifferentCall(
  a: { readonly plan: LaunchPlan; readonly launch: RecordedLaunch },
  b: { readonly plan: LaunchPlan; readonly launch: RecordedLaunch },
  evaluator: LaunchEvaluator,
  algo: HashAlgo,
): FirstCall | null {
  const parting = commonBeginning(a.launch, b.launch, evaluator, algo);
  if (parting === undefined) return null;
  const one = callAt(a.plan, parting.common, parting.a, evaluator);
  const other = callAt(b.plan, parting.common, parting.b, evaluator);
  return { descriptors: parting.common, differs: differences(one, other), a: one, b: other };
}
