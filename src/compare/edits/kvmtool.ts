/**
 * Other `lkvm run` lines.
 *
 * @module
 */
import { type OptionSpec, optionsOf } from "../../host/vmm/kvmtool/options.ts";
import { KVMTOOL_VERSIONS } from "../../host/vmm/kvmtool/versions.ts";
import type { LaunchPlan } from "../../manifest/plan.ts";
import {
  alone,
  choices,
  type Edit,
  type EditTools,
  type FileRole,
  numbers,
  RARITY,
  unusedFiles,
  withArguments,
} from "./edit.ts";
import { parameterLines, wholeLines } from "./kernel-parameters.ts";
import { type KnownOption, optionsIn, withOption } from "./option-words.ts";
import { CPU_COUNTS, RAM_MIB, RARE_CPU_COUNTS, RARE_RAM_MIB } from "./sizes.ts";

/** The options of all trees, each once. */
const SPECS: readonly OptionSpec[] = [
  ...new Map(
    KVMTOOL_VERSIONS.flatMap(({ facts }) => optionsOf(facts)).map((spec) => [spec.long, spec]),
  ).values(),
];

function takes(spec: OptionSpec): KnownOption["value"] {
  if (spec.kind === "flag") return "none";
  return spec.kind === "call" ? spec.argument : "required";
}

const OPTIONS: readonly KnownOption[] = SPECS.map((spec) => ({
  names: [`--${spec.long}`, ...(spec.short === undefined ? [] : [`-${spec.short}`])],
  value: takes(spec),
}));

/** Options that can be given several times, each time for a device. */
const REPEATED: ReadonlySet<string> = new Set(["-d", "-n", "--9p"]);

/** The words before the options: `lkvm run`. */
function startOf(args: readonly string[]): number {
  return args[1] === "run" ? 2 : 1;
}

/** Sets, replaces or (without words) removes an option. */
function setOption(name: string, words: readonly string[]): Edit["apply"] {
  return (plan) =>
    withArguments(plan, (args) => {
      const start = startOf(args);
      if (words.length > 0 && REPEATED.has(name)) {
        return [...args.slice(0, start), ...words, ...args.slice(start)];
      }
      return withOption(args, name, words, { options: OPTIONS, start });
    });
}

/** The value of an option, as the last use of it gives it. */
function currentValue(plan: LaunchPlan, name: string): string | undefined {
  const uses = optionsIn(plan.host.args ?? [], OPTIONS);
  return uses.findLast(({ option }) => option.names.includes(name))?.value;
}

/** Whether a kvmtool line has an option, by one of its names (`-c`). */
export function kvmtoolHas(plan: LaunchPlan, name: string): boolean {
  const uses = optionsIn(plan.host.args ?? [], OPTIONS);
  return uses.some(({ option }) => option.names.includes(name));
}

/** The words of an option with a value, spelled as the line spells them. */
function spelled(plan: LaunchPlan, name: string, value: string): readonly string[] {
  const { args = [] } = plan.host;
  const use = optionsIn(args, OPTIONS).findLast(({ option }) => option.names.includes(name));
  const word = use === undefined ? name : (args[use.first] ?? name);
  if (!word.includes("=")) return [use?.count === 2 ? word : name, value];
  return [`${word.slice(0, word.indexOf("="))}=${value}`];
}

/** Other values of an option, or the option gone. */
function values(
  plan: LaunchPlan,
  name: string,
  rarity: number,
  texts: readonly string[],
): readonly Edit[] {
  const now = currentValue(plan, name);
  const others = [...new Set(texts)].filter((text) => text !== now);
  const gone: readonly (string | undefined)[] = now === undefined ? [] : [undefined];
  return choices(name, rarity, [...others, ...gone], (text) => ({
    value: text === undefined ? `no ${name}` : `${name} ${text}`,
    apply: setOption(name, text === undefined ? [] : spelled(plan, name, text)),
  }));
}

/** A switch, on or off. */
function flag(plan: LaunchPlan, name: string, rarity: number): Edit {
  const isOn = kvmtoolHas(plan, name);
  return {
    group: name,
    rarity,
    value: isOn ? `no ${name}` : name,
    apply: setOption(name, isOn ? [] : [name]),
  };
}

const CONSOLES: readonly string[] = ["ttyS0", "hvc0"];

/** Where RAM may start, other than at 2 GiB. */
const RAM_STARTS: readonly string[] = ["1G", "3G", "4G", "8G", "16G", "64G", "256G", "512G", "1T"];

/** Sizes in MiB as the line writes them: with the start of the RAM if it has one. */
function ramEdits(plan: LaunchPlan): readonly Edit[] {
  const [size = "512M", start] = (currentValue(plan, "-m") ?? "512M").split("@");
  const written = (mib: number): string => (start === undefined ? `${mib}M` : `${mib}M@${start}`);
  const starts = RAM_STARTS.flatMap((each) =>
    [size, ...RAM_MIB.slice(0, 8).map((mib) => `${mib}M`)].map((some) => `${some}@${each}`),
  );
  return [
    ...values(plan, "-m", RARITY.forgotten, RAM_MIB.map(written)),
    ...alone(
      values(plan, "-m", RARITY.foreign, [
        size,
        ...starts,
        ...(start === undefined ? [] : RAM_MIB.map((mib) => `${mib}M`)),
        ...RARE_RAM_MIB.map(written),
      ]),
    ),
  ];
}

function machine(plan: LaunchPlan): readonly Edit[] {
  const { forgotten, guessed, foreign } = RARITY;
  return [
    ...values(plan, "-c", forgotten, CPU_COUNTS.map(String)),
    ...alone(values(plan, "-c", foreign, RARE_CPU_COUNTS.map(String))),
    ...ramEdits(plan),
    ...values(plan, "--console", forgotten, ["serial", "virtio", "hv"]),
    ...values(plan, "-p", guessed, parameterLines(currentValue(plan, "-p"), CONSOLES)),
    ...alone(values(plan, "-p", foreign, wholeLines(CONSOLES))),
    ...values(plan, "--irqchip", guessed, ["gicv3", "gicv3-its"]),
    ...values(plan, "--measurement-algo", forgotten, ["sha256", "sha512"]),
    flag(plan, "--nodefaults", guessed),
  ];
}

/** The line with other words, or none, in place of its n-th use of an option. */
function withUse(name: string, nth: number, words: readonly string[]): Edit["apply"] {
  return (plan) =>
    withArguments(plan, (args) => {
      const uses = optionsIn(args, OPTIONS).filter(({ option }) => option.names.includes(name));
      const use = uses[nth];
      return use === undefined ? undefined : args.toSpliced(use.first, use.count, ...words);
    });
}

/** Options that the other edits of a line do not remove, or only all at once. */
function spareOptions(plan: LaunchPlan): readonly Edit[] {
  const { args = [] } = plan.host;
  const counts = new Map<string, number>();
  return optionsIn(args, OPTIONS).flatMap(({ option, first, count }): readonly Edit[] => {
    const name = option.names.at(-1) ?? "";
    const nth = counts.get(name) ?? 0;
    counts.set(name, nth + 1);
    if (name === "--realm") return [];
    const value = `no ${args.slice(first, first + count).join(" ")}`;
    const group = option.names.find((each) => each === "-d" || each === "-n") ?? name;
    return [{ group, rarity: RARITY.guessed, value, apply: withUse(name, nth, []) }];
  });
}

/** Each device of a kind that a line can have several of, as another one of that kind. */
function otherDevices(
  plan: LaunchPlan,
  kinds: Readonly<Record<string, readonly string[]>>,
): readonly Edit[] {
  const uses = optionsIn(plan.host.args ?? [], OPTIONS);
  return Object.entries(kinds).flatMap(([name, values]) =>
    uses
      .filter(({ option }) => option.names.includes(name))
      .flatMap(({ value }, nth) =>
        choices(
          name,
          RARITY.unusual,
          values.filter((other) => other !== value),
          (other) => ({
            value: `${name} ${other} in place of ${name} ${value ?? ""}`.trimEnd(),
            apply: withUse(name, nth, [name, other]),
          }),
        ),
      ),
  );
}

function devices(plan: LaunchPlan, { listed }: EditTools): readonly Edit[] {
  const { guessed, unusual } = RARITY;
  const folders = listed.filter((name) => plan.files.isDirectory(name));
  const disks = numbers(1, 4).map((count) =>
    Array.from({ length: count }, () => ["-d", "disk.img"]),
  );
  return [
    ...values(plan, "--virtio-transport", guessed, ["mmio", "pci", "pci-legacy"]),
    ...["--force-pci", "--balloon", "--rng", "--no-dhcp", "--virtio-legacy"].map((name) =>
      flag(plan, name, unusual),
    ),
    ...choices("-n", guessed, [["-n", "mode=none"], ["-n", "mode=user"], []], (words) => ({
      value: words.length === 0 ? "no -n" : words.join(" "),
      apply: setOption("-n", words),
    })),
    ...choices("-d", guessed, [...disks, []], (list) => ({
      value: list.length === 0 ? "no -d" : `${list.length} more -d`,
      apply: setOption("-d", list.flat()),
    })),
    ...choices("-d", unusual, folders, (name) => ({
      value: `-d ${name}`,
      apply: setOption("-d", ["-d", name]),
    })),
    ...choices("--9p", unusual, [["--9p", "/tmp,tmp"], []], (words) => ({
      value: words.length === 0 ? "no --9p" : words.join(" "),
      apply: setOption("--9p", words),
    })),
    ...otherDevices(plan, {
      "-n": ["mode=none", "mode=user", "virtio"],
      "-d": ["disk.img", ...folders],
    }),
    ...values(plan, "--vsock", unusual, ["3"]),
    ...values(plan, "--kaslr-seed", unusual, ["1", "0x1234", "0xdeadbeef", "0x12345678"]),
    flag(plan, "--measurement-log", unusual),
  ];
}

/** A PMU with a number of counters, which takes two options. */
function counters(plan: LaunchPlan): readonly Edit[] {
  return choices("--pmu", RARITY.guessed, numbers(0, 31), (count) => {
    const setCount = setOption("--pmu-counters", spelled(plan, "--pmu-counters", String(count)));
    const setPmu = setOption("--pmu", ["--pmu"]);
    return {
      value: `--pmu --pmu-counters ${count}`,
      apply(before) {
        const counted = setCount(before);
        return counted === undefined || kvmtoolHas(plan, "--pmu") ? counted : setPmu(counted);
      },
    };
  });
}

function processor(plan: LaunchPlan): readonly Edit[] {
  const { guessed } = RARITY;
  const vectors = numbers(1, 16).map((count) => String(128 * count));
  return [
    flag(plan, "--pmu", guessed),
    ...counters(plan),
    ...values(plan, "--pmu-counters", guessed, numbers(0, 31).map(String)),
    ...values(plan, "--sve-vl", guessed, vectors),
    ...values(plan, "--sve-max-vl", guessed, ["128", "256", "512", "1024", "2048"]),
    flag(plan, "--disable-sve", guessed),
  ];
}

/** Another file, or none. */
function images(plan: LaunchPlan, tools: EditTools): readonly Edit[] {
  const { forgotten, guessed, unusual } = RARITY;
  const files = (role: FileRole): readonly string[] => unusedFiles(plan, tools, role);
  return [
    ...values(plan, "-i", forgotten, files("initrd")),
    ...values(plan, "-k", guessed, files("kernel")).filter(({ value }) => value !== "no -k"),
    ...values(plan, "--dtb", guessed, files("tree")),
    ...values(plan, "-f", guessed, files("firmware")),
    ...values(plan, "-F", unusual, files("flash")),
  ];
}

/** Changes of an `lkvm run` line. */
export function kvmtoolEdits(plan: LaunchPlan, tools: EditTools): readonly Edit[] {
  return [
    ...machine(plan),
    ...images(plan, tools),
    ...processor(plan),
    ...devices(plan, tools),
    ...spareOptions(plan),
  ];
}
