/**
 * What an RMM offers on a platform that people describe by counts: "6 breakpoints, 512-bit SVE".
 *
 * @see RMM 1.0-rel0 B4.4.5 RmiFeatureRegister0
 * @module
 */
import { type BitField, extract } from "../formats/bitfields.ts";
import type { U64 } from "../units.ts";
import {
  type FeatureRegister,
  NO_FEATURES,
  type RegisterFeature,
  type RmmFeatures,
} from "./features.ts";
import type { RmmSpec } from "./spec.ts";

/** What a platform states. Counts are for people; an absent one is not known. */
export interface PlatformCounts {
  /** Breakpoints that the RMM offers the host. */
  readonly breakpoints?: number;
  /** Watchpoints that the RMM offers the host. */
  readonly watchpoints?: number;
  /** Event counters of a Realm's PMU; 0 means no PMU, unless it may have none (`hpmn0`). */
  readonly pmuCounters?: number;
  /** Largest SVE vector length in bits; 0 means no SVE. */
  readonly sveVectorBits?: number;
  /** Largest IPA width of a Realm in bits. */
  readonly maxIpaBits?: number;
  readonly lpa2?: boolean;
  /** FEAT_HPMN0: a PMU may have no counters. */
  readonly hpmn0?: boolean;
  /** RMI feature register 0 as somebody read it; stated counts override its fields. */
  readonly featureRegister0?: U64;
}

/** Features of an RMM, with what nobody stated. */
export interface PlatformFeatures {
  readonly features: RmmFeatures;
  /** Names of {@link PlatformCounts} that are not known: the register's maximum stands for them. */
  readonly notChecked: readonly string[];
}

type StatedFeature =
  | "s2sz"
  | "lpa2"
  | "sveEn"
  | "sveVl"
  | "numBps"
  | "numWps"
  | "pmuEn"
  | "pmuNumCtrs";
type CountName = Exclude<keyof PlatformCounts, "featureRegister0" | "hpmn0">;

/** Which register fields each count decides. */
const DECIDES: Readonly<Record<CountName, readonly StatedFeature[]>> = {
  breakpoints: ["numBps"],
  watchpoints: ["numWps"],
  pmuCounters: ["pmuEn", "pmuNumCtrs"],
  sveVectorBits: ["sveEn", "sveVl"],
  maxIpaBits: ["s2sz"],
  lpa2: ["lpa2"],
};
const COUNTS = Object.keys(DECIDES) as readonly CountName[];

/** SVE vector lengths are multiples of this many bits; registers hold how many, minus 1. */
export const SVE_VECTOR_UNIT = 128;

/** Register fields of the counts that are stated, as this version encodes them. */
function stated(spec: RmmSpec, counts: PlatformCounts): Partial<RmmFeatures> {
  const { breakpoints, watchpoints, pmuCounters, sveVectorBits, maxIpaBits, lpa2 } = counts;
  const debugCount = (count: number): number =>
    spec.debugCounts === "count" ? count : Math.max(count - 1, 0);
  return {
    ...(breakpoints !== undefined && { numBps: debugCount(breakpoints) }),
    ...(watchpoints !== undefined && { numWps: debugCount(watchpoints) }),
    ...(pmuCounters !== undefined && {
      pmuEn: pmuCounters > 0 || counts.hpmn0 === true,
      pmuNumCtrs: pmuCounters,
    }),
    ...(sveVectorBits !== undefined && {
      sveEn: sveVectorBits > 0,
      sveVl: Math.max(Math.floor(sveVectorBits / SVE_VECTOR_UNIT) - 1, 0),
    }),
    ...(maxIpaBits !== undefined && { s2sz: maxIpaBits }),
    ...(lpa2 !== undefined && { lpa2 }),
  };
}

/** A field of the register: of the value that was read, or its maximum. */
function registerValue(
  name: RegisterFeature,
  field: BitField,
  register: U64 | undefined,
): number | boolean {
  const none = NO_FEATURES[name];
  const value = register === undefined ? 2 ** field.width - 1 : extract(register, field);
  return typeof none === "boolean" ? value === 1 : value;
}

/**
 * The features of an RMM of version `spec` on a platform. A limit that the platform does not state
 * is what its register field can hold at most, so that nothing is refused because of it; its name
 * is then in `notChecked`. Features that the version has no register field for stay off.
 */
export function platformFeatures(spec: RmmSpec, counts: PlatformCounts): PlatformFeatures {
  const { featureRegister0: register } = counts;
  const known = stated(spec, counts);
  const register0: FeatureRegister = spec.featureRegisters[0] ?? {};
  const decided = COUNTS.flatMap((count) => DECIDES[count]);
  const features: Record<string, number | boolean> = {
    ...NO_FEATURES,
    hpmn0: counts.hpmn0 ?? true,
  };
  for (const [name, field] of Object.entries(register0) as [RegisterFeature, BitField][]) {
    const isDecided = (decided as readonly string[]).includes(name);
    // Nobody describes the rest by counts; without the register it is what TF-RMM always offers.
    if (!isDecided && register === undefined) continue;
    features[name] = known[name] ?? registerValue(name, field, register);
  }
  const open = COUNTS.filter(
    (count) =>
      counts[count] === undefined &&
      register === undefined &&
      DECIDES[count].some((name) => register0[name] !== undefined),
  );
  return {
    features: features as unknown as RmmFeatures,
    notChecked: counts.hpmn0 === undefined ? [...open, "hpmn0"] : open,
  };
}
