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
  readonly hashSha512: boolean;
  readonly gicv3NumLrs: number;
  readonly maxRecsOrder: number;
  /** FEAT_HPMN0: a PMU may have no counters. Not in a feature register. */
  readonly hpmn0: boolean;
  /** FEAT_VMID16: VMIDs have 16 bits instead of 8. Not in a feature register. */
  readonly vmid16: boolean;
}

/** A feature that a register of some version encodes. */
export type RegisterFeature = Exclude<keyof RmmFeatures, "hpmn0" | "vmid16">;

/** Where a version's feature register 0 has its fields. */
export type FeatureRegister0 = Readonly<Partial<Record<RegisterFeature, BitField>>>;

/** What no register says: nothing on, no limit below the field's maximum. */
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
  hashSha512: true,
  gicv3NumLrs: 0,
  maxRecsOrder: 10,
  hpmn0: false,
  vmid16: false,
};

/** Decodes a value of feature register 0; features without a field there keep `rest`'s value. */
export function decodeFeatures(
  fields: FeatureRegister0,
  register: bigint,
  rest: RmmFeatures = NO_FEATURES,
): RmmFeatures {
  const features: Record<string, number | boolean> = { ...rest };
  for (const [name, field] of Object.entries(fields)) {
    const value = extract(register, field);
    features[name] = typeof features[name] === "boolean" ? value === 1 : value;
  }
  return features as unknown as RmmFeatures;
}

/** Encodes features as feature register 0. */
export function encodeFeatures(fields: FeatureRegister0, features: RmmFeatures): U64 {
  const names = Object.keys(fields) as RegisterFeature[];
  return u64(
    names.reduce((register, name) => {
      const field = fields[name];
      return field === undefined ? register : register | insert(Number(features[name]), field);
    }, 0n),
  );
}
