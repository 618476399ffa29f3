/** Random lines of QEMU's virt board: mostly good ones, some of which nobody would write. */
import { CPU_MODELS } from "../../../src/host/vmm/qemu/cpu-models.ts";
import { machineTypesOf } from "../../../src/host/vmm/qemu/machine-types.ts";
import { type QemuRelease, releaseName } from "../../../src/host/vmm/qemu/versions.ts";
import { NAMES } from "./files.ts";
import type { Chance } from "./random.ts";
import { randomDevices } from "./random-devices.ts";

const SWITCHES = [
  "highmem",
  "compact-highmem",
  "highmem-redists",
  "highmem-ecam",
  "highmem-mmio",
  "its",
  "ras",
  "mte",
  "hmat",
  "nvdimm",
  "default-bus-bypass-iommu",
  "usb",
  "graphics",
  "mem-merge",
  "dump-guest-core",
] as const;

const WORDS: readonly (readonly [on: string, off: string])[] = [
  ["on", "off"],
  ["on", "off"],
  ["on", "off"],
  ["yes", "no"],
  ["true", "false"],
  ["y", "n"],
];

function machineProperties(chance: Chance, release: QemuRelease): string[] {
  const words: string[] = [];
  const maybe = (probability: number, text: () => string): void => {
    if (chance.happens(probability)) words.push(text());
  };
  maybe(0.7, () => `gic-version=${chance.oneOf(["2", "3", "3", "3", "max", "4", "host"])}`);
  maybe(0.5, () => `acpi=${chance.oneOf(["on", "off", "auto"])}`);
  maybe(0.12, () => `secure=${chance.oneOf(["on", "off"])}`);
  maybe(0.2, () => `virtualization=${chance.oneOf(["on", "off"])}`);
  maybe(0.12, () => `iommu=${chance.oneOf(["smmuv3", "none"])}`);
  maybe(0.08, () => `phandle-start=${chance.oneOf(["0x9000", "1", "36864", "070"])}`);
  maybe(0.05, () => "x-oem-id=CCARIM");
  for (const name of chance.someOf(SWITCHES, 0.08)) {
    words.push(`${name}=${chance.oneOf(chance.oneOf(WORDS))}`);
  }
  if (release.has("highmemMmioSize"))
    maybe(0.1, () => `highmem-mmio-size=${chance.oneOf(["512G", "1T", "2T", "700G"])}`);
  if (release.has("msiOption"))
    maybe(0.1, () => `msi=${chance.oneOf(["auto", "its", "gicv2m", "off"])}`);
  if (release.has("virtioTransports"))
    maybe(0.1, () => `virtio-mmio-transports=${chance.between(0, 33)}`);
  if (release.has("rngSeed")) maybe(0.7, () => "dtb-randomness=off");
  else if (release.has("seedSwitch")) maybe(0.7, () => "dtb-kaslr-seed=off");
  return words;
}

function machineOf(chance: Chance, release: QemuRelease): string[] {
  const types = machineTypesOf(release.release).map((type) => `virt-${releaseName(type)}`);
  const type = chance.happens(0.7) ? "virt" : chance.oneOf(types);
  const properties = machineProperties(chance, release);
  if (chance.happens(0.8)) return ["-M", [type, ...properties].join(",")];
  const cut = chance.between(0, properties.length);
  const first = [type, ...properties.slice(0, cut)].join(",");
  const second = properties.slice(cut).join(",");
  return second === "" ? ["-machine", first] : ["-machine", first, "-M", second];
}

/** The line's CPUs, and how many there may be. */
interface Cpus {
  readonly words: readonly string[];
  readonly most: number;
}

function cpusOf(chance: Chance): Cpus {
  const count = chance.happens(0.85)
    ? chance.between(1, 10)
    : chance.oneOf([15, 16, 17, 33, 64, 122, 123, 124, 130]);
  switch (chance.between(0, 6)) {
    case 0:
      return { words: [], most: 1 };
    case 1:
      return { words: ["-smp", `${count}`], most: count };
    case 2: {
      const most = count + chance.between(0, 4);
      return { words: ["-smp", `${count},maxcpus=${most}`], most };
    }
    case 3: {
      const levels = ["sockets", "clusters", "cores", "threads"];
      const sizes = levels.map(() => chance.oneOf([1, 1, 2, 2, 3]));
      const most = sizes.reduce((product, size) => product * size, 1);
      const members = levels.map((level, i) => `${level}=${sizes[i]}`);
      const given = chance.happens(0.7) ? members : chance.someOf(members, 0.6);
      const present = chance.happens(0.6) ? most : chance.between(1, most);
      const limit = present === most ? [] : [`maxcpus=${most}`];
      return { words: ["-smp", [`cpus=${present}`, ...given, ...limit].join(",")], most };
    }
    case 4: {
      const members = chance.someOf(
        ["sockets=2", "cores=2", "threads=2", "clusters=2", "dies=1"],
        0.5,
      );
      const words = members.length === 0 ? [] : ["-smp", members.join(",")];
      return { words, most: 4 };
    }
    case 5: {
      const members = chance.someOf(
        ["sockets=2", "cores=2", "threads=2", "clusters=2", "maxcpus=8"],
        0.4,
      );
      return { words: ["-smp", [`${count}`, ...members].join(",")], most: count };
    }
    default:
      return { words: ["-smp", "2", "-smp", `cores=${chance.between(1, 4)}`], most: 4 };
  }
}

const SIZES = [
  "512M",
  "512",
  "1G",
  "1.5G",
  "2G",
  "3G",
  "4G",
  "100M",
  "128",
  "129M",
  "257M",
  "1025M",
  "64M",
  "0x200M",
  "300000000B",
];

/** Memory of the line; undefined bytes where nodes must not be laid over it. */
function memoryOf(chance: Chance): {
  readonly words: readonly string[];
  readonly mib: number | undefined;
} {
  if (chance.happens(0.1)) return { words: [], mib: 128 };
  if (chance.happens(0.3)) {
    const mib = 256 * chance.between(1, 8);
    return { words: ["-m", `${mib}M`], mib };
  }
  const size = chance.oneOf(SIZES);
  if (chance.happens(0.75))
    return { words: ["-m", chance.happens(0.5) ? size : `size=${size}`], mib: undefined };
  const most = chance.oneOf(["8G", "4G", "300G", "600G", "1T", "5000M"]);
  const slots = chance.happens(0.8) ? `,slots=${chance.between(0, 5)}` : "";
  return { words: ["-m", `${size}${slots},maxmem=${most}`], mib: undefined };
}

function cpuOf(chance: Chance, release: QemuRelease): string[] {
  if (chance.happens(0.05)) return [];
  const known = Object.entries(CPU_MODELS).filter(([, { since }]) => since <= release.release);
  const model = chance.happens(0.6) ? "max" : chance.oneOf(known)[0];
  const features: string[] = [];
  if (chance.happens(0.2)) features.push(`pmu=${chance.oneOf(["on", "off"])}`);
  if (model === "max") {
    features.push(
      ...chance.someOf(
        [
          "sve=off",
          "sve=on",
          "sve256=on",
          "pauth-impdef=on",
          "sve-max-vq=4",
          "pauth=off",
          "lpa2=off",
          "sme=off",
        ],
        0.06,
      ),
    );
  }
  return ["-cpu", [model, ...features].join(",")];
}

function numaOf(chance: Chance, { most }: Cpus, mib: number | undefined): string[] {
  if (mib === undefined || mib % 256 !== 0 || chance.happens(0.8)) return [];
  const nodes = chance.oneOf([1, 2, 2, 4].filter((count) => (mib / count) % 64 === 0));
  const ids = Array.from({ length: nodes }, (_, id) => id);
  const share = Math.ceil(most / nodes);
  const byCpu = chance.oneOf(["range", "none", "cpu"]);
  const words = ids.flatMap((id) => {
    const last = Math.min(most, (id + 1) * share) - 1;
    const range = byCpu === "range" && id * share <= last ? `,cpus=${id * share}-${last}` : "";
    const backend = ["-object", `memory-backend-ram,id=m${id},size=${mib / nodes}M`];
    return [...backend, "-numa", `node,nodeid=${id}${range},memdev=m${id}`];
  });
  if (byCpu === "cpu") {
    for (const id of ids)
      words.push(
        "-numa",
        `cpu,node-id=${id},${chance.oneOf(["core-id", "socket-id", "thread-id"])}=${id}`,
      );
  }
  if (nodes > 1 && chance.happens(0.6)) {
    for (const src of ids) {
      for (const dst of ids.slice(src + 1))
        words.push("-numa", `dist,src=${src},dst=${dst},val=${chance.between(10, 40)}`);
    }
  }
  return words;
}

function bootOf(chance: Chance): string[] {
  const words: string[] = [];
  const firmware = chance.next();
  if (firmware < 0.12) words.push("-bios", "firmware.fd");
  else if (firmware < 0.2) {
    words.push("-drive", "if=pflash,format=raw,unit=0,file=code.fd,readonly=on");
    if (chance.happens(0.5))
      words.push("-drive", "if=pflash,format=raw,unit=1,file=vars.fd,snapshot=on");
  } else if (firmware < 0.22) words.push("-pflash", "code.fd");
  if (chance.happens(0.55)) {
    words.push("-kernel", chance.oneOf(NAMES.kernels));
    if (chance.happens(0.5)) words.push("-initrd", chance.oneOf(NAMES.initrds));
    if (chance.happens(0.5))
      words.push(
        "-append",
        chance.oneOf(["console=ttyAMA0", "", "a", "root=/dev/vda rw quiet x=1,2", "ab\u00e9"]),
      );
    if (chance.happens(0.05)) words.push("-dtb", "user.dtb");
  } else if (chance.happens(0.05)) words.push("-append", "alone");
  return words;
}

const IGNORED: readonly (readonly string[])[] = [
  ["-nodefaults"],
  ["-nodefaults"],
  ["-nodefaults"],
  ["-nographic"],
  ["-serial", "null"],
  ["-serial", "none"],
  ["-serial", "null", "-serial", "null"],
  ["-monitor", "none"],
  ["-parallel", "none"],
  ["-no-reboot"],
  ["-S"],
  ["-rtc", "base=utc"],
  ["-semihosting"],
  ["-fw_cfg", "name=opt/x,string=y"],
  ["-boot", "menu=on"],
  ["-name", "guest"],
  ["-uuid", "12345678-1234-1234-1234-123456789abc"],
  ["-vga", "none"],
  ["-accel", "tcg"],
  ["-accel", "tcg,thread=single"],
  ["-net", "none"],
  ["-nic", "none"],
  ["-smbios", "type=1,manufacturer=x"],
  ["-seed", "42"],
];

/** A line without the program. */
export function randomLine(chance: Chance, release: QemuRelease): readonly string[] {
  const cpus = cpusOf(chance);
  const memory = memoryOf(chance);
  const parts = [
    machineOf(chance, release),
    cpuOf(chance, release),
    cpus.words,
    memory.words,
    numaOf(chance, cpus, memory.mib),
    bootOf(chance),
    chance.someOf(IGNORED, 0.06).flat(),
  ];
  return [...parts.flat(), ...randomDevices(chance)];
}
