/**
 * Finds the first RMI call in which two launches measure something else, and shows it.
 *
 * @module
 */
import { equalBytes } from "../bytes.ts";
import { DIGEST_SIZE, type HashAlgo } from "../hash/hasher.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import { type ShownArguments, shownArguments } from "../replay/shown-call.ts";
import { GRANULE_SIZE } from "../units.ts";
import type { LaunchEvaluator } from "./evaluate.ts";
import { descriptorCount, type RecordedLaunch, type Stretch } from "./stretches.ts";

/** An RMI call of one of the launches. */
export interface ShownCall {
  /** Counts the launch's RMI calls from 1. */
  readonly n: number;
  /** `RMI_` and the command's name in its RMM version. */
  readonly command: string;
  readonly args: ShownArguments;
}

/** The first call that measures something else; null where a launch has no further one. */
export interface FirstCall {
  /** How many measurement descriptors come before it, the same in both. */
  readonly descriptors: number;
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

/** How many descriptors both launches begin with; undefined if all are the same. */
function commonBeginning(
  a: RecordedLaunch,
  b: RecordedLaunch,
  evaluator: LaunchEvaluator,
  algo: HashAlgo,
): number | undefined {
  const one = new Cursor(a, evaluator, algo);
  const other = new Cursor(b, evaluator, algo);
  let common = 0;
  while (one.stretch !== undefined && other.stretch !== undefined) {
    if (!isSame(one, other, DIGEST_SIZE[algo])) return common;
    common += 1;
    one.next();
    other.next();
  }
  return one.stretch === other.stretch ? undefined : common;
}

/** The call that makes the descriptor with that number, counted from 0. */
function callAt(plan: LaunchPlan, number: number, evaluator: LaunchEvaluator): ShownCall | null {
  let seen = 0;
  for (const { n, call, descriptors, spec } of evaluator.recorder.calls(plan)) {
    seen += descriptors;
    if (seen <= number) continue;
    const command = spec.commands[call.command]?.name ?? call.command;
    return { n, command, args: shownArguments(call, spec, false) };
  }
  return null;
}

/** The first call that measures something else; null if there is none. */
export function firstDifferentCall(
  a: { readonly plan: LaunchPlan; readonly launch: RecordedLaunch },
  b: { readonly plan: LaunchPlan; readonly launch: RecordedLaunch },
  evaluator: LaunchEvaluator,
  algo: HashAlgo,
): FirstCall | null {
  const common = commonBeginning(a.launch, b.launch, evaluator, algo);
  if (common === undefined) return null;
  return {
    descriptors: common,
    a: callAt(a.plan, common, evaluator),
    b: callAt(b.plan, common, evaluator),
  };
}
