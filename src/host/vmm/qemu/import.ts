/**
 * Turns a `qemu-system-aarch64` line that somebody uses into a manifest with comments, as far as a
 * line can tell: what it leaves open is said where it has to be filled in.
 *
 * @module
 */
import { parseQemuName } from "../../models.ts";
import { rmmsOfPair } from "../../pairs.ts";
import type { CommentedManifest, ImportOptions } from "../imported.ts";
import type { QemuConfig } from "./config.ts";
import { cpuSwitch } from "./cpu.ts";
import { readLine } from "./read-line.ts";
import { argumentPointer } from "./refusal.ts";
import { findRmeGuest, type RealmWish, readRmeGuest } from "./rme-guest.ts";
import { drawnFields, seedSwitch } from "./seeds.ts";
import { findSeries, type SeriesFacts } from "./series.ts";
import { MODELLED_RELEASES, type QemuRelease, resolveRelease } from "./versions.ts";

/** A binary as its model is named: a version, and for Realms a series. */
interface Binary {
  readonly vmm: string;
  readonly release: QemuRelease;
  readonly series: SeriesFacts | undefined;
}

/** A line as a binary reads it. */
interface ReadLine extends Binary {
  readonly config: QemuConfig;
  /** Undefined for an ordinary virtual machine. */
  readonly wish: RealmWish | undefined;
}

/** Realm series by how likely a line is theirs, each on its base, with the KVM it is mostly used on. */
const LIKELY_SERIES: readonly (readonly [model: string, hypervisor: string])[] = [
  ["9.1.91+rfc-v3", "linux-kvm/v7"],
  ["9.2.50+2025", "linux-kvm/v7"],
  ["9.0.50+rfc-v2", "linux-kvm/v3"],
  ["8.1.91+eac5", "linux-kvm/eac5"],
  ["8.1.91+eac2", "linux-kvm/eac5"],
  ["7.2.0+rfc-v1", "linux-kvm/rfc1"],
  ["11.1.0+linaro-2026", "linux-kvm/v14"],
  ["11.1.0+nvidia-2026", "linux-kvm/v14"],
];
/** Releases of which a binary was run, by how likely one is in use. */
const LIKELY_RELEASES = ["10.0.13", "11.1.3", "9.2.1", "8.2.2", "7.2.22", "6.2.0", "5.2.0"];
const USUAL_RMM = "1.0-rel0";

function binaryOf(vmm: string): Binary {
  const name = parseQemuName(vmm);
  const release = name && resolveRelease(name.version);
  if (name !== undefined && release !== undefined) {
    return {
      vmm,
      release,
      series: name.series === undefined ? undefined : findSeries(name.series),
    };
  }
  throw new RangeError(
    `"vmm" expected qemu/VERSION or qemu/VERSION+SERIES of ${MODELLED_RELEASES}, got ${vmm}`,
  );
}

/** Reads the line as a binary does. @throws CcaRimError HOST_ARGUMENT, HOST_NOT_MODELLED */
function readAs(argv: readonly string[], vmm: string): ReadLine {
  const binary = binaryOf(vmm);
  const { series } = binary;
  const config = readLine(argv, binary);
  const guest = findRmeGuest(config.settings, config.objects, series);
  return { ...binary, config, wish: guest && series && readRmeGuest(guest, series) };
}

/** The first likely binary that takes the line. @throws CcaRimError what the first one objects to. */
function guess(argv: readonly string[]): ReadLine {
  const forRealm = argv.some((word) => /rme-guest|confidential-guest-support/.test(word));
  const models = forRealm ? LIKELY_SERIES.map(([model]) => model) : LIKELY_RELEASES;
  let firstObjection: unknown;
  for (const model of models) {
    try {
      return readAs(argv, `qemu/${model}`);
    } catch (error) {
      firstObjection ??= error;
    }
  }
  throw firstObjection;
}

/** Nothing below QEMU matters to the tree of an ordinary machine. */
function usualHypervisor({ series, wish }: ReadLine): string | undefined {
  if (series === undefined || wish === undefined) return undefined;
  return LIKELY_SERIES.find(([model]) => model.endsWith(`+${series.id}`))?.[1];
}

/** Files whose bytes or length decide something, by the name that the line uses. */
function filesOf({ settings }: QemuConfig): Record<string, { readonly path: string }> {
  const { kernel, initrd, dtb, firmware } = settings;
  const files: Record<string, { readonly path: string }> = {};
  for (const file of [kernel, initrd, dtb, firmware]) {
    if (file !== undefined) files[file.name] = { path: file.name };
  }
  return files;
}

/** What the machine has to say for this line. */
function openQuestions({ config, wish, release, series }: ReadLine): readonly string[] {
  const { cpu, settings } = config;
  const realm = wish !== undefined;
  const lines: string[] = [];
  if (realm || config.accelerator === "kvm") {
    lines.push("maxIpaBits: widest IPA space that KVM offers");
    if (cpuSwitch(cpu, "pmu") !== false) {
      lines.push("pmuCounters: event counters that a guest gets, 0 without PMU");
    }
  }
  if (realm) {
    if (cpuSwitch(cpu, "sve") !== false) {
      lines.push("sveVectorBits: longest SVE vector, 0 without SVE");
    }
    lines.push("breakpoints, watchpoints: what the RMM offers a Realm");
  }
  const drawn = drawnFields({ settings, release, series, realm });
  if (drawn.length > 0) {
    const turnOff = seedSwitch(release);
    const remedy = turnOff === undefined ? "" : `; better turn that off: -M ${turnOff}`;
    lines.push(`${drawn.join(", ")}: random values that the machine drew${remedy}`);
  }
  return lines;
}

function commentsOf(
  line: ReadLine,
  { vmm, hypervisor, rmm }: ImportOptions,
  questions: readonly string[],
): Record<string, readonly string[]> {
  const { flashDrive } = line.config.settings;
  const ordinary = line.wish === undefined;
  const comments: Record<string, readonly string[]> = {
    [argumentPointer(undefined)]: [
      "The line as it was imported; names of files are looked up below.",
      ...(flashDrive ? ["Flash and disks need no entry."] : []),
    ],
  };
  const ofModel = ordinary
    ? ["An ordinary virtual machine: `dtb` and `trace --layer host` work, `measure` does not."]
    : [];
  if (vmm === undefined) {
    ofModel.push(
      ordinary
        ? "A guess: qemu-system-aarch64 --version tells."
        : "A guess: --version tells the number, and whoever built it the realm series.",
    );
  }
  ofModel.push(...line.release.warnings);
  if (ofModel.length > 0) comments["/host/vmm"] = ofModel;
  if (!ordinary && hypervisor === undefined) {
    comments["/host/hypervisor"] = ["A guess: the KVM series of the host (uname -r, dmesg)."];
  }
  if (rmm === undefined && !ordinary) {
    comments["/rmm"] = ["A guess: the RMM version of the host (dmesg: RMI ABI version)."];
  }
  if (questions.length > 0) {
    comments["/platform"] = ["Fill in, as read off the host:", ...questions];
  }
  return comments;
}

/**
 * Imports a line.
 *
 * @param argv the whole line: `qemu-system-aarch64`, `-M`, ...
 * @throws CcaRimError HOST_ARGUMENT if no modelled QEMU takes it; RangeError for an unknown `vmm`
 *   option.
 */
export function importQemu(
  argv: readonly string[],
  options: ImportOptions = {},
): CommentedManifest {
  const line = options.vmm === undefined ? guess(argv) : readAs(argv, options.vmm);
  const hypervisor = options.hypervisor ?? usualHypervisor(line);
  const rmms = hypervisor === undefined ? undefined : rmmsOfPair(line.vmm, hypervisor);
  const rmm = options.rmm ?? rmms?.[0] ?? USUAL_RMM;
  const questions = openQuestions(line);
  const files = filesOf(line.config);
  return {
    manifest: {
      manifest: 1,
      rmm,
      host: {
        vmm: line.vmm,
        ...(hypervisor === undefined ? {} : { hypervisor }),
        args: [...argv],
      },
      ...(Object.keys(files).length > 0 ? { files } : {}),
      ...(questions.length === 0 ? {} : { platform: {} }),
    },
    comments: commentsOf(line, options, questions),
  };
}
