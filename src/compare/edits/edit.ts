/**
 * Single changes of a launch that people make, or forget to make, by mistake.
 *
 * @module
 */
import type { FileLookup } from "../../host/files.ts";
import type { Platform } from "../../host/platform.ts";
import type { LaunchPlan } from "../../manifest/plan.ts";
import { type FieldValue, fieldText, realmFields, realmOf } from "../fields.ts";
import type { InputDifference } from "../inputs.ts";
import type { Quirk } from "../quirks.ts";

/**
 * How rare a mistake is: the search goes by the sum. A step is roughly a factor of three.
 *
 * `forgotten`: what people leave out or take from another machine every day; `guessed`: what they
 * have to look up; `unusual`: what few lines have; `foreign`: what another program does otherwise.
 */
export const RARITY: Readonly<Record<"forgotten" | "guessed" | "unusual" | "foreign", number>> = {
  forgotten: 1,
  guessed: 2,
  unusual: 3,
  foreign: 4,
};

/** One change. */
export interface Edit {
  /** Edits of one group exclude each other, e.g. "platform.breakpoints". */
  readonly group: string;
  /** The change in one line, unique within its group, e.g. "6". */
  readonly value: string;
  /** The rarer the mistake, the larger. */
  readonly rarity: number;
  /** The launch with the change; undefined if it has no such thing to change. */
  readonly apply: (plan: LaunchPlan) => LaunchPlan | undefined;
  /** What is measured otherwise by something that no manifest describes. */
  readonly quirk?: Quirk;
  /** The change of the manifest, where comparing the two launches would not tell it. */
  readonly shown?: InputDifference;
  /** One of so many that it is tried alone, and not together with another change. */
  readonly isAlone?: true;
}

/** Reaches bytes that a launch does not use yet. */
export interface EditTools {
  /** A gzip file's content; undefined if it is none. */
  readonly unpack: (
    name: string,
    files: FileLookup,
  ) => ReturnType<FileLookup["resolve"]> | undefined;
  /** Names under `files` of the manifest. */
  readonly listed: readonly string[];
  /** Names of files that lie beside those of the launch. */
  readonly beside: readonly string[];
}

/** What a file is for. */
export type FileRole = "kernel" | "initrd" | "firmware" | "tree" | "flash";

/** How files are called that lie around for something. */
const LIKELY: Readonly<Partial<Record<FileRole, RegExp>>> = {
  kernel: /image|vmlinu|linux|kernel|\.(?:img|bin)$/i,
  initrd: /init|ramfs|rootfs|cpio|\.(?:gz|bin|img)$/i,
  firmware: /bios|efi|fw|firmware|\.fd$/i,
  tree: /\.dtb$/i,
};

/** Names of files that a launch does not use: those of the manifest, and those that may be meant. */
export function unusedFiles(
  { host: { args = [] } }: LaunchPlan,
  { listed, beside }: EditTools,
  role: FileRole,
): readonly string[] {
  const likely = beside.filter((name) => LIKELY[role]?.test(name) === true);
  return [...listed, ...likely].filter((name) => !args.includes(name));
}

/** Values of one group, the likelier ones first; those further back are a little rarer. */
export function choices<T>(
  group: string,
  rarity: number,
  values: readonly T[],
  edit: (value: T) => { readonly value: string; readonly apply: Edit["apply"] },
): readonly Edit[] {
  return values.map((value, i) => ({ group, rarity: rarity + i / 100, ...edit(value) }));
}

/** Changes that are not combined with others, and that are tried after those that are. */
export function alone(edits: readonly Edit[]): readonly Edit[] {
  return edits.map((edit) => ({ ...edit, isAlone: true }));
}

/** Other values for a field of the platform. */
export function platformChoices<K extends keyof Platform>(
  plan: LaunchPlan,
  field: K,
  rarity: number,
  values: readonly NonNullable<Platform[K]>[],
): readonly Edit[] {
  const others = values.filter((value) => plan.platform[field] !== value);
  return choices(`platform.${field}`, rarity, others, (value) => ({
    value: fieldText(value as FieldValue),
    apply: ({ platform, ...rest }) => ({ ...rest, platform: { ...platform, [field]: value } }),
  }));
}

/** Other values for a field of `realm`; flags are `flags.sve`. */
export function realmChoices(
  plan: LaunchPlan,
  field: string,
  rarity: number,
  values: readonly FieldValue[],
): readonly Edit[] {
  const now = realmFields(plan.realm)[field];
  const others = values.filter((value) => value !== now);
  return choices(`realm.${field}`, rarity, others, (value) => ({
    value: fieldText(value),
    apply: (before) => ({
      ...before,
      realm: realmOf({ ...realmFields(before.realm), [field]: value }),
    }),
  }));
}

/** A command line with other words. */
export function withArguments(
  plan: LaunchPlan,
  change: (args: readonly string[]) => readonly string[] | undefined,
): LaunchPlan | undefined {
  const { args } = plan.host;
  const changed = args === undefined ? undefined : change(args);
  return changed === undefined ? undefined : { ...plan, host: { ...plan.host, args: changed } };
}

/** Whole numbers from `first` to `last`. */
export function numbers(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
