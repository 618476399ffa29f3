/**
 * Other qemu-system-aarch64 lines.
 *
 * @module
 */
import { parseQemuName } from "../../host/models.ts";
import { findSeries } from "../../host/vmm/qemu/series.ts";
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
import {
  currentValue,
  type ListOption,
  listOf,
  parts,
  partsOf,
  partValue,
  setOption,
  setParts,
  spareOptions,
  spareParts,
  values,
} from "./qemu-line.ts";
import { CPU_COUNTS, RAM_MIB, RARE_CPU_COUNTS, RARE_RAM_MIB } from "./sizes.ts";

const MACHINE: ListOption = { name: "-machine" };
const CPU: ListOption = { name: "-cpu" };
const REALM: ListOption = { name: "-object", begins: "rme-guest" };
const SWITCH: readonly string[] = ["on", "off"];

/** `-m 512M` in whatever form the line has it. */
function ramEdits(plan: LaunchPlan): readonly Edit[] {
  const { forgotten, foreign } = RARITY;
  const [first = "", ...rest] = partsOf(currentValue(plan, "-m") ?? "");
  const isNamed = first.startsWith("size=");
  const written = (mib: number): string => {
    const size = `${mib}M`;
    return [isNamed ? `size=${size}` : size, ...rest].join(",");
  };
  return [
    ...values(plan, "-m", forgotten, RAM_MIB.map(written)),
    ...alone(values(plan, "-m", foreign, RARE_RAM_MIB.map(written))),
  ];
}

/** Sockets, cores and threads of some vCPUs, where they are not all cores of one socket. */
function topologies(count: number): readonly string[] {
  return numbers(1, count).flatMap((sockets) =>
    [1, 2].flatMap((threads) => {
      const cores = count / sockets / threads;
      if (!Number.isInteger(cores) || (sockets === 1 && threads === 1)) return [];
      const list = `${count},sockets=${sockets},cores=${cores}`;
      return [threads === 1 ? list : `${list},threads=${threads}`];
    }),
  );
}

function cpuCountEdits(plan: LaunchPlan): readonly Edit[] {
  const { forgotten, unusual, foreign } = RARITY;
  const list = currentValue(plan, "-smp");
  const isNamed = list !== undefined && partValue(list, "cpus") !== undefined;
  const counts = CPU_COUNTS.map(String);
  return [
    ...(isNamed
      ? parts(plan, { name: "-smp" }, "cpus", forgotten, counts)
      : values(plan, "-smp", forgotten, counts)),
    ...values(plan, "-smp", unusual, [2, 4, 6, 8, 12, 16].flatMap(topologies)),
    ...alone(values(plan, "-smp", foreign, RARE_CPU_COUNTS.map(String))),
  ];
}

const CONSOLES: readonly string[] = ["ttyAMA0", "hvc0"];

function machineEdits(plan: LaunchPlan): readonly Edit[] {
  const { forgotten, guessed, unusual, foreign } = RARITY;
  return [
    ...cpuCountEdits(plan),
    ...ramEdits(plan),
    ...values(plan, "-append", guessed, parameterLines(currentValue(plan, "-append"), CONSOLES)),
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
    ...alone(values(plan, "-append", foreign, wholeLines(CONSOLES))),
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
function imageEdits(plan: LaunchPlan, tools: EditTools): readonly Edit[] {
  const { forgotten, guessed } = RARITY;
  const files = (role: FileRole): readonly string[] => unusedFiles(plan, tools, role);
  return [
    ...values(plan, "-initrd", forgotten, files("initrd")),
    ...values(plan, "-kernel", guessed, files("kernel"), false),
    ...values(plan, "-dtb", guessed, files("tree")),
    ...values(plan, "-bios", guessed, files("firmware")),
  ];
}

/** Changes of a qemu-system-aarch64 line. */
export function qemuEdits(plan: LaunchPlan, tools: EditTools): readonly Edit[] {
  return [
    ...machineEdits(plan),
    ...imageEdits(plan, tools),
    ...cpuEdits(plan),
    ...realmEdits(plan),
    ...[MACHINE, CPU, REALM].flatMap((list) => spareParts(plan, list, RARITY.guessed)),
    ...spareOptions(plan, RARITY.guessed),
  ];
}
