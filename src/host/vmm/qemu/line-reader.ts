/**
 * Sorts the options of a line by what they are about, as QEMU's main() does before it builds
 * anything.
 *
 * @see QEMU system/vl.c (qemu_init)
 * @module
 */
import type { OptionUse } from "./arguments.ts";
import type { LineDevice, LineObject, PropertyList } from "./config.ts";
import { parseJsonProperties } from "./json-properties.ts";
import { type KeyValue, parseKeyval, parseOpts } from "./key-values.ts";
import type { MachineProperty } from "./machine-options.ts";
import { parseUnsigned } from "./numbers.ts";
import { checkObject } from "./objects.ts";
import { notModelled, refuseArgument } from "./refusal.ts";
import type { QemuRelease } from "./versions.ts";

/** A size or number of `-m`, or of `-machine memory.*`; later ones win. */
export interface MemoryProperty extends MachineProperty {
  readonly key: "size" | "max-size" | "slots";
  /** Whether it comes from `-m`, where a size without a suffix counts MiB. */
  readonly fromOption: boolean;
}

/** The options of a line, sorted. */
export interface SortedLine {
  /** Properties of the machine, those included that other options are short for. */
  readonly machine: readonly MachineProperty[];
  readonly smp: readonly MachineProperty[];
  readonly memory: readonly MemoryProperty[];
  readonly accel: readonly OptionUse[];
  readonly cpu: OptionUse | undefined;
  readonly numa: readonly PropertyList[];
  readonly objects: readonly LineObject[];
  readonly devices: readonly LineDevice[];
  readonly serials: readonly string[];
  /** NICs that the board makes by itself. */
  readonly nics: number;
  /** Whether something is plugged into the first flash. */
  readonly flashDrive: boolean;
}

/** Options that are short for a property of the machine, with the property. */
const SHORT_FOR: Readonly<Record<string, string>> = {
  kernel: "kernel",
  initrd: "initrd",
  append: "append",
  dtb: "dtb",
  bios: "firmware",
  shim: "shim",
};

/** Flags that are short for a property of the machine. */
const FLAGS: Readonly<Record<string, readonly [key: string, value: string]>> = {
  "no-acpi": ["acpi", "off"],
  usb: ["usb", "on"],
  "enable-kvm": ["accel", "kvm"],
};

/** Objects and groups whose settings from outside would change the machine. */
const DEEP = /(-arm-cpu|-machine)$|^(arm-cpu|machine|memory|smp|smp-opts|numa|object|rme-guest)$/;

/** Buses of drives that the board does not have. */
const NO_BUS: readonly string[] = ["ide", "scsi", "floppy", "sd", "mtd", "xen"];
const FLASH_UNITS = 2;
/** Options that are short for a drive, with its bus. */
const SHORT_DRIVES: Readonly<Record<string, string>> = {
  fda: "floppy",
  fdb: "floppy",
  sd: "sd",
  mtdblock: "mtd",
  hda: "virtio",
  hdb: "virtio",
  hdc: "virtio",
  hdd: "virtio",
  cdrom: "virtio",
};

const MEMORY_KEYS: Readonly<Record<string, MemoryProperty["key"]>> = {
  size: "size",
  maxmem: "max-size",
  slots: "slots",
};

function lastOf(pairs: readonly KeyValue[], key: string): string | undefined {
  return pairs.findLast((pair) => pair.key === key)?.value;
}

/** Sorts one option after the other. */
class LineSorter implements SortedLine {
  readonly machine: MachineProperty[] = [];
  readonly smp: MachineProperty[] = [];
  readonly memory: MemoryProperty[] = [];
  readonly accel: OptionUse[] = [];
  readonly numa: PropertyList[] = [];
  readonly objects: LineObject[] = [];
  readonly #devices: LineDevice[] = [];
  /** What drives become, and devices in JSON: QEMU makes them after the others. */
  readonly #drives: LineDevice[] = [];
  readonly #jsonDevices: LineDevice[] = [];
  readonly serials: string[] = [];
  readonly #flashUnits = new Set<number>();
  #defaultNic = true;
  #nics = 0;
  readonly #release: QemuRelease;
  cpu: OptionUse | undefined;

  constructor(release: QemuRelease) {
    this.#release = release;
  }

  get devices(): readonly LineDevice[] {
    return [...this.#devices, ...this.#drives, ...this.#jsonDevices];
  }

  get nics(): number {
    return this.#defaultNic ? 1 : this.#nics;
  }

  get flashDrive(): boolean {
    return this.#flashUnits.has(0);
  }

  sort(use: OptionUse): void {
    const { name, value, index } = use;
    const short = SHORT_FOR[name];
    const flag = FLAGS[name];
    if (short !== undefined) this.machine.push({ key: short, value, index });
    else if (flag !== undefined) this.machine.push({ key: flag[0], value: flag[1], index });
    else this.#handlers[name]?.(use);
  }

  readonly #handlers: Readonly<Record<string, (use: OptionUse) => void>> = {
    machine: (use) => this.#machine(use),
    M: (use) => this.#machine(use),
    smp: (use) => this.#smp(use),
    m: (use) => this.#memory(use),
    accel: (use) => {
      this.accel.push(use);
    },
    cpu: (use) => {
      this.cpu = use;
    },
    numa: (use) => this.#numa(use),
    object: (use) => this.#object(use),
    device: (use) => this.#device(use),
    serial: (use) => this.#serial(use),
    drive: (use) => this.#drive(use),
    virtfs: (use) => {
      this.#devices.push({ driver: "virtio-9p-pci", properties: [], index: use.index });
    },
    nodefaults: () => {
      this.#defaultNic = false;
    },
    netdev: () => {
      this.#defaultNic = false;
    },
    nic: (use) => this.#nic(use.value.split(",")[0] !== "none"),
    net: (use) => this.#nic(use.value.split(",")[0] === "nic"),
    pflash: () => this.#plugFlash(undefined),
    ...Object.fromEntries(
      Object.entries(SHORT_DRIVES).map(([name, bus]) => [
        name,
        (use: OptionUse) => this.#drive({ ...use, value: `if=${bus}` }),
      ]),
    ),
    global: checkNotDeep,
    set: checkNotDeep,
    readconfig: (use) => {
      throw notModelled("-readconfig is not modelled", use.index, "write its options in the line");
    },
    qtest: (use) => {
      throw notModelled("accelerator qtest is not modelled", use.index, "remove -qtest");
    },
  };

  #machine(use: OptionUse): void {
    const pairs = this.#release.has("machineKeyval")
      ? parseKeyval(use, "type")
      : parseOpts(use.value, "type");
    for (const { key, value } of pairs) {
      const property = { key: key.replaceAll("_", "-"), value, index: use.index };
      const [head, ...rest] = property.key.split(".");
      const nested = { ...property, key: rest.join(".") };
      if (head === "smp" && rest.length > 0) this.smp.push(nested);
      else if (head === "memory" && rest.length > 0) this.#machineMemory(nested);
      else this.machine.push(property);
    }
  }

  #smp(use: OptionUse): void {
    const pairs = this.#release.has("smpKeyval")
      ? parseKeyval(use, "cpus")
      : parseOpts(use.value, "cpus");
    this.smp.push(...pairs.map((pair) => ({ ...pair, index: use.index })));
  }

  #machineMemory(property: MachineProperty): void {
    const key = Object.values(MEMORY_KEYS).find((known) => known === property.key);
    if (key === undefined) {
      throw refuseArgument(`Parameter 'memory.${property.key}' is unexpected`, property.index);
    }
    this.memory.push({ ...property, key, fromOption: false });
  }

  #memory(use: OptionUse): void {
    for (const { key, value } of parseOpts(use.value, "size")) {
      const member = MEMORY_KEYS[key];
      if (member === undefined) throw refuseArgument(`Invalid parameter '${key}'`, use.index);
      this.memory.push({ key: member, value, index: use.index, fromOption: true });
    }
  }

  #numa(use: OptionUse): void {
    this.numa.push({ properties: parseOpts(use.value, "type"), index: use.index });
  }

  #object(use: OptionUse): void {
    const json = this.#release.has("objectKeyval") ? parseJsonProperties(use) : undefined;
    const properties =
      json ??
      (this.#release.has("objectKeyval")
        ? parseKeyval(use, "qom-type")
        : parseOpts(use.value, "qom-type"));
    const type = lastOf(properties, "qom-type");
    const id = lastOf(properties, "id");
    if (type === undefined) throw refuseArgument("Parameter 'qom-type' is missing", use.index);
    if (id === undefined) throw refuseArgument("Parameter 'id' is missing", use.index);
    checkObject(type, id, properties, use.index);
    if (this.objects.some((object) => object.id === id)) {
      throw refuseArgument(`attempt to add duplicate property '${id}' to object`, use.index);
    }
    this.objects.push({ type, id, properties, index: use.index });
  }

  #device(use: OptionUse): void {
    const json = this.#release.has("deviceJson") ? parseJsonProperties(use) : undefined;
    const properties = json ?? parseOpts(use.value, "driver");
    const driver = lastOf(properties, "driver");
    if (driver === undefined) throw refuseArgument("Parameter 'driver' is missing", use.index);
    const list = json === undefined ? this.#devices : this.#jsonDevices;
    list.push({ driver, properties, index: use.index });
  }

  #serial({ value }: OptionUse): void {
    if (value !== "none" || this.#release.has("serialNoneCounts")) this.serials.push(value);
  }

  #nic(made: boolean): void {
    this.#defaultNic = false;
    if (made) this.#nics += 1;
  }

  #drive(use: OptionUse): void {
    const pairs = parseOpts(use.value);
    const bus = lastOf(pairs, "if");
    if (bus !== undefined && NO_BUS.includes(bus)) {
      throw refuseArgument(`machine type does not support if=${bus}`, use.index);
    }
    if (bus === undefined || bus === "virtio") {
      this.#drives.push({ driver: "virtio-blk-pci", properties: [], index: use.index });
    }
    if (bus !== "pflash") return;
    const unit = lastOf(pairs, "index") ?? lastOf(pairs, "unit");
    const number = unit === undefined ? undefined : parseUnsigned(unit);
    this.#plugFlash(number === undefined ? undefined : Number(number), use.index);
  }

  #plugFlash(unit: number | undefined, index?: number): void {
    let free = 0;
    while (this.#flashUnits.has(free)) free += 1;
    if (unit !== undefined && this.#flashUnits.has(unit)) {
      throw refuseArgument(`drive with bus=0, unit=${unit} (index=${unit}) exists`, index);
    }
    if ((unit ?? free) >= FLASH_UNITS) {
      const reason = `machine type does not support if=pflash,bus=0,unit=${unit ?? free}`;
      throw refuseArgument(reason, index);
    }
    this.#flashUnits.add(unit ?? free);
  }
}

/** `-global` and `-set` reach into anything; what they would change of the machine is refused. */
function checkNotDeep({ name, value, index }: OptionUse): void {
  const head = lastOf(parseOpts(value), "driver") ?? value.split(".")[0] ?? "";
  if (!DEEP.test(head)) return;
  const hint = "set the property where it belongs: -machine, -cpu, -smp, -m, -object";
  throw notModelled(`-${name} ${value} is not modelled`, index, hint);
}

/**
 * Sorts a line.
 *
 * @throws CcaRimError HOST_ARGUMENT for malformed arguments; HOST_NOT_MODELLED
 */
export function sortLine(uses: readonly OptionUse[], release: QemuRelease): SortedLine {
  const sorter = new LineSorter(release);
  for (const use of uses) sorter.sort(use);
  return sorter;
}
