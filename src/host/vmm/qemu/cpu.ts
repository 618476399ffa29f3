/**
 * `-cpu`: what the model and its features make of the machine.
 *
 * @see QEMU hw/arm/virt.c (machvirt_init), target/arm/cpu.c
 * @module
 */
import type { Accelerator, CpuRequest } from "./config.ts";
import {
  CPU_MODELS,
  type CpuModel,
  DEFAULT_CPU,
  type FeatureGroup,
  MAX_PA_BITS,
} from "./cpu-models.ts";
import { parseSwitch } from "./numbers.ts";
import { notModelled, refuseArgument, refuseLaunch } from "./refusal.ts";
import type { QemuRelease } from "./versions.ts";

/** A CPU as the rest of the machine sees it. */
export interface CpuPlan {
  /** `compatible` under TCG, with `arm,`; undefined if the host's CPU decides it. */
  readonly compatible: string | undefined;
  readonly aarch64: boolean;
  readonly vhe: boolean;
  /** Whether the line leaves the PMU on. */
  readonly pmu: boolean;
  /** Physical address bits under TCG; undefined if KVM decides. */
  readonly paBits: number | undefined;
  /** The model, for its caches; undefined for the host's CPU. */
  readonly model: CpuModel | undefined;
}

const COMMON =
  "cntfrq reset-cbar reset-hivecs rvbar has_el2 has_el3 pmu cfgend vfp neon midr psci-conduit " +
  "mp-affinity node-id core-count start-powered-off";
/** What each group adds; `sve<N>` and `sme<N>` go without saying. */
const GROUPS: Readonly<Record<FeatureGroup, string>> = {
  sve: "sve",
  sme: "sme sme_fa64",
  pauth: "pauth pauth-impdef pauth-qarma3 pauth-qarma5",
  max: "sve-max-vq lpa2 x-rme x-l0gptsz",
};
const HOST = "sve aarch64 pauth kvm-no-adjvtime kvm-steal-time kvm-psci-version lpa2";
const REALM = "num-breakpoints num-watchpoints num-pmu-counters";

/** Features that change the machine in ways the model does not follow, unless they are at their default. */
const STRUCTURAL: Readonly<Record<string, string | undefined>> = {
  has_el2: "on",
  has_el3: "on",
  aarch64: "on",
  "psci-conduit": undefined,
  "mp-affinity": undefined,
  "node-id": undefined,
  "kvm-psci-version": undefined,
  cfgend: "off",
};

function isVectorLength(key: string, prefix: string): boolean {
  const match = new RegExp(`^${prefix}(\\d+)$`).exec(key);
  const bits = Number(match?.[1] ?? "0");
  return bits > 0 && bits <= 2048 && bits % 128 === 0;
}

function knownTo(key: string, model: CpuModel | undefined, realm: boolean): boolean {
  const groups = model === undefined ? [] : (model.groups ?? []);
  const sve = model === undefined || groups.includes("sve");
  if (sve && isVectorLength(key, "sve")) return true;
  if (groups.includes("sme") && isVectorLength(key, "sme")) return true;
  const lists = [
    COMMON,
    model?.aarch32Only === true ? "" : "aarch64",
    "backcompat-cntfrq backcompat-pauth-default-use-qarma5 vfp-d32",
    ...groups.map((group) => GROUPS[group]),
    ...(model === undefined ? [HOST] : []),
    ...(realm ? [REALM] : []),
  ];
  return lists.some((list) => list.split(" ").includes(key));
}

function checkFeatures(cpu: CpuRequest, model: CpuModel | undefined, realm: boolean): void {
  for (const { key, value } of cpu.features) {
    if (!knownTo(key, model, realm)) {
      const name = `${cpu.model}-arm-cpu.${key}`;
      throw refuseArgument(
        `can't apply global ${name}=${value}: Property '${name}' not found`,
        cpu.index,
      );
    }
    if (key in STRUCTURAL && STRUCTURAL[key] !== value) {
      const hint = "leave the feature out";
      throw notModelled(`-cpu ${cpu.model},${key}=${value} is not modelled`, cpu.index, hint);
    }
  }
}

/** Vector and floating point come together on a 64-bit CPU. */
function checkVectors(cpu: CpuRequest): void {
  if ((cpuSwitch(cpu, "vfp") ?? true) === (cpuSwitch(cpu, "neon") ?? true)) return;
  throw refuseArgument("AArch64 CPUs must have both VFP and Neon or neither", cpu.index);
}

/** Pointer authentication that is off has no algorithm. */
function checkPauth(cpu: CpuRequest): void {
  if (cpuSwitch(cpu, "pauth") !== false) return;
  const algorithms = ["pauth-impdef", "pauth-qarma3", "pauth-qarma5"];
  const chosen = algorithms.find((name) => cpuSwitch(cpu, name) === true);
  if (chosen === undefined) return;
  throw refuseArgument(`cannot enable ${chosen} without pauth`, cpu.index);
}

/** A switch of the CPU; the last one counts. @throws CcaRimError HOST_ARGUMENT */
export function cpuSwitch(cpu: CpuRequest, name: string): boolean | undefined {
  const feature = cpu.features.findLast(({ key }) => key === name);
  if (feature === undefined) return undefined;
  const on = parseSwitch(feature.value);
  if (on === undefined) {
    throw refuseArgument(`Parameter '${name}' expects 'on' or 'off'`, cpu.index);
  }
  return on;
}

/** Reads `-cpu`. @throws CcaRimError HOST_ARGUMENT */
export function readCpu(text: string | undefined, index: number | undefined): CpuRequest {
  if (text === undefined) return { model: DEFAULT_CPU, features: [], index };
  const comma = text.indexOf(",");
  const model = comma < 0 ? text : text.slice(0, comma);
  const features = (comma < 0 ? [] : text.slice(comma + 1).split(",")).filter(
    (part) => part !== "",
  );
  return {
    model,
    features: features.map((part) => {
      const at = part.indexOf("=");
      if (at < 0) throw refuseArgument(`Expected key=value format, found ${part}.`, index);
      return { key: part.slice(0, at), value: part.slice(at + 1) };
    }),
    index,
  };
}

/** What decides a CPU besides the line. */
interface CpuContext {
  readonly accelerator: Accelerator;
  readonly release: QemuRelease;
  readonly realm: boolean;
}

function hostCpu(cpu: CpuRequest, realm: boolean): CpuPlan {
  checkFeatures(cpu, undefined, realm);
  return {
    compatible: undefined,
    aarch64: true,
    vhe: true,
    pmu: cpuSwitch(cpu, "pmu") ?? true,
    paBits: undefined,
    model: undefined,
  };
}

/**
 * Works out the CPU.
 *
 * @throws CcaRimError HOST_ARGUMENT for models and features that the release does not have;
 *   HOST_REFUSED for those that the accelerator cannot run; HOST_NOT_MODELLED
 */
export function planCpu(cpu: CpuRequest, { accelerator, release, realm }: CpuContext): CpuPlan {
  const isHost = cpu.model === "host";
  if (accelerator === "kvm") {
    if (isHost || cpu.model === "max") return hostCpu(cpu, realm);
    const hint = "use -cpu host";
    throw refuseLaunch(`KVM runs no CPU model ${cpu.model} on a host that can run Realms`, hint);
  }
  const model = CPU_MODELS[cpu.model];
  if (model === undefined || isHost || model.since > release.release) {
    const hint = isHost ? "host needs -accel kvm" : undefined;
    throw refuseArgument(`the virt board has no CPU model '${cpu.model}'`, cpu.index, hint);
  }
  checkFeatures(cpu, model, realm);
  checkPauth(cpu);
  if (model.aarch32Only !== true) checkVectors(cpu);
  const maxBits = release.has("maxHas52PaBits") ? MAX_PA_BITS.lpa : MAX_PA_BITS.plain;
  return {
    compatible: `arm,${model.compatible}`,
    aarch64: model.aarch32Only !== true,
    vhe: model.vhe === true,
    pmu: cpuSwitch(cpu, "pmu") ?? true,
    paBits: cpu.model === "max" ? maxBits : model.paBits,
    model,
  };
}
