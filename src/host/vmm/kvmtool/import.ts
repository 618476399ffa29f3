/**
 * Turns an `lkvm run` line that somebody uses into a manifest with comments, as far as a line can
 * tell: what it leaves open is said where it has to be filled in.
 *
 * @module
 */
import { isCalculator } from "../../models.ts";
import { rmmsOfPair } from "../../pairs.ts";
import type { CommentedManifest, ImportOptions } from "../imported.ts";
import { readArguments } from "./arguments.ts";
import { calculatorFacts } from "./calculator.ts";
import type { KvmtoolConfig } from "./config.ts";
import { LINE_POINTER } from "./refusal.ts";
import { validateLine } from "./validate.ts";
import { findKvmtoolVersion } from "./versions.ts";

/** Trees by how likely a line is theirs, with the KVM series that they are mostly used on. */
const LIKELY: readonly (readonly [version: string, hypervisor: string])[] = [
  ["v3", "linux-kvm/v7"],
  ["v3-log", "linux-kvm/v7"],
  ["v3-sve", "linux-kvm/v7"],
  ["v2", "linux-kvm/v3"],
  ["v2-dtb", "linux-kvm/v3"],
  ["eac5", "linux-kvm/eac5"],
  ["eac5-log", "linux-kvm/eac5"],
  ["2023-08", "linux-kvm/2023-08"],
  ["rfc1", "linux-kvm/rfc1"],
  ["eac5", "rim-measurer/eac5"],
];

/** Reads the line as a tree on a hypervisor does. @throws CcaRimError HOST_ARGUMENT */
function readLine(argv: readonly string[], version: string, hypervisor: string): KvmtoolConfig {
  const tree = findKvmtoolVersion(version);
  if (tree === undefined) {
    throw new RangeError(`"vmm" expected a modelled kvmtool, got kvmtool/${version}`);
  }
  const facts = isCalculator(hypervisor) ? calculatorFacts(tree.facts) : tree.facts;
  const config = readArguments(argv, facts, () => false);
  validateLine(config, facts);
  return config;
}

/** The first likely tree that takes the line. @throws CcaRimError what the first one objects to. */
function guess(argv: readonly string[]): readonly [version: string, hypervisor: string] {
  let firstObjection: unknown;
  for (const pair of LIKELY) {
    try {
      readLine(argv, ...pair);
      return pair;
    } catch (error) {
      firstObjection ??= error;
    }
  }
  throw firstObjection;
}

/** The tree that was asked for, on the series it is mostly used on. */
function usualPair(vmm: string): readonly [version: string, hypervisor: string] {
  const version = vmm.replace(/^kvmtool\//, "");
  return [version, LIKELY.find(([id]) => version.startsWith(id))?.[1] ?? "linux-kvm/v7"];
}

/** Files whose bytes or length decide something, by the name that the line uses. */
function filesOf(config: KvmtoolConfig): Record<string, { readonly path: string }> {
  const names = [config.kernel, config.firmware, config.initrd, config.flash, config.dtb];
  const files: Record<string, { readonly path: string }> = {};
  for (const name of names) {
    if (name !== undefined) files[name] = { path: name };
  }
  return files;
}

/** What the machine has to say for this line. */
function openQuestions(config: KvmtoolConfig, hypervisor: string): readonly string[] {
  const lines: string[] = [];
  if (config.cpus === 0) lines.push("cpus: online CPUs of the host (the line has no -c)");
  if (config.ramSize === 0n) lines.push("ramSize: RAM of the host in bytes (the line has no -m)");
  if (config.realm && !isCalculator(hypervisor)) {
    lines.push("breakpoints, watchpoints: what the RMM offers a Realm");
    if (config.pmu) lines.push("pmuCounters: event counters that the RMM offers");
    if (!config.disableSve) lines.push("sveVectorBits: longest SVE vector, 0 without SVE");
  }
  return lines;
}

function commentsOf(
  config: KvmtoolConfig,
  { vmm, hypervisor, rmm }: ImportOptions,
  questions: readonly string[],
  hasFiles: boolean,
): Record<string, readonly string[]> {
  const comments: Record<string, readonly string[]> = {
    [LINE_POINTER]: ["The line as it was imported; names of files are looked up below."],
  };
  if (vmm === undefined) {
    comments["/host/vmm"] = [
      "A guess: the line alone does not tell the tree. `cca-rim models` lists them.",
    ];
  }
  if (hypervisor === undefined) {
    comments["/host/hypervisor"] = ["A guess: the KVM series of the host (uname -r, dmesg)."];
  }
  if (rmm === undefined) {
    comments["/rmm"] = ["A guess: the RMM version of the host (dmesg: RMI ABI version)."];
  }
  if (questions.length > 0) {
    comments["/platform"] = ["Fill in, as read off the host:", ...questions];
  }
  if (config.disks.length > 0 && hasFiles) {
    comments["/files"] = [
      "Disks need no entry, except a directory given to -d: {directory: true}.",
    ];
  }
  return comments;
}

/**
 * Imports a line.
 *
 * @param argv the whole line: `lkvm`, `run`, ...
 * @throws CcaRimError HOST_ARGUMENT if no modelled kvmtool takes it; RangeError for an unknown
 *   `vmm` option.
 */
export function importKvmtool(
  argv: readonly string[],
  options: ImportOptions = {},
): CommentedManifest {
  const [version, usual] = options.vmm === undefined ? guess(argv) : usualPair(options.vmm);
  const hypervisor = options.hypervisor ?? usual;
  const config = readLine(argv, version, hypervisor);
  const vmm = `kvmtool/${version}`;
  const rmm = options.rmm ?? rmmsOfPair(vmm, hypervisor)?.[0] ?? "1.0-eac5";
  const questions = openQuestions(config, hypervisor);
  const files = filesOf(config);
  const hasFiles = Object.keys(files).length > 0;
  return {
    manifest: {
      manifest: 1,
      rmm,
      host: { vmm, hypervisor, args: [...argv] },
      ...(hasFiles ? { files } : {}),
      ...(questions.length === 0 ? {} : { platform: {} }),
    },
    comments: commentsOf(config, options, questions, hasFiles),
  };
}
