/**
 * The series of QEMU's realm support, told apart by facts. No release has it; every series is a
 * set of patches on some release, whose version goes before the `+` in the name of a model.
 *
 * @module
 */
/** How a series builds a Realm. */
export type RealmSequence =
  /** The Realm is made before vCPUs exist; RECs first, then each image as RAM and as data. */
  | "images"
  /** Everything at the start of the machine: all RAM states, then all data, then RECs. */
  | "ram-then-data"
  /** As before, in one walk over data and RAM that holds none. */
  | "interleaved"
  /** All RAM at once, then data, RECs, the log. */
  | "all-ram"
  /** KVM makes the Realm out of slots and data by itself. */
  | "kvm";

/** How the personalization value is written. */
export type RpvNotation =
  /** A hexadecimal number, its least significant byte first in memory. */
  | "number"
  /** Hexadecimal bytes in order. */
  | "bytes"
  /** Base64 of all 64 bytes. */
  | "base64";

/** What a series does. */
export interface SeriesFacts {
  readonly id: string;
  /** Property of rme-guest that names the hash algorithm; undefined: the kernel decides. */
  readonly hashProperty: "measurement-algo" | "measurement-algorithm" | undefined;
  /** The algorithm without the property; undefined: it is not sent. */
  readonly hashDefault: "sha256" | "sha512" | undefined;
  /** Whether `default` may be written for the algorithm, which is then not sent. */
  readonly hashMayBeDefault: boolean;
  readonly rpv: RpvNotation | undefined;
  /** Whether zeros are sent where the line gives no personalization value. */
  readonly rpvAlways: boolean;
  /** Whether rme-guest has properties for SVE, debug units and the PMU. */
  readonly unitProperties: boolean;
  /** Whether the CPU says what is configured of SVE and PMU where rme-guest does not. */
  readonly unitsFromCpu: boolean;
  /** Whether KVM takes the Realm's parameters from registers of its vCPUs. */
  readonly vcpuSetup: boolean;
  readonly log: boolean;
  readonly sequence: RealmSequence;
  /** Whether the hash algorithm is configured before the personalization value. */
  readonly hashFirst: boolean;
  /**
   * From this version of the base on, a kernel starts without QEMU's own code before it, and a
   * tree given by -dtb is left as it is; undefined: in none.
   */
  readonly asIsSince: string | undefined;
  /** Whether a Realm's board has flash, and no firmware in RAM. */
  readonly flash: boolean;
  /** Whether ACPI tables, which have no address, make QEMU abort. */
  readonly acpiAborts: boolean;
  /** Whether seeds are left out whatever the line says; else only unless it asks for them. */
  readonly neverRandom: boolean;
  /** Whether the host must offer one more IPA bit than the Realm takes. */
  readonly strictIpaBits: boolean;
  /** Whether data that touches is populated by one call. */
  readonly mergesData: boolean;
  /** What is not known about the series, for people. */
  readonly doubt?: string;
}

const EARLY: SeriesFacts = {
  id: "eac5",
  hashProperty: "measurement-algo",
  hashDefault: undefined,
  hashMayBeDefault: true,
  rpv: "number",
  rpvAlways: false,
  unitProperties: true,
  unitsFromCpu: true,
  vcpuSetup: false,
  log: false,
  sequence: "ram-then-data",
  hashFirst: false,
  asIsSince: undefined,
  flash: false,
  acpiAborts: true,
  neverRandom: false,
  strictIpaBits: true,
  mergesData: false,
};

const RFC_V2: SeriesFacts = {
  ...EARLY,
  id: "rfc-v2",
  hashDefault: "sha512",
  hashMayBeDefault: false,
  rpv: "bytes",
  unitProperties: false,
  unitsFromCpu: false,
  vcpuSetup: true,
  sequence: "interleaved",
  // As posted, on 8.2.94, not yet.
  asIsSince: "9.0.50",
  acpiAborts: false,
};

const RFC_V3: SeriesFacts = {
  ...RFC_V2,
  id: "rfc-v3",
  hashProperty: "measurement-algorithm",
  log: true,
  sequence: "all-ram",
  asIsSince: "0.0",
};

const YEAR_2025: SeriesFacts = {
  ...RFC_V3,
  id: "2025",
  rpv: "base64",
  rpvAlways: true,
  strictIpaBits: false,
};

const LINARO_2026: SeriesFacts = {
  ...YEAR_2025,
  id: "linaro-2026",
  hashProperty: undefined,
  hashDefault: undefined,
  rpv: undefined,
  rpvAlways: false,
  log: false,
  sequence: "kvm",
  doubt:
    "not every commit of this series leaves QEMU's start code before the kernel out; the model does, as RFC v3 and NVIDIA's copy do",
};

const SERIES: readonly SeriesFacts[] = [
  {
    ...EARLY,
    id: "rfc-v1",
    hashMayBeDefault: false,
    unitsFromCpu: false,
    sequence: "images",
    hashFirst: true,
    flash: true,
    acpiAborts: false,
    neverRandom: true,
    doubt: "in which order this series registers its images was not read; it is inferred",
  },
  { ...EARLY, id: "eac2", unitsFromCpu: false },
  EARLY,
  {
    ...RFC_V2,
    doubt:
      "on bases before 9.0.50 this series is taken to be the posted one, which keeps QEMU's start code before the kernel; from there on to be the branches cca/v2 and cca/2024-06-14, which leave it out",
  },
  RFC_V3,
  YEAR_2025,
  LINARO_2026,
  { ...LINARO_2026, id: "nvidia-2026", mergesData: true },
];

/** A series by its name; undefined if there is no such series. */
export function findSeries(id: string): SeriesFacts | undefined {
  return SERIES.find((series) => series.id === id);
}

function versionNumber(version: string): number {
  const [major = 0, minor = 0, micro = 0] = version.split(".").map(Number);
  return (major * 1000 + minor) * 1000 + micro;
}

/** Whether kernels and given trees are left as they are, on a base of that version. */
export function leavesAsIs({ asIsSince }: SeriesFacts, version: string): boolean {
  return asIsSince !== undefined && versionNumber(version) >= versionNumber(asIsSince);
}
