/**
 * The verdicts of the gate. It fails closed: whatever is not exactly what was accepted is told,
 * each case by its own name and with the command that accepts it.
 *
 * @module
 */
import type { CcaRimError, ErrorPlace } from "../errors.ts";
import { pointerStep } from "../manifest/source-map.ts";
import { type Change, compareWithLock, type LaunchChanges, type Reasons } from "./changes.ts";
import { type Lock, type LockedLaunch, manifestOf } from "./lock.ts";

/** What the gate says of a launch, or of the lock. */
export type VerdictKind =
  | "ok"
  | "no-launch"
  | "missing-lock"
  | "damaged-lock"
  | "newer-tool"
  | "older-tool"
  | "new-launch"
  | "removed-launch"
  | "missing-file"
  | "not-measurable"
  | "changed-model"
  | "changed-value"
  | "changed-input";

/** What each verdict means, for people. */
export const VERDICTS: Readonly<Record<VerdictKind, string>> = {
  ok: "everything is as it was accepted",
  "no-launch": "there is no launch to guard: no manifest was found",
  "missing-lock": "there is no lock file: nothing was accepted yet",
  "damaged-lock": "the lock file is not what this program writes",
  "newer-tool": "the lock was written by an older version of this program",
  "older-tool": "the lock was written by a newer version of this program",
  "new-launch": "a launch that the lock does not know",
  "removed-launch": "a launch of the lock that is not there any more",
  "missing-file": "a file that the launch needs is not there",
  "not-measurable": "the launch cannot be measured",
  "changed-model": "another RMM, VMM or hypervisor is modelled",
  "changed-value": "a measured value, or the way to it, is another one",
  "changed-input": "a file or a setting is another one, the values are the same",
};

/** One verdict. */
export interface Verdict {
  readonly kind: VerdictKind;
  /** Name of the launch; null: the verdict is about the lock. */
  readonly launch: string | null;
  /** One sentence: what is wrong with this one. */
  readonly message: string;
  readonly where: ErrorPlace;
  readonly changes: LaunchChanges | null;
  /** The command that accepts it; null where nothing can be accepted, or need be. */
  readonly accept: string | null;
}

/** A launch of the project: measured, or the reason why it was not. */
export interface Candidate {
  readonly launch: string;
  /** The place of the value at a JSON pointer of its manifest. */
  readonly locate: (pointer: string) => ErrorPlace;
  readonly result:
    | { readonly now: LockedLaunch; readonly why?: Reasons | undefined }
    | { readonly error: CcaRimError };
}

/** What is compared. */
export interface GateInput {
  /** Absent: there is none. */
  readonly lock: Lock | undefined;
  /** Where the lock is, or would be. */
  readonly lockFile: string;
  /** Line of a launch in the lock. */
  readonly lineOf: (launch: string) => number | undefined;
  readonly candidates: readonly Candidate[];
  /** Whether a launch of the lock was looked for, so that its absence means something. */
  readonly isInScope: (launch: string) => boolean;
  /** Version of this program. */
  readonly tool: string;
  /** The command that accepts the launches of a manifest, or everything. */
  readonly acceptCommand: (manifest?: string) => string;
}

/** Compares the numbers in two texts, the first ones first. */
function compareNumbers(a: string, b: string): number {
  const numbers = (text: string): number[] => (text.match(/\d+/g) ?? []).map(Number);
  const [one, other] = [numbers(a), numbers(b)];
  const length = Math.max(one.length, other.length);
  const differences = Array.from({ length }, (_, i) => (one[i] ?? 0) - (other[i] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}

/**
 * Compares versions; a release is newer than its pre-releases. Negative: `a` is older.
 *
 * @see Semantic Versioning 2.0.0 section 11
 */
export function compareVersions(a: string, b: string): number {
  const parts = (text: string): readonly string[] => /^([^-]*)-?(.*)$/.exec(text)?.slice(1) ?? [];
  const [release = "", early = ""] = parts(a);
  const [otherRelease = "", otherEarly = ""] = parts(b);
  return (
    compareNumbers(release, otherRelease) ||
    Number(early === "") - Number(otherEarly === "") ||
    compareNumbers(early, otherEarly)
  );
}

function toolVerdicts({ lock, lockFile, tool, acceptCommand }: GateInput): readonly Verdict[] {
  if (lock === undefined || lock.tool === tool) return [];
  const isNewer = compareVersions(tool, lock.tool) >= 0;
  return [
    {
      kind: isNewer ? "newer-tool" : "older-tool",
      launch: null,
      message: `the lock was written by cca-rim ${lock.tool}, this is ${tool}`,
      where: { file: lockFile, line: 1 },
      changes: null,
      accept: isNewer ? acceptCommand() : `npm install --save-dev cca-rim@${lock.tool}`,
    },
  ];
}

function firstText({ what, locked, now }: Change): string {
  return `${what} ${now ?? "is gone"}, was ${locked ?? "absent"}`;
}

/** What is wrong with values, in one sentence. */
function valueText({ values, inputs }: LaunchChanges, first: Change): string {
  const same = values.every(({ what }) => what === "trace");
  const text = same ? "the RIM is the same, but other RMI calls lead to it" : firstText(first);
  return inputs.length > 0
    ? text
    : `${text}; no input changed: the lock was edited, or another version of this program wrote it`;
}

/** The verdict on a launch that both sides know. */
function compared(
  locked: LockedLaunch,
  now: LockedLaunch,
  why: Reasons | undefined,
): Pick<Verdict, "kind" | "message" | "changes"> {
  const changes = compareWithLock(locked, now, why ?? null);
  const { models, values, inputs } = changes;
  const [model] = models;
  const [value] = values;
  const [input] = inputs;
  if (model !== undefined) return { kind: "changed-model", message: firstText(model), changes };
  if (value !== undefined) {
    return { kind: "changed-value", message: valueText(changes, value), changes };
  }
  if (input !== undefined) return { kind: "changed-input", message: firstText(input), changes };
  return { kind: "ok", message: `RIM ${now.rim}`, changes: null };
}

/** The line of the manifest that has most to do with a change. */
function pointerOf({ models, inputs }: LaunchChanges): string {
  const [change] = [...models, ...inputs];
  if (change === undefined) return "";
  const { what } = change;
  if (what.startsWith("/")) return what;
  return what.startsWith("input ")
    ? `/files${pointerStep(what.slice("input ".length))}`
    : `/${what.replaceAll(".", "/")}`;
}

function judgeOne({ launch, locate, result }: Candidate, input: GateInput): Verdict {
  const where = locate("");
  const accept = input.acceptCommand(manifestOf(launch));
  if ("error" in result) {
    const { code, message, hint, where: place } = result.error;
    const kind = code === "FILE_NOT_FOUND" ? "missing-file" : "not-measurable";
    return {
      kind,
      launch,
      message: `${message} [${code}]${hint === undefined ? "" : `; ${hint}`}`,
      where: place?.file === undefined ? where : place,
      changes: null,
      accept: null,
    };
  }
  const locked = input.lock?.launches[launch];
  if (locked === undefined) {
    const message = `RIM ${result.now.rim} was never accepted`;
    return { kind: "new-launch", launch, message, where, changes: null, accept };
  }
  const verdict = compared(locked, result.now, result.why);
  const place = verdict.changes === null ? where : locate(pointerOf(verdict.changes));
  return { ...verdict, launch, where: place, accept: verdict.kind === "ok" ? null : accept };
}

function removed(input: GateInput): readonly Verdict[] {
  const { lock, lockFile, lineOf, candidates, isInScope, acceptCommand } = input;
  const there = new Set(candidates.map(({ launch }) => launch));
  // A manifest that cannot be read has one candidate, under its own name, for all its launches.
  const broken = new Set(
    candidates.flatMap(({ launch, result }) => ("error" in result ? [launch] : [])),
  );
  return Object.keys(lock?.launches ?? {})
    .filter((launch) => !there.has(launch) && !broken.has(manifestOf(launch)) && isInScope(launch))
    .map((launch) => ({
      kind: "removed-launch",
      launch,
      message: "the lock has it, the project does not",
      where: { file: lockFile, line: lineOf(launch) ?? 1 },
      changes: null,
      accept: acceptCommand(manifestOf(launch)),
    }));
}

/** A gate that guards nothing is no gate: somebody runs it in the wrong place. */
function nothing(lockFile: string): Verdict {
  return {
    kind: "no-launch",
    launch: null,
    message: "no file that the lock's patterns name says manifest: 1",
    where: { file: lockFile, line: 1 },
    changes: null,
    accept: null,
  };
}

/** All verdicts: on the lock first, then on the launches by name. */
export function judge(input: GateInput): readonly Verdict[] {
  const { lock, lockFile, candidates, acceptCommand } = input;
  const missing: readonly Verdict[] =
    lock !== undefined
      ? []
      : [
          {
            kind: "missing-lock",
            launch: null,
            message: `there is no ${lockFile}`,
            where: { file: lockFile, line: 1 },
            changes: null,
            accept: acceptCommand(),
          },
        ];
  const launches = [...candidates.map((one) => judgeOne(one, input)), ...removed(input)];
  return [
    ...(launches.length === 0 ? [nothing(lockFile)] : []),
    ...missing,
    ...toolVerdicts(input),
    ...launches.toSorted((a, b) => ((a.launch ?? "") < (b.launch ?? "") ? -1 : 1)),
  ];
}
