/**
 * Names of the models: RMM versions, hypervisors, VMMs; which of them go together; what proves
 * each. Data only: to model something new, add a row.
 *
 * @module
 */
import { rmmSpec, rmmSpecs } from "../rmm/spec/index.ts";
import type { RmmSpec } from "../rmm/spec.ts";

/**
 * What proves a model: `oracle` (agrees byte for byte with runs of the real program), `assembled`
 * (with a real program put together from published parts), `source` (read in the source at a named
 * commit, not run), `spec` (worked out from the specification), `assumed` (a guess).
 */
export type ProofClass = "oracle" | "assembled" | "source" | "spec" | "assumed";

/** What a model can do so far. `dtb`: the device tree, `host`: the VMM's requests, `measure`: all. */
export type Ability = "dtb" | "host" | "measure";

/** One model. */
export interface ModelInfo {
  readonly name: string;
  /** One line about what it is. */
  readonly title: string;
  readonly proof: ProofClass;
  /** What the class rests on, for people. */
  readonly evidence: string;
  /** What is implemented; an empty list: the name is known, "not modelled yet". */
  readonly abilities: readonly Ability[];
}

const ALL: readonly Ability[] = ["dtb", "host", "measure"];
const NOTHING: readonly Ability[] = [];

/** What is known of RMM versions; whether one is modelled is for the RMM room to say. */
const RMM_NOTES: readonly Omit<ModelInfo, "abilities">[] = [
  {
    name: "1.0-eac5",
    title: "RMM 1.0-eac5 as TF-RMM 06786a9b implements it",
    proof: "oracle",
    evidence: "transcripts executed by TF-RMM 06786a9b",
  },
  {
    name: "1.0-rel0",
    title: "RMM 1.0-rel0 as TF-RMM 1870dfee implements it",
    proof: "oracle",
    evidence: "transcripts executed by TF-RMM 1870dfee",
  },
  {
    name: "1.1",
    title: "RMM 1.1 as TF-RMM 2f49356c implements it",
    proof: "oracle",
    evidence: "transcripts executed by TF-RMM 2f49356c with RMM_V1_1=ON",
  },
  {
    name: "2.0",
    title: "RMM 2.0 (alpha) as TF-RMM 9a7f8ef4 implements it",
    proof: "oracle",
    evidence: "transcripts executed by TF-RMM 9a7f8ef4",
  },
];

/** A version that has a model and no note yet. */
function unproven({ id }: RmmSpec): Omit<ModelInfo, "abilities"> {
  return { name: id, title: `RMM ${id}`, proof: "assumed", evidence: "nothing yet" };
}

/** RMM versions, oldest first. */
export const RMM_MODELS: readonly ModelInfo[] = [
  ...RMM_NOTES,
  ...rmmSpecs.filter(({ id }) => RMM_NOTES.every(({ name }) => name !== id)).map(unproven),
].map((note) => ({ ...note, abilities: rmmSpec(note.name) === undefined ? NOTHING : ALL }));

function kvm(series: string, title: string, proof: ProofClass, evidence: string): ModelInfo {
  return { name: `linux-kvm/${series}`, title, proof, evidence, abilities: ALL };
}

const CAPTURED = "launches captured on a complete stack";
const LAUNCH_CODE = "95 launches by its launch code, run against TF-RMM";
const FAMILY_D = "same RMI calls as v7 by its cover letter and code; not run";

/** Hypervisors, oldest first. */
export const HYPERVISOR_MODELS: readonly ModelInfo[] = [
  {
    name: "direct",
    title: "steps go to the RMM as they are, missing RTTs are created on demand",
    proof: "spec",
    evidence: "this program's own convention; the RTT order of KVM v5",
    abilities: ALL,
  },
  {
    ...kvm("rfc1", "CCA host series RFC v1 (RMM 1.0-beta0)", "source", "read, not modelled"),
    abilities: ["dtb", "host"],
  },
  kvm("2023-08", "CCA host tree of August 2023", "source", "read in the source, not run"),
  kvm("eac5", "CCA host tree for RMM 1.0-eac5", "source", "read in the source, not run"),
  kvm("v2", "CCA host series v2", "source", "placed by its cover letter"),
  kvm("v3", "CCA host series v3", "source", "read in the source, not run"),
  kvm("v4", "CCA host series v4", "source", "placed by its cover letter and its neighbours"),
  kvm("v5", "CCA host series v5", "oracle", `10 ${CAPTURED}`),
  kvm("v6", "CCA host series v6", "source", "placed by its neighbours"),
  kvm("v7", "CCA host series v7", "oracle", `125 ${CAPTURED}; ${LAUNCH_CODE}`),
  kvm("v8", "CCA host series v8", "source", FAMILY_D),
  kvm("v9", "CCA host series v9", "source", FAMILY_D),
  kvm("v10", "CCA host series v10", "source", FAMILY_D),
  kvm("v11", "CCA host series v11", "oracle", LAUNCH_CODE),
  kvm("v12", "CCA host series v12", "oracle", LAUNCH_CODE),
  kvm("v13", "CCA host series v13 (RMM 2.0-bet0)", "source", "between v12 and v14; not run"),
  kvm("v14", "CCA host series v14 (RMM 2.0-bet1)", "oracle", LAUNCH_CODE),
  kvm("v15", "CCA host series v15 (RMM 2.0-bet2)", "oracle", LAUNCH_CODE),
  kvm("v16", "CCA host series v16", "source", "not told apart from v15 in public copies"),
  {
    name: "rim-measurer/eac5",
    title: "Samsung's calculator lkvm-rim-measurer, with its own registers",
    proof: "oracle",
    evidence: "93 lines of the calculator, 8 of them refused",
    abilities: ALL,
  },
];

function kvmtool(version: string, title: string, proof: ProofClass, evidence: string): ModelInfo {
  return { name: `kvmtool/${version}`, title, proof, evidence, abilities: ALL };
}

const FAKE_KVM = "69 lines given to the real lkvm under a fake KVM";

/** VMMs with a fixed name; QEMU's are a pattern, see {@link parseQemuName}. */
export const VMM_MODELS: readonly ModelInfo[] = [
  {
    name: "none",
    title: "no VMM: the manifest's launch lists the steps",
    proof: "spec",
    evidence: "nothing to model",
    abilities: ["host", "measure"],
  },
  {
    ...kvmtool("rfc1", "kvmtool, RFC v1", "oracle", `${FAKE_KVM}, 9 of them refused`),
    abilities: ["dtb", "host"],
  },
  kvmtool("2023-08", "kvmtool of August 2023", "oracle", FAKE_KVM),
  kvmtool(
    "eac5",
    "kvmtool for RMM 1.0-eac5",
    "oracle",
    `${FAKE_KVM} (two trees); 93 lines of Samsung's calculator`,
  ),
  kvmtool("eac5-log", "kvmtool/eac5 with a measurement log", "source", "read, not run"),
  kvmtool("v2", "kvmtool cca/v2", "oracle", `${FAKE_KVM}; 7 launches captured on a complete stack`),
  kvmtool("v2-dtb", "kvmtool cca/v2 with --dtb", "oracle", `${FAKE_KVM}; --dtb itself read only`),
  kvmtool(
    "v3",
    "kvmtool, RAM first",
    "assembled",
    `v2 with the later realm.c: ${FAKE_KVM}; 115 launches captured on a complete stack; --dtb read only, in v2-dtb`,
  ),
  kvmtool(
    "v3-64k",
    "kvmtool/v3, 64 KiB ranges",
    "assembled",
    "v2 with the later realm.c: 12 launches captured on a complete stack; --dtb read only, in v2-dtb",
  ),
  kvmtool(
    "v3-sve",
    "kvmtool/v3, SVE left on",
    "assembled",
    "a launch captured on a complete stack; --sve-max-vl and --dtb read only",
  ),
  kvmtool("v3-log", "kvmtool/v3 with a measurement log", "source", "read, not run"),
];

/** Whether a hypervisor's name means a series of Linux KVM. */
export function isKvm(hypervisor: string | undefined): boolean {
  return hypervisor?.startsWith("linux-kvm/") === true;
}

/** Whether a hypervisor's name means Samsung's calculator, which is none. */
export function isCalculator(hypervisor: string | undefined): boolean {
  return hypervisor?.startsWith("rim-measurer/") === true;
}

/** Whether a VMM's name means kvmtool. */
export function isKvmtool(vmm: string): boolean {
  return vmm.startsWith("kvmtool/");
}

/** Stands for the version of a QEMU binary in the names of {@link QEMU_MODELS}. */
const QEMU = "qemu/<version>";

function qemu(series: string, title: string, proof: ProofClass, evidence: string): ModelInfo {
  return { name: `${QEMU}+${series}`, title, proof, evidence, abilities: ALL };
}

const READ = "read in the source, not run";
const RFC_V3 = "43 launches captured on a complete stack, 9 under a stub in place of KVM";

/** QEMU: ordinary virtual machines, then the series of its realm support, oldest first. */
export const QEMU_MODELS: readonly ModelInfo[] = [
  {
    name: QEMU,
    title: "QEMU, ordinary virtual machines: dtb only",
    proof: "oracle",
    evidence: "527 lines given to real binaries, 5.2.0 to 11.1.3, a few of them refused",
    abilities: ["dtb", "host"],
  },
  qemu("rfc-v1", "RME series RFC v1, January 2023", "source", READ),
  qemu("eac2", "branch rmm-v1.0-eac2, 2023", "source", READ),
  qemu("eac5", "branch rmm-v1.0-eac5, 2023", "source", READ),
  qemu("rfc-v2", "RME series RFC v2, 2024", "source", READ),
  qemu("rfc-v3", "RME series RFC v3, November 2024", "oracle", RFC_V3),
  qemu("2025", "work tree of 2025 and its copies", "source", READ),
  qemu("linaro-2026", "Linaro's series of 2026", "source", READ),
  qemu("nvidia-2026", "NVIDIA's tree of 2026", "source", READ),
];

/** Series of QEMU's realm support, as in `qemu/9.1.91+rfc-v3`. */
export const QEMU_SERIES: readonly string[] = QEMU_MODELS.flatMap(({ name }) =>
  name === QEMU ? [] : [name.slice(QEMU.length + 1)],
);

/** A `qemu/<binary version>` or `qemu/<binary version>+<series>` name, taken apart. */
export interface QemuName {
  /** Version of the binary, e.g. "9.1.91". */
  readonly version: string;
  /** Realm series; undefined for ordinary virtual machines. */
  readonly series?: string;
}

/** Takes a QEMU name apart; undefined if it is none, or names an unknown series. */
export function parseQemuName(name: string): QemuName | undefined {
  const match = /^qemu\/(\d+\.\d+(?:\.\d+)?)(?:\+(.+))?$/.exec(name);
  const [, version, series] = match ?? [];
  if (version === undefined) return undefined;
  if (series === undefined) return { version };
  return QEMU_SERIES.includes(series) ? { version, series } : undefined;
}

/** The row of a VMM, by its name; undefined if there is no such model. */
export function vmmModel(name: string): ModelInfo | undefined {
  const qemuName = parseQemuName(name);
  if (qemuName === undefined) return VMM_MODELS.find((model) => model.name === name);
  const { series } = qemuName;
  return QEMU_MODELS.find(
    (row) => row.name === (series === undefined ? QEMU : `${QEMU}+${series}`),
  );
}

/** What is implemented for a VMM name. */
export function vmmAbilities(name: string): readonly Ability[] {
  return vmmModel(name)?.abilities ?? NOTHING;
}
