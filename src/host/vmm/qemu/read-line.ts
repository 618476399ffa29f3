/**
 * From the words of a QEMU line to what it asks for.
 *
 * @module
 */
import { chooseAccelerator } from "./accelerator.ts";
import { readArguments } from "./arguments.ts";
import {
  defaultSettings,
  type MachineSettings,
  type MemorySizes,
  type QemuConfig,
} from "./config.ts";
import { readCpu } from "./cpu.ts";
import { type MemoryProperty, type SortedLine, sortLine } from "./line-reader.ts";
import { type MachineProperty, setMachineProperty } from "./machine-options.ts";
import { findMachineType, type MachineFacts, machineFacts } from "./machine-types.ts";
import { completeMemory } from "./memory.ts";
import { backendSize, findBackend } from "./numa.ts";
import { notModelled, refuseArgument } from "./refusal.ts";
import type { SeriesFacts } from "./series.ts";
import { readSmpCache } from "./smp-cache.ts";
import { completeTopology } from "./topology.ts";
import { type QemuRelease, releaseName } from "./versions.ts";

/** What decides how a line is read. */
export interface LineContext {
  readonly release: QemuRelease;
  /** Realm series of the binary; undefined for a release. */
  readonly series: SeriesFacts | undefined;
}

function machineOf(properties: readonly MachineProperty[], release: QemuRelease): MachineFacts {
  const named = properties.findLast(({ key }) => key === "type");
  if (named === undefined) {
    throw refuseArgument("No machine specified, and there is no default", undefined, "add -M virt");
  }
  const type = findMachineType(named.value, release.release);
  if (type === "other") {
    const hint = "machine types virt and virt-X.Y are";
    throw notModelled(`machine ${named.value} is not modelled`, named.index, hint);
  }
  if (type === undefined) {
    const hint = `QEMU ${releaseName(release.release)} does not have it`;
    throw refuseArgument(`unsupported machine type: ${named.value}`, named.index, hint);
  }
  return machineFacts(type);
}

/** Keys of `-machine` that are read elsewhere. */
const ELSEWHERE: readonly string[] = ["type", "accel"];
/** Of two names of one setting QEMU applies this one last, wherever it stands. */
const LAST: readonly string[] = ["dtb-kaslr-seed", "msi"];

function inOrder(properties: readonly MachineProperty[]): readonly MachineProperty[] {
  const isLast = ({ key }: MachineProperty): boolean => LAST.includes(key);
  const own = properties.filter(({ key }) => !ELSEWHERE.includes(key));
  return [...own.filter((property) => !isLast(property)), ...own.filter(isLast)];
}

function settingsOf(
  line: SortedLine,
  kernelIrqchip: string | undefined,
  { release, series }: LineContext,
  machine: MachineFacts,
): MachineSettings {
  const settings = defaultSettings();
  for (const property of inOrder(line.machine)) {
    if (property.key === "its" && !machine.hasIts && !release.has("itsAlways")) {
      throw refuseArgument(`Property '${machine.name}-machine.its' not found`, property.index);
    }
    const autoRandomness = series !== undefined && !series.neverRandom;
    setMachineProperty(settings, { property, release: release.release, autoRandomness });
  }
  settings.caches = readSmpCache(line.machine, release);
  settings.flashDrive ||= line.flashDrive;
  if (kernelIrqchip !== undefined) settings.kernelIrqchip = kernelIrqchip !== "off";
  return settings;
}

/** RAM of a backend is as large as the backend. */
function memoryOf(
  properties: readonly MemoryProperty[],
  line: SortedLine,
  settings: MachineSettings,
  release: QemuRelease,
): MemorySizes {
  const memory = completeMemory(properties);
  if (settings.memoryBackend === undefined) return memory;
  const backend = findBackend(line.objects, settings.memoryBackend);
  if (backend === undefined) {
    throw refuseArgument(`Memory backend '${settings.memoryBackend}' not found`);
  }
  const size = backendSize(backend);
  if (size === memory.size) return memory;
  if (memory.given) {
    throw refuseArgument(
      "Size specified by -m option must match size of explicitly specified 'memory-backend' property",
      backend.index,
    );
  }
  if (release.has("backendSizeLater")) {
    const hint = "give the same size with -m";
    throw notModelled("a memory backend without -m is not modelled", backend.index, hint);
  }
  return { ...memory, size };
}

/** Options that need a kernel to go with. */
function checkKernel({ kernel, initrd, append }: MachineSettings): void {
  if (kernel !== undefined) return;
  if (append !== undefined) throw refuseArgument("-append only allowed with -kernel option");
  if (initrd !== undefined) {
    throw refuseArgument("-initrd only allowed with -kernel option", initrd.index);
  }
}

/**
 * Reads a line.
 *
 * @param argv the whole line, its program first.
 * @throws CcaRimError HOST_ARGUMENT where QEMU refuses an argument; HOST_NOT_MODELLED
 */
export function readLine(argv: readonly string[], context: LineContext): QemuConfig {
  const { release } = context;
  const line = sortLine(readArguments(argv, release.release), release);
  const machine = machineOf(line.machine, release);
  const accel = line.machine.findLast(({ key }) => key === "accel");
  const choice = chooseAccelerator(argv[0] ?? "", line.accel, accel);
  const settings = settingsOf(line, choice.kernelIrqchip, context, machine);
  checkKernel(settings);
  const smp = {
    values: new Map(line.smp.map(({ key, value }) => [key, value])),
    index: line.smp[0]?.index,
  };
  return {
    machine,
    settings,
    accelerator: choice.accelerator,
    cpu: readCpu(line.cpu?.value, line.cpu?.index),
    topology: completeTopology({ release, machine, smp }),
    memory: memoryOf(line.memory, line, settings, release),
    numa: line.numa,
    objects: line.objects,
    devices: line.devices,
    nics: line.nics,
    serials: line.serials.map((port) => port !== "none"),
  };
}
