/**
 * What makes a launch irreproducible, or a reference value that is made from it fragile; each with
 * what to do about it.
 *
 * @module
 */
import {
  HYPERVISOR_MODELS,
  isKvmtool,
  type ModelInfo,
  type ProofClass,
  RMM_MODELS,
  vmmModel,
} from "../host/models.ts";
import type { VmmRequest } from "../host/requests.ts";
import type { Assumption, InputFile, LaunchPlan } from "../manifest/plan.ts";
import { pointerStep } from "../manifest/source-map.ts";
import { groupArguments } from "./arguments.ts";
import { kvmtoolHas } from "./edits/kvmtool.ts";

/** Kinds of findings. */
export type LaunchRule =
  /** A value of the machine decides, and nobody stated it. */
  | "assumed"
  /** Whether the RMM offers what the launch asks for was not checked. */
  | "not-checked"
  /** A file without a digest. */
  | "file-digest"
  /** A file by a path that other machines do not have. */
  | "file-path"
  /** Every launch is another one. */
  | "randomness"
  /** What the host has most of is what the Realm gets. */
  | "host-value"
  /** A model that was never compared with the real program. */
  | "guess"
  /** A step that the hypervisor refuses, and that the launch goes on without. */
  | "refused-step";

/** One finding. */
export interface LaunchFinding {
  readonly rule: LaunchRule;
  /** One clear sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
  /** JSON pointer into the manifest. */
  readonly pointer: string;
}

/** A launch that was measured, as far as the linter looks at it. */
export interface LintedLaunch {
  readonly plan: LaunchPlan;
  /** What the VMM asks for; undefined where the plan's steps go to the RMM. */
  readonly requests: readonly VmmRequest[] | undefined;
  readonly assumed: readonly Assumption[];
  readonly refused: readonly { readonly pointer: string; readonly message: string }[];
  /** Entries of `files`, by name. */
  readonly listed: Readonly<Record<string, { readonly path?: string; readonly sha256?: string }>>;
}

function valueText(value: unknown): string {
  return typeof value === "bigint" ? `"0x${value.toString(16)}"` : JSON.stringify(value);
}

/** Where to read a value off a host. */
const SOURCES: Readonly<Record<string, string>> = {
  cpuCompatible: "the compatible of a cpu node in a guest's /proc/device-tree",
  libfdt: "the version of libfdt that the VMM is linked with; 1.4.7 to 1.6.0 write another header",
  irqchip: "the VMM's messages at start, or a guest's /proc/device-tree/intc",
  maxCpus: "KVM_CAP_MAX_VCPUS",
  psci: "the PSCI version that a guest's kernel reports at boot",
  hostPageSize: "getconf PAGESIZE on the host",
  hostLpa2: "whether the host's kernel uses LPA2",
};

function assumption({ field, value, origin }: Assumption): LaunchFinding {
  if (origin === "not-checked") {
    return {
      rule: "not-checked",
      message: `${field} is not stated: whether the RMM offers what the launch asks for is not checked`,
      fix: `platform: {${field}: ...}, as the host's RMM reports it`,
      pointer: "/platform",
    };
  }
  const source = SOURCES[field];
  const isPlatform = !/[[.]/.test(field);
  return {
    rule: "assumed",
    message: `${field} is assumed to be ${valueText(value)}${
      source === undefined ? "" : ` (to be read off ${source})`
    }`,
    fix: isPlatform
      ? `platform: {${field}: ${valueText(value)}}, or what the host has`
      : `${field}: ${valueText(value)}`,
    pointer: isPlatform ? "/platform" : `/${field.replaceAll(/[.[]/g, "/").replaceAll("]", "")}`,
  };
}

function fileFindings(input: InputFile, listed: LintedLaunch["listed"]): readonly LaunchFinding[] {
  const { name, path } = input;
  const entry = Object.hasOwn(listed, name) ? listed[name] : undefined;
  const pointer = entry === undefined ? "/files" : `/files${pointerStep(name)}`;
  const found: LaunchFinding[] = [];
  if (entry?.sha256 === undefined) {
    const what = `sha256: "${input.sha256}"`;
    const key = JSON.stringify(name);
    found.push({
      rule: "file-digest",
      message: `${name} is not pinned: another file of that name gives another RIM`,
      fix:
        entry === undefined
          ? `files: {${key}: {path: ${JSON.stringify(path)}, ${what}}}`
          : `files: {${key}: {${what}}}`,
      pointer,
    });
  }
  if (/^(?:\/|[A-Za-z]:[\\/])/.test(path)) {
    found.push({
      rule: "file-path",
      message: `${path} is a place of one machine`,
      fix: "give the path relative to the manifest",
      pointer,
    });
  }
  return found;
}

const SEEDS = ["kaslrSeed", "rngSeed", "secureKaslrSeed", "secureRngSeed"] as const;

function randomness({ plan }: LintedLaunch): readonly LaunchFinding[] {
  const { platform, host } = plan;
  const drawn = SEEDS.filter((seed) => platform[seed] !== undefined).map(
    (seed): LaunchFinding => ({
      rule: "randomness",
      message: `${seed} is what one launch drew: no other launch has this RIM`,
      fix: "turn randomness off in the VMM's line (QEMU: -machine dtb-randomness=off)",
      pointer: `/platform/${seed}`,
    }),
  );
  const switched = groupArguments(host.args ?? []).flatMap(({ words, first }): LaunchFinding[] => {
    const at = words.findIndex((word) => /\bdtb-(?:randomness|kaslr-seed)=on\b/.test(word));
    if (at < 0) return [];
    const message = "every launch draws seeds into its device tree, and so another RIM";
    const fix = "dtb-randomness=off";
    return [{ rule: "randomness", message, fix, pointer: `/host/args/${first + at}` }];
  });
  return [...drawn, ...switched];
}

function hostValue(message: string, fix: string): LaunchFinding {
  return { rule: "host-value", message, fix, pointer: "/host/args" };
}

/** What of the line is left to the host. */
function leftToHost({ plan, requests = [] }: LintedLaunch): readonly LaunchFinding[] {
  const found: LaunchFinding[] = [];
  const hasLkvmLine = isKvmtool(plan.host.vmm);
  if (hasLkvmLine) {
    if (!kvmtoolHas(plan, "-c")) {
      found.push(hostValue("without -c the Realm has a vCPU for each CPU of the host", "-c N"));
    }
    if (!kvmtoolHas(plan, "-m")) {
      found.push(hostValue("without -m the host's RAM decides the Realm's", "-m SIZE"));
    }
  }
  const setup = requests.flatMap((each) => (each.request === "vcpu_setup" ? [each.setup] : []));
  if (setup.some(({ pmuCounters }) => pmuCounters === "max")) {
    const fix = hasLkvmLine ? "--pmu-counters N" : "-cpu ...,num-pmu-counters=N, or pmu=off";
    found.push(hostValue("the Realm gets as many PMU counters as the RMM offers", fix));
  }
  if (setup.some(({ sveVectorBits }) => sveVectorBits === "max")) {
    const fix = hasLkvmLine
      ? "--sve-max-vl BITS, or --disable-sve"
      : "-cpu ...,sveN=on for the longest vector, or sve=off";
    found.push(hostValue("the Realm gets the longest SVE vectors that the RMM offers", fix));
  }
  return found;
}

const WEAK: Readonly<Partial<Record<ProofClass, string>>> = {
  source: "was read in the source and never run",
  assumed: "is a guess",
};

function weakModels({ plan }: LintedLaunch): readonly LaunchFinding[] {
  const { rmm, host } = plan;
  const named = (models: readonly ModelInfo[], name: string): ModelInfo | undefined =>
    models.find((model) => model.name === name);
  const models = [
    ["/rmm", `RMM ${rmm}`, named(RMM_MODELS, rmm)],
    ["/host/vmm", host.vmm, vmmModel(host.vmm)],
    ["/host/hypervisor", host.hypervisor, named(HYPERVISOR_MODELS, host.hypervisor)],
  ] as const;
  return models.flatMap(([pointer, name, model]): LaunchFinding[] => {
    const weakness = WEAK[model?.proof ?? "assumed"];
    if (weakness === undefined) return [];
    const evidence = model === undefined ? "" : ` (${model.evidence})`;
    return [
      {
        rule: "guess",
        message: `the model of ${name} ${weakness}${evidence}`,
        fix: "compare the RIM with one real launch before you rely on it",
        pointer,
      },
    ];
  });
}

/** Everything there is to say about a launch, in a fixed order. */
export function lintLaunch(launch: LintedLaunch): readonly LaunchFinding[] {
  return [
    ...randomness(launch),
    ...leftToHost(launch),
    ...launch.assumed.map(assumption),
    ...launch.plan.inputs.flatMap((input) => fileFindings(input, launch.listed)),
    ...launch.refused.map(
      ({ pointer, message }): LaunchFinding => ({
        rule: "refused-step",
        message,
        fix: "remove the step, or give it as the hypervisor takes it",
        pointer,
      }),
    ),
    ...weakModels(launch),
  ];
}
