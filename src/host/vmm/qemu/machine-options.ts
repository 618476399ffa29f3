/**
 * The properties of `-machine virt`, dated, each with what it sets.
 *
 * @see QEMU hw/arm/virt.c (virt_machine_class_init), hw/core/machine.c (machine_class_init)
 * @module
 */
import type { MachineSettings, MachineSwitches } from "./config.ts";
import { holds, type Release } from "./facts.ts";
import { parseSize, parseSwitch, parseUnsigned } from "./numbers.ts";
import { notModelled, refuseArgument } from "./refusal.ts";
import { releaseName } from "./versions.ts";

/** A property of the machine with its place in the line. */
export interface MachineProperty {
  readonly key: string;
  readonly value: string;
  readonly index: number;
}

interface Context {
  readonly property: MachineProperty;
  readonly release: Release;
  /** Whether seeds may be left to the kind of guest, as in realm series. */
  readonly autoRandomness: boolean;
}

type Setter = (settings: MachineSettings, context: Context) => void;

interface PropertySpec {
  readonly since?: Release;
  readonly until?: Release;
  readonly set: Setter;
}

function refuseValue({ property: { key, value, index } }: Context, expects: string): Error {
  return refuseArgument(`Parameter '${key}' expects ${expects}, not "${value}"`, index);
}

function switchOf(context: Context): boolean {
  const on = parseSwitch(context.property.value);
  if (on === undefined) throw refuseValue(context, "'on' or 'off'");
  return on;
}

function toggles(name: keyof MachineSwitches): Setter {
  return (settings, context) => {
    settings[name] = switchOf(context);
  };
}

/** On, off, or left to QEMU. */
function autoSwitch(context: Context): boolean | undefined {
  const { value } = context.property;
  if (value === "auto") return undefined;
  if (value === "on" || value === "off") return value === "on";
  throw refuseValue(context, "auto, on or off");
}

function names(slot: "kernel" | "initrd" | "dtb" | "firmware"): Setter {
  return (settings, { property: { value, index } }) => {
    settings[slot] = { name: value, index };
  };
}

const ignored: Setter = () => undefined;

/** A text that counts nowhere, but must not be longer than that. */
function atMost(bytes: number): Setter {
  return (_settings, { property: { key, value, index } }) => {
    if (new TextEncoder().encode(value).length <= bytes) return;
    const name = key.replace("x-", "");
    const reason = `User specified ${name} value is bigger than ${bytes} bytes in size`;
    throw refuseArgument(reason, index);
  };
}

const ignoredSwitch: Setter = (_settings, context) => {
  switchOf(context);
};

function oneOf<T extends string>(context: Context, known: readonly T[]): T {
  const found = known.find((word) => word === context.property.value);
  if (found === undefined) throw refuseValue(context, known.join(", "));
  return found;
}

const setGicVersion: Setter = (settings, context) => {
  const known = ["2", "3", "host", "max"] as const;
  const { release } = context;
  if (holds("gicV5", release, 0) && context.property.value === "x-5") {
    throw notModelled("gic-version=x-5 is not modelled", context.property.index, "use 3");
  }
  const later = holds("gicV4", release, 0) ? ["4" as const] : [];
  settings.gicVersion = oneOf(context, [...known, ...later]);
};

const setMsi: Setter = (settings, context) => {
  settings.msi = oneOf(context, ["auto", "its", "gicv2m", "off"]);
};

const setIts: Setter = (settings, context) => {
  settings.msi = switchOf(context) ? "its" : "legacy-off";
};

const setRandomness: Setter = (settings, context) => {
  settings.randomness = context.autoRandomness ? autoSwitch(context) : switchOf(context);
};

const setHighmemMmioSize: Setter = (settings, context) => {
  const size = parseSize(context.property.value);
  if (size === undefined) throw refuseValue(context, "a size");
  const { index } = context.property;
  if (size === 0n || (size & (size - 1n)) !== 0n) {
    throw refuseArgument("highmem-mmio-size is not a power of 2", index);
  }
  if (size < 512n << 30n) {
    throw refuseArgument("highmem-mmio-size cannot be lower than the default (512 GiB)", index);
  }
  settings.highmemMmioSize = size;
};

const setVirtioTransports: Setter = (settings, context) => {
  const count = parseUnsigned(context.property.value);
  if (count === undefined || count > 255n) throw refuseValue(context, "uint8_t");
  if (count > 32n) {
    throw refuseArgument("virtio-mmio-transports must not exceed 32", context.property.index);
  }
  settings.virtioTransports = Number(count);
};

const setPhandleStart: Setter = (settings, context) => {
  const [, sign = "", digits = ""] = /^\s*(-?)(.*)$/.exec(context.property.value) ?? [];
  const size = parseUnsigned(digits);
  const start = size === undefined || sign === "" ? size : -size;
  if (start === undefined || BigInt.asIntN(64, start) !== start) {
    throw refuseValue(context, "an int64 value");
  }
  // It is kept in an int.
  settings.phandleStart = Number(BigInt.asIntN(32, start));
};

const setAcpi: Setter = (settings, context) => {
  settings.acpi = autoSwitch(context) ?? true;
};

const setIrqchip: Setter = (settings, context) => {
  settings.kernelIrqchip = oneOf(context, ["on", "off", "split"]) !== "off";
};

const setConfidential: Setter = (settings, { property }) => {
  settings.confidential = property.value;
};

const setCxl: Setter = (_settings, context) => {
  if (switchOf(context)) {
    throw notModelled("cxl=on is not modelled", context.property.index, "leave it out");
  }
};

const setIommu: Setter = (settings, context) => {
  settings.iommu = oneOf(context, ["none", "smmuv3"]);
};

const VIRT: Readonly<Record<string, PropertySpec>> = {
  acpi: { set: setAcpi },
  secure: { set: toggles("secure") },
  virtualization: { set: toggles("virtualization") },
  highmem: { set: toggles("highmem") },
  "compact-highmem": { since: 800, set: toggles("compactHighmem") },
  "highmem-redists": { since: 800, set: toggles("highmemRedists") },
  "highmem-ecam": { since: 800, set: toggles("highmemEcam") },
  "highmem-mmio": { since: 800, set: toggles("highmemMmio") },
  "highmem-mmio-size": { since: 1000, set: setHighmemMmioSize },
  "virtio-mmio-transports": { since: 1100, set: setVirtioTransports },
  "gic-version": { set: setGicVersion },
  iommu: { set: setIommu },
  // 6.1 wrote it with underscores, which are dashes to every parser here.
  "default-bus-bypass-iommu": { since: 601, set: toggles("bypassIommu") },
  ras: { set: toggles("ras") },
  mte: { set: toggles("mte") },
  its: { set: setIts },
  msi: { since: 1100, set: setMsi },
  "dtb-randomness": { since: 701, set: setRandomness },
  "dtb-kaslr-seed": { since: 700, set: setRandomness },
  "x-oem-id": { since: 600, set: atMost(6) },
  "x-oem-table-id": { since: 600, set: atMost(8) },
  pflash0: {
    set: (settings) => {
      settings.flashDrive = true;
    },
  },
  pflash1: { set: ignored },
  "x-change-vmfd-on-reset": { since: 1100, set: ignoredSwitch },
};

const MACHINE: Readonly<Record<string, PropertySpec>> = {
  kernel: { set: names("kernel") },
  initrd: { set: names("initrd") },
  dtb: { set: names("dtb") },
  firmware: { set: names("firmware") },
  append: {
    set: (settings, { property }) => {
      settings.append = property.value;
    },
  },
  shim: { since: 1000, set: ignored },
  dumpdtb: { set: ignored },
  "phandle-start": { set: setPhandleStart },
  "dt-compatible": { set: ignored },
  "dump-guest-core": { set: ignoredSwitch },
  "mem-merge": { set: ignoredSwitch },
  usb: { set: ignoredSwitch },
  graphics: { set: ignoredSwitch },
  "suppress-vmdesc": { set: ignoredSwitch },
  "memory-backend": {
    set: (settings, { property }) => {
      settings.memoryBackend = property.value;
    },
  },
  cxl: { since: 1001, set: setCxl },
  "memory-encryption": { set: setConfidential },
  "confidential-guest-support": { since: 600, set: setConfidential },
  "aux-ram-share": { since: 1000, set: ignoredSwitch },
  hmat: { set: toggles("hmat") },
  nvdimm: { set: toggles("nvdimm") },
  "nvdimm-persistence": { set: ignored },
  "kernel-irqchip": { set: setIrqchip },
  "kvm-shadow-mem": { set: ignored },
  "igd-passthru": { set: ignored },
};

/** Properties whose keys go on behind a dot; they are read elsewhere. */
const NESTED: readonly string[] = ["boot", "smp", "memory", "smp-cache", "cxl-fmw"];

function findProperty(key: string, release: Release): PropertySpec | undefined {
  const spec = VIRT[key] ?? MACHINE[key];
  if (spec === undefined) return undefined;
  const { since = 0, until = Number.POSITIVE_INFINITY } = spec;
  return since <= release && release < until ? spec : undefined;
}

/**
 * Applies a property of the machine.
 *
 * @throws CcaRimError HOST_ARGUMENT if the release has no such property, or refuses the value.
 */
export function setMachineProperty(settings: MachineSettings, context: Context): void {
  const { property, release } = context;
  const { key, index } = property;
  if (NESTED.includes(key.split(".")[0] ?? "")) return;
  const spec = findProperty(key, release);
  if (spec === undefined) {
    const hint = `QEMU ${releaseName(release)} does not know it`;
    throw refuseArgument(`Property '.${key}' not found`, index, hint);
  }
  spec.set(settings, context);
}
