/**
 * CPU models of the virt board, as far as a device tree depends on them.
 *
 * @see QEMU target/arm/cpu64.c and target/arm/tcg/*.c (the initfn of each model)
 * @module
 */
import type { Release } from "./facts.ts";

/** Shape of a cache. */
export interface CacheShape {
  /** Bytes. */
  readonly block: number;
  /** Bytes. */
  readonly size: number;
  readonly sets: number;
}

/** Groups of properties that only some models have. */
export type FeatureGroup = "sve" | "sme" | "pauth" | "max";

/** A model under TCG. */
export interface CpuModel {
  /** First release whose virt board takes it. */
  readonly since: Release;
  /** Device tree binding's name, without `arm,`. */
  readonly compatible: string;
  readonly aarch32Only?: boolean;
  /** Physical address bits. */
  readonly paBits: number;
  /** FEAT_VHE, which brings the EL2 virtual timer. */
  readonly vhe?: boolean;
  /** FEAT_MTE with tags in memory. */
  readonly mte?: boolean;
  readonly groups?: readonly FeatureGroup[];
  readonly l1d: CacheShape;
  readonly l1i: CacheShape;
  readonly l2: CacheShape;
  readonly l3?: CacheShape;
}

function cache(block: number, size: number, sets: number): CacheShape {
  return { block, size, sets };
}

const KIB32_128 = cache(64, 0x8000, 128);
const KIB32_256 = cache(64, 0x8000, 256);
const KIB48 = cache(64, 0xc000, 256);
const KIB64 = cache(64, 0x10000, 256);

/** The model without `-cpu`. */
export const DEFAULT_CPU = "cortex-a15";

/** Physical address bits of `max`, without and with FEAT_LPA. */
export const MAX_PA_BITS = { plain: 48, lpa: 52 } as const;

export const CPU_MODELS: Readonly<Record<string, CpuModel>> = {
  "cortex-a7": {
    since: 502,
    compatible: "cortex-a7",
    aarch32Only: true,
    paBits: 40,
    l1d: KIB32_256,
    l1i: KIB32_256,
    l2: cache(64, 0x240000, 2304),
  },
  "cortex-a15": {
    since: 502,
    compatible: "cortex-a15",
    aarch32Only: true,
    paBits: 40,
    l1d: KIB32_256,
    l1i: KIB32_256,
    l2: cache(64, 0x240000, 2304),
  },
  "cortex-a35": {
    since: 702,
    compatible: "cortex-a35",
    paBits: 40,
    l1d: KIB32_128,
    l1i: KIB32_128,
    l2: cache(64, 0x80000, 512),
  },
  "cortex-a53": {
    since: 502,
    compatible: "cortex-a53",
    paBits: 40,
    l1d: KIB32_128,
    l1i: cache(64, 0x8000, 512),
    l2: cache(64, 0x100000, 1024),
  },
  "cortex-a55": {
    since: 800,
    compatible: "cortex-a55",
    paBits: 40,
    vhe: true,
    l1d: KIB32_128,
    l1i: KIB32_128,
    l2: cache(64, 0x80000, 512),
  },
  "cortex-a57": {
    since: 502,
    compatible: "cortex-a57",
    paBits: 44,
    l1d: KIB32_128,
    l1i: KIB48,
    l2: cache(64, 0x200000, 2048),
  },
  "cortex-a72": {
    since: 502,
    compatible: "cortex-a72",
    paBits: 44,
    l1d: KIB32_128,
    l1i: KIB48,
    l2: cache(64, 0x100000, 1024),
  },
  "cortex-a76": {
    since: 701,
    compatible: "cortex-a76",
    paBits: 40,
    vhe: true,
    l1d: KIB64,
    l1i: KIB64,
    l2: cache(64, 0x80000, 1024),
  },
  "cortex-a710": {
    since: 802,
    compatible: "cortex-a710",
    paBits: 40,
    vhe: true,
    mte: true,
    groups: ["sve", "pauth"],
    l1d: KIB64,
    l1i: KIB64,
    l2: cache(64, 0x80000, 1024),
  },
  a64fx: {
    since: 602,
    compatible: "a64fx",
    paBits: 40,
    vhe: true,
    groups: ["sve"],
    l1d: cache(256, 0x10000, 64),
    l1i: cache(256, 0x10000, 64),
    l2: cache(256, 0x800000, 2048),
  },
  "neoverse-n1": {
    since: 701,
    compatible: "neoverse-n1",
    paBits: 48,
    vhe: true,
    l1d: KIB64,
    l1i: KIB64,
    l2: cache(64, 0x100000, 2048),
  },
  "neoverse-v1": {
    since: 801,
    compatible: "neoverse-v1",
    paBits: 48,
    vhe: true,
    groups: ["sve", "pauth"],
    l1d: KIB64,
    l1i: KIB64,
    l2: cache(64, 0x100000, 2048),
  },
  "neoverse-n2": {
    since: 802,
    compatible: "neoverse-n2",
    paBits: 48,
    vhe: true,
    mte: true,
    groups: ["sve", "pauth"],
    l1d: KIB64,
    l1i: KIB64,
    l2: cache(64, 0x80000, 1024),
  },
  max: {
    since: 502,
    // It starts as a Cortex-A57, and keeps that name.
    compatible: "cortex-a57",
    paBits: 52,
    vhe: true,
    mte: true,
    groups: ["sve", "sme", "pauth", "max"],
    l1d: KIB64,
    l1i: KIB64,
    l2: cache(64, 0x100000, 2048),
    l3: cache(64, 0x200000, 4096),
  },
};
