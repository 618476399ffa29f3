/**
 * What KVM and the RMM offer, from the platform's own fields or from the feature register that
 * somebody read off the host.
 *
 * @module
 */
import type { Platform } from "../../platform.ts";

/** The fields of RMI feature register 0 that a VMM asks about, by the lowest bit of each. */
interface RegisterLayout {
  readonly pmu: bigint;
  readonly pmuCounters: bigint;
}

const IPA_BITS_MASK = 0xffn;
const SVE = 9n;
const SVE_LENGTH = 10n;
/** RMM 1.0-eac5, and later ones. */
const EARLY: RegisterLayout = { pmu: 22n, pmuCounters: 23n };
const LATE: RegisterLayout = { pmu: 26n, pmuCounters: 27n };
/** KVM series that run on RMM 1.0-eac5 or earlier. */
const ON_EARLY = /^linux-kvm\/(rfc1|2023-08|eac5|v2|v3)$/;

function bits(register: bigint, low: bigint, count: bigint): number {
  return Number((register >> low) & ((1n << count) - 1n));
}

/**
 * Fills in what the feature register tells.
 *
 * @param hypervisor decides how the register is laid out.
 */
export function withRegister(platform: Platform, hypervisor: string | undefined): Platform {
  const { featureRegister0: register } = platform;
  if (register === undefined) return platform;
  const layout = ON_EARLY.test(hypervisor ?? "") ? EARLY : LATE;
  const hasSve = bits(register, SVE, 1n) === 1;
  const hasPmu = bits(register, layout.pmu, 1n) === 1;
  return {
    maxIpaBits: Number(register & IPA_BITS_MASK),
    sveVectorBits: hasSve ? 128 * (bits(register, SVE_LENGTH, 4n) + 1) : 0,
    pmuCounters: hasPmu ? bits(register, layout.pmuCounters, 5n) : 0,
    ...platform,
  };
}
