/**
 * SVE of the host's CPU: which vector lengths `sve` and `sve<N>` leave.
 *
 * @see QEMU target/arm/cpu64.c (arm_cpu_sve_finalize)
 * @module
 */
import type { CpuRequest } from "./config.ts";
import { cpuSwitch } from "./cpu.ts";
import { parseUnsigned } from "./numbers.ts";
import { propertyOf } from "./pci-slots.ts";
import { refuseArgument } from "./refusal.ts";

/** What a line says about lengths, in bits. */
interface Lengths {
  readonly on: readonly number[];
  readonly off: readonly number[];
}

/** SVE as a line leaves it. */
export interface SveChoice {
  /** Longest vector in bits; "max": as long as the host has it; undefined: no SVE. */
  readonly maxBits: number | "max" | undefined;
  /** Whether it hangs on lengths that the platform does not list. */
  readonly guessed: boolean;
}

const STEP = 128;
const MOST_QUADS = 16;
const NO_SVE: SveChoice = { maxBits: undefined, guessed: false };

function lengthsOf(cpu: CpuRequest): Lengths {
  const states = new Map<number, boolean>();
  for (const { key } of cpu.features) {
    const bits = /^sve(\d+)$/.exec(key)?.[1];
    if (bits !== undefined) states.set(Number(bits), cpuSwitch(cpu, key) === true);
  }
  const where = (on: boolean): number[] =>
    [...states].filter(([, state]) => state === on).map(([bits]) => bits);
  return { on: where(true), off: where(false) };
}

/** `sve-max-vq`, in bits. */
function longestOf(cpu: CpuRequest): number | undefined {
  const text = propertyOf(cpu.features, "sve-max-vq");
  if (text === undefined) return undefined;
  const quads = Number(parseUnsigned(text) ?? 0n);
  if (quads >= 1 && quads <= MOST_QUADS) return STEP * quads;
  const reason = `can't apply global ${cpu.model}-arm-cpu.sve-max-vq=${text}: unsupported SVE vector length`;
  throw refuseArgument(reason, cpu.index, `1 to ${MOST_QUADS}`);
}

/**
 * Checks the lengths of an emulated CPU, which must keep every power of two below the longest.
 *
 * @throws CcaRimError HOST_ARGUMENT for lengths that do not go together.
 */
export function checkEmulatedSve(cpu: CpuRequest): void {
  const { on, off } = lengthsOf(cpu);
  const most = longestOf(cpu);
  const longest = Math.max(most ?? 0, ...on);
  if (longest > 0 && cpuSwitch(cpu, "sve") === false) {
    throw refuseArgument(`cannot enable sve${longest}`, cpu.index, "SVE must be enabled, sve=on");
  }
  if (cpuSwitch(cpu, "sve") === false) return;
  if (most !== undefined && longest > most) {
    throw refuseArgument(`cannot enable sve${longest}`, cpu.index, "sve-max-vq is less");
  }
  const isPower = (bits: number): boolean => (bits & (bits - 1)) === 0;
  const missing = off.find((bits) => isPower(bits) && (bits < longest || bits === STEP));
  if (missing !== undefined) throw refuseArgument(`cannot disable sve${missing}`, cpu.index);
}

/**
 * Works out the longest vector. KVM wants every length that the host has below the longest one.
 * Hosts are taken to have every multiple of 128 bits.
 *
 * @param hostBits longest vector of the host, 0 without SVE.
 * @throws CcaRimError HOST_ARGUMENT for lengths that do not go together.
 */
export function chooseSve(cpu: CpuRequest, hostBits: () => number): SveChoice {
  const { on, off } = lengthsOf(cpu);
  const enabled = cpuSwitch(cpu, "sve");
  const refuse = (verb: "enable" | "disable", bits: number, hint: string): Error =>
    refuseArgument(`cannot ${verb} sve${bits}`, cpu.index, hint);
  if (on.length > 0) {
    const longest = Math.max(...on);
    if (enabled === false) throw refuse("enable", longest, "SVE must be enabled, add sve=on");
    if (longest > hostBits()) {
      throw refuse("enable", longest, `this host supports ${hostBits()} bits at most`);
    }
    const missing = off.filter((bits) => bits < longest);
    if (missing.length > 0) {
      const hint = `KVM requires all vector lengths smaller than ${longest} bits, too`;
      throw refuse("disable", Math.max(...missing), hint);
    }
    return { maxBits: longest, guessed: (longest & (longest - 1)) !== 0 };
  }
  if (enabled === false) return NO_SVE;
  if (enabled === true && hostBits() === 0) {
    throw refuseArgument("'sve' feature not supported by KVM on this host", cpu.index);
  }
  if (off.length === 0) return { maxBits: "max", guessed: false };
  const longest = Math.min(hostBits(), Math.min(...off) - STEP);
  if (hostBits() > 0 && longest === 0) {
    throw refuse("disable", STEP, "at least one vector length must be enabled");
  }
  return { maxBits: longest, guessed: (longest & (longest - 1)) !== 0 };
}
