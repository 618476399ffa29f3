/**
 * Other qemu-system-aarch64 lines.
 *
 * @module
 */
import { parseQemuName } from "../../host/models.ts";
import { findOption } from "../../host/vmm/qemu/options.ts";
import { findSeries } from "../../host/vmm/qemu/series.ts";
import { resolveRelease } from "../../host/vmm/qemu/versions.ts";
import type { LaunchPlan } from "../../manifest/plan.ts";
import { choices, type Edit, type EditTools, numbers, RARITY, withArguments } from "./edit.ts";
import { parameterLines } from "./kernel-parameters.ts";
import { type KnownOption, type OptionWords, optionsIn, withOption } from "./option-words.ts";
import { CPU_COUNTS, RAM_MIB } from "./sizes.ts";

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

function currentValue(plan: LaunchPlan, name: string): string | undefined {
  return uses(plan, name).at(-1)?.value;
}

/** Sets, replaces or (without a value) removes an option. */
function setOption(name: string, value: string | undefined): Edit["apply"] {
  return (plan) =>
    withArguments(plan, (args) => {
      const last = uses(plan, name).at(-1);
      const spelled = last === undefined ? name : (args[last.first] ?? name);
      const words = value === undefined ? [] : [spelled, value];
      return withOption(args, name, words, { options: knownOptions(plan), start: START });
    });
}

/** Other values of an option, or the option gone. */
function values(
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
function partsOf(list: string): readonly string[] {
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

function partValue(list: string | undefined, key: string): string | undefined {
  const part = partsOf(list ?? "").findLast((each) => each.startsWith(`${key}=`));
  return part?.slice(key.length + 1);
}

/** Which option holds a list, and how the list begins. */
interface ListOption {
  readonly name: string;
  readonly begins?: string;
}

function listOf(plan: LaunchPlan, { name, begins = "" }: ListOption): OptionWords | undefined {
  return uses(plan, name).findLast(({ value }) => value?.startsWith(begins) === true);
}

/** Sets or (without a value) removes keys of an option's list. */
function setParts(
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
function parts(
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

const MACHINE: ListOption = { name: "-machine" };
const CPU: ListOption = { name: "-cpu" };
const REALM: ListOption = { name: "-object", begins: "rme-guest" };
const SWITCH: readonly string[] = ["on", "off"];

/** `-m 512M` in whatever form the line has it. */
function ramEdits(plan: LaunchPlan): readonly Edit[] {
  const { forgotten } = RARITY;
  const list = currentValue(plan, "-m");
  const sizes = RAM_MIB.map((size) => `${size}M`);
  if (list === undefined) return values(plan, "-m", forgotten, sizes);
  const [first = "", ...rest] = partsOf(list);
  const isNamed = first.startsWith("size=");
  const written = (size: string): string => [isNamed ? `size=${size}` : size, ...rest].join(",");
  return values(plan, "-m", forgotten, sizes.map(written));
}

function cpuCountEdits(plan: LaunchPlan): readonly Edit[] {
  const list = currentValue(plan, "-smp");
  const isNamed = list !== undefined && partValue(list, "cpus") !== undefined;
  const counts = CPU_COUNTS.map(String);
  return isNamed
    ? parts(plan, { name: "-smp" }, "cpus", RARITY.forgotten, counts)
    : values(plan, "-smp", RARITY.forgotten, counts);
}

function machineEdits(plan: LaunchPlan): readonly Edit[] {
  const { forgotten, guessed, unusual } = RARITY;
  return [
    ...cpuCountEdits(plan),
    ...ramEdits(plan),
    ...values(
      plan,
      "-append",
      guessed,
      parameterLines(currentValue(plan, "-append"), ["ttyAMA0", "hvc0"]),
    ),
    ...parts(plan, MACHINE, "its", guessed, SWITCH),
    ...parts(plan, MACHINE, "gic-version", guessed, ["3", "host", "max", "2", "4"]),
    ...parts(plan, MACHINE, "highmem", guessed, SWITCH),
    ...parts(plan, MACHINE, "acpi", guessed, SWITCH),
    ...parts(plan, MACHINE, "iommu", unusual, ["smmuv3"]),
    ...parts(plan, MACHINE, "dtb-randomness", forgotten, ["off"]),
    ...parts(plan, MACHINE, "compact-highmem", unusual, SWITCH),
    ...parts(plan, MACHINE, "highmem-ecam", unusual, SWITCH),
    ...parts(plan, MACHINE, "highmem-mmio", unusual, SWITCH),
    ...parts(plan, MACHINE, "virtualization", unusual, SWITCH),
    ...choices("-serial", unusual, [["-serial", "null"]], (words) => ({
      value: "one more -serial",
      apply: (before) => withArguments(before, (args) => [...args, ...words]),
    })),
  ];
}

const VECTORS: readonly string[] = numbers(1, 16).map((count) => String(128 * count));

/** The longest vectors that `-cpu` allows. */
function vectorEdits(plan: LaunchPlan): readonly Edit[] {
  if (listOf(plan, CPU) === undefined) return [];
  return choices("-cpu sve", RARITY.guessed, VECTORS, (bits) => ({
    value: `sve${bits}=on`,
    apply: setParts(CPU, { [`sve${bits}`]: "on" }),
  }));
}

function cpuEdits(plan: LaunchPlan): readonly Edit[] {
  const { forgotten, guessed } = RARITY;
  const list = currentValue(plan, "-cpu");
  const model = partsOf(list ?? "")[0] ?? "";
  const renamed = ["host", "max"].filter((name) => list !== undefined && name !== model);
  return [
    ...choices("-cpu", guessed, renamed, (name) => ({
      value: `-cpu ${name}`,
      apply: setOption("-cpu", [name, ...partsOf(list ?? "").slice(1)].join(",")),
    })),
    ...parts(plan, CPU, "pmu", forgotten, ["off", "on"]),
    ...parts(plan, CPU, "sve", forgotten, ["off", "on"]),
    ...vectorEdits(plan),
    ...parts(plan, CPU, "num-pmu-counters", guessed, numbers(0, 31).map(String)),
    ...parts(plan, CPU, "num-breakpoints", guessed, numbers(2, 16).map(String)),
    ...parts(plan, CPU, "num-watchpoints", guessed, numbers(2, 16).map(String)),
  ];
}

function realmEdits(plan: LaunchPlan): readonly Edit[] {
  const { forgotten, guessed } = RARITY;
  const series = findSeries(parseQemuName(plan.host.vmm)?.series ?? "");
  const hash = series?.hashProperty;
  const units = series?.unitProperties === true;
  const count = (key: string, last: number): readonly Edit[] =>
    units ? parts(plan, REALM, key, guessed, numbers(0, last).map(String)) : [];
  return [
    ...(hash === undefined ? [] : parts(plan, REALM, hash, forgotten, ["sha256", "sha512"])),
    ...(series?.log === true ? parts(plan, REALM, "measurement-log", guessed, SWITCH) : []),
    ...count("num-breakpoints", 15),
    ...count("num-watchpoints", 15),
    ...count("num-pmu-counters", 31),
    ...(units ? parts(plan, REALM, "sve-vector-length", guessed, VECTORS) : []),
  ];
}

/** Another file, or none. */
function imageEdits(plan: LaunchPlan, { listed }: EditTools): readonly Edit[] {
  const used = plan.host.args ?? [];
  const unused = listed.filter((name) => !used.includes(name));
  return [
    ...values(plan, "-initrd", RARITY.forgotten, unused),
    ...values(plan, "-kernel", RARITY.guessed, unused, false),
    ...values(plan, "-dtb", RARITY.guessed, unused),
  ];
}

/** Changes of a qemu-system-aarch64 line. */
export function qemuEdits(plan: LaunchPlan, tools: EditTools): readonly Edit[] {
  return [
    ...machineEdits(plan),
    ...imageEdits(plan, tools),
    ...cpuEdits(plan),
    ...realmEdits(plan),
  ];
}
