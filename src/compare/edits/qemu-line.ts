/**
 * A qemu-system-aarch64 line with other options, or other keys in their lists.
 *
 * @module
 */
import { parseQemuName } from "../../host/models.ts";
import { findOption } from "../../host/vmm/qemu/options.ts";
import { resolveRelease } from "../../host/vmm/qemu/versions.ts";
import type { LaunchPlan } from "../../manifest/plan.ts";
import { choices, type Edit, withArguments } from "./edit.ts";
import { type KnownOption, type OptionWords, optionsIn, withOption } from "./option-words.ts";

const NEWEST = 1101;
/** Words before the options: the program. */
const START = 1;

/** Spellings of an option: one dash or two, and the short form of -machine. */
function spellings(name: string): readonly string[] {
  const names = name === "machine" || name === "M" ? ["machine", "M"] : [name];
  return names.flatMap((each) => [`-${each}`, `--${each}`]);
}

/** The options that a line has, with whether they take a value in its release. */
function knownOptions({ host: { vmm, args = [] } }: LaunchPlan): readonly KnownOption[] {
  const version = parseQemuName(vmm)?.version ?? "";
  const release = resolveRelease(version)?.release ?? NEWEST;
  const names = args.filter((word) => word.startsWith("-")).map((word) => word.replace(/^--?/, ""));
  return [...new Set(names)].map((name) => ({
    names: spellings(name),
    value: findOption(name, release)?.argument === true ? "required" : "none",
  }));
}

function uses(plan: LaunchPlan, name: string): readonly OptionWords[] {
  return optionsIn(plan.host.args ?? [], knownOptions(plan)).filter(({ option }) =>
    option.names.includes(name),
  );
}

/** The value of an option, as the last use of it gives it. */
export function currentValue(plan: LaunchPlan, name: string): string | undefined {
  return uses(plan, name).at(-1)?.value;
}

/** Sets, replaces or (without a value) removes an option. */
export function setOption(name: string, value: string | undefined): Edit["apply"] {
  return (plan) =>
    withArguments(plan, (args) => {
      const last = uses(plan, name).at(-1);
      const spelled = last === undefined ? name : (args[last.first] ?? name);
      const words = value === undefined ? [] : [spelled, value];
      return withOption(args, name, words, { options: knownOptions(plan), start: START });
    });
}

/** Other values of an option, or the option gone. */
export function values(
  plan: LaunchPlan,
  name: string,
  rarity: number,
  texts: readonly string[],
  mayGo = true,
): readonly Edit[] {
  const now = currentValue(plan, name);
  const others = [...new Set(texts)].filter((text) => text !== now);
  const gone: readonly (string | undefined)[] = now === undefined || !mayGo ? [] : [undefined];
  return choices(name, rarity, [...others, ...gone], (text) => ({
    value: text === undefined ? `no ${name}` : `${name} ${text}`,
    apply: setOption(name, text),
  }));
}

/** Splits `a,b=c`; a doubled comma belongs to a value. */
export function partsOf(list: string): readonly string[] {
  return list
    .replaceAll(",,", "\0")
    .split(",")
    .map((part) => part.replaceAll("\0", ",,"));
}

/** A list with another value for a key, in place of the last one that says it. */
function withPart(list: string, key: string, value: string | undefined): string | undefined {
  const parts = partsOf(list);
  const isOf = (part: string): boolean => part === key || part.startsWith(`${key}=`);
  const last = parts.findLastIndex(isOf);
  if (last < 0) return value === undefined ? undefined : `${list},${key}=${value}`;
  return parts
    .flatMap((part, i) => {
      if (i === last && value !== undefined) return [`${key}=${value}`];
      return isOf(part) ? [] : [part];
    })
    .join(",");
}

/** What a list says for a key, the last time. */
export function partValue(list: string | undefined, key: string): string | undefined {
  const part = partsOf(list ?? "").findLast((each) => each.startsWith(`${key}=`));
  return part?.slice(key.length + 1);
}

/** Which option holds a list, and how the list begins. */
export interface ListOption {
  readonly name: string;
  readonly begins?: string;
}

/** The last use of an option that holds such a list. */
export function listOf(
  plan: LaunchPlan,
  { name, begins = "" }: ListOption,
): OptionWords | undefined {
  return uses(plan, name).findLast(({ value }) => value?.startsWith(begins) === true);
}

/** Sets or (without a value) removes keys of an option's list. */
export function setParts(
  option: ListOption,
  changes: Readonly<Record<string, string | undefined>>,
): Edit["apply"] {
  return (plan) =>
    withArguments(plan, (args) => {
      const use = listOf(plan, option);
      let list = use?.value;
      for (const [key, value] of Object.entries(changes)) {
        if (list !== undefined) list = withPart(list, key, value);
      }
      if (use === undefined || list === undefined) return undefined;
      const changed = list;
      return args.map((word, i) => (i === use.first + 1 ? changed : word));
    });
}

/** Other values of a key in an option's list, or the key gone. */
export function parts(
  plan: LaunchPlan,
  option: ListOption,
  key: string,
  rarity: number,
  texts: readonly string[],
): readonly Edit[] {
  const use = listOf(plan, option);
  if (use === undefined) return [];
  const now = partValue(use.value, key);
  const gone: readonly (string | undefined)[] = now === undefined ? [] : [undefined];
  const others = texts.filter((text) => text !== now);
  return choices(`${option.name} ${key}`, rarity, [...others, ...gone], (text) => ({
    value: text === undefined ? `no ${key}` : `${key}=${text}`,
    apply: setParts(option, { [key]: text }),
  }));
}

/** Keys without which a list means nothing, or another object. */
const ESSENTIAL = /^(?:id|qom-type|confidential-guest-support)=/;

/** A list without one of its parts: each part that has a key. */
export function spareParts(plan: LaunchPlan, option: ListOption, rarity: number): readonly Edit[] {
  const list = listOf(plan, option)?.value ?? "";
  const keyed = partsOf(list).filter((part) => part.includes("=") && !ESSENTIAL.test(part));
  return keyed.map((part) => {
    const key = part.slice(0, part.indexOf("="));
    const apply = setParts(option, { [key]: undefined });
    return { group: `${option.name} ${key}`, rarity, value: `no ${key}`, apply };
  });
}

/** The line without one use of an option: each of them. */
export function spareOptions(plan: LaunchPlan, rarity: number): readonly Edit[] {
  const { args = [] } = plan.host;
  return optionsIn(args, knownOptions(plan)).map(({ option, first, count }) => {
    const words = args.slice(first, first + count);
    const text = words.join(" ");
    return {
      group: option.names[0] ?? text,
      rarity,
      value: `no ${text}`,
      apply: (before) =>
        withArguments(before, (line) => {
          const at = line.findIndex((_, i) => words.every((word, j) => line[i + j] === word));
          return at < 0 ? undefined : line.toSpliced(at, count);
        }),
    };
  });
}
