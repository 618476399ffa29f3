/**
 * What an implementation of the RMM on its CPU offers: the feature registers, decoded.
 *
 * @see RMM 1.0-rel0 A3.1, B4.4.5 RmiFeatureRegister0
 * @module
 */
import { type BitField, extract, insert } from "../formats/bitfields.ts";
import { type U64, u64 } from "../units.ts";

/** Fields of the feature registers (encoded values), and what the CPU adds to them. */
export interface RmmFeatures {
  /** Largest IPA width in bits; in TF-RMM the CPU's PA width. */
  readonly s2sz: number;
  readonly lpa2: boolean;
  readonly sveEn: boolean;
  /** Largest SVE vector length: length in bits / 128 - 1. */
  readonly sveVl: number;
  /** Encoded as the version does: the count, or the count minus 1. */
  readonly numBps: number;
  readonly numWps: number;
  readonly pmuEn: boolean;
  readonly pmuNumCtrs: number;
  readonly hashSha256: boolean;
  readonly hashSha384: boolean;
  readonly hashSha512: boolean;
  readonly gicv3NumLrs: number;
  readonly maxRecsOrder: number;
  /** Device assignment. */
  readonly daEn: boolean;
  /** Which trees a Realm with several Planes may have: 0 one per Plane, 1 either, 2 a single one. */
  readonly rttPlane: number;
  readonly maxNumAuxPlanes: number;
  readonly rttS2apIndirect: boolean;
  /** Largest MECID that a host can ask for; 0 without FEAT_MEC. */
  readonly maxMecid: number;
  /** Private MECIDs that the RMM can hand out; 0 without FEAT_MEC. */
  readonly mecCount: number;
  readonly granSz4k: boolean;
  readonly granSz16k: boolean;
  readonly granSz64k: boolean;
  readonly l0gptsz: number;
  readonly pps: number;
  readonly daCoh: boolean;
  readonly vsmmu: boolean;
  readonly ats: boolean;
  readonly maxVdevsOrder: number;
  readonly vdevKrou: boolean;
  readonly nonTeeStream: boolean;
  /** FEAT_HPMN0: a PMU may have no counters. Not in a feature register. */
  readonly hpmn0: boolean;
  /** FEAT_VMID16: VMIDs have 16 bits instead of 8. Not in a feature register. */
  readonly vmid16: boolean;
}

/** A feature that a register of some version encodes. */
export type RegisterFeature = Exclude<keyof RmmFeatures, "hpmn0" | "vmid16">;

/** Where one feature register of a version has its fields. */
export type FeatureRegister = Readonly<Partial<Record<RegisterFeature, BitField>>>;

/**
 * Features that nobody stated: what the CPU decides is off; what TF-RMM decides is as it has it on
 * every platform.
 */
export const NO_FEATURES: RmmFeatures = {
  s2sz: 48,
  lpa2: false,
  sveEn: false,
  sveVl: 0,
  numBps: 0,
  numWps: 0,
  pmuEn: false,
  pmuNumCtrs: 0,
  hashSha256: true,
  hashSha384: false,
  hashSha512: true,
  gicv3NumLrs: 0,
  maxRecsOrder: 10,
  daEn: true,
  rttPlane: 0,
  maxNumAuxPlanes: 3,
  rttS2apIndirect: false,
  maxMecid: 0xfffe,
  mecCount: 0xfffe,
  granSz4k: true,
  granSz16k: false,
  granSz64k: false,
  l0gptsz: 0,
  pps: 5,
  daCoh: false,
  vsmmu: false,
  ats: false,
  maxVdevsOrder: 10,
  vdevKrou: false,
  nonTeeStream: false,
  hpmn0: false,
  vmid16: false,
};

/**
 * Decodes feature registers; features without a field, or in a register without a value, keep
 * `rest`'s value.
 *
 * @param values of register 0, 1, ... as far as they are known.
 */
export function decodeFeatures(
  registers: readonly FeatureRegister[],
  values: readonly bigint[],
  rest: RmmFeatures = NO_FEATURES,
): RmmFeatures {
  const features: Record<string, number | boolean> = { ...rest };
  for (const [index, register] of values.entries()) {
    for (const [name, field] of Object.entries(registers[index] ?? {})) {
      const value = extract(register, field);
      features[name] = typeof features[name] === "boolean" ? value === 1 : value;
    }
  }
  return features as unknown as RmmFeatures;
}

/** Encodes features as one feature register; a register without fields is 0. */
export function encodeFeatures(register: FeatureRegister, features: RmmFeatures): U64 {
  const fields = Object.entries(register) as [RegisterFeature, BitField][];
  return u64(
    fields.reduce((value, [name, field]) => value | insert(Number(features[name]), field), 0n),
  );
}
