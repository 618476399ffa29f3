/**
 * The launch plan: a manifest with every default written out and every name resolved. It is all
 * that the replay needs; nothing after it looks at the manifest again, except to name a line.
 *
 * @module
 */
import type { HashAlgo } from "../hash/hasher.ts";
import type { ByteSource } from "../hash/source.ts";
import type { Ipa, U64 } from "../units.ts";

/** Raw RmiRealmParams fields as manifests name them; undefined where the host decides. */
export interface RealmFields {
  readonly hashAlgo?: HashAlgo;
  /** 64 bytes, zero-filled on the right. */
  readonly rpv?: Uint8Array;
  readonly s2sz?: number;
  readonly numBps?: number;
  readonly numWps?: number;
  readonly flags?: { readonly lpa2?: boolean; readonly sve?: boolean; readonly pmu?: boolean };
  readonly sveVl?: number;
  readonly pmuNumCtrs?: number;
}

/** Bytes that a `data` step loads. */
export type DataSource =
  | { readonly kind: "file"; readonly name: string; readonly source: ByteSource }
  | { readonly kind: "fill"; readonly byte: number; readonly size: U64 };

/** One step of a launch with vmm "none". `pointer` is the JSON pointer of the step. */
export type LaunchStep = { readonly pointer: string } & (
  | {
      readonly step: "memslot";
      readonly id: number;
      readonly base: Ipa;
      readonly size: U64;
      readonly guestMemfd: boolean;
    }
  | { readonly step: "ripas"; readonly base: Ipa; readonly top: Ipa }
  | {
      readonly step: "data";
      readonly data: DataSource;
      readonly ipa: Ipa;
      readonly measure: boolean;
    }
  | {
      readonly step: "rec";
      readonly mpidr: U64;
      readonly pc: U64;
      /** x0 .. x7, absent ones zero. */
      readonly gprs: readonly U64[];
      readonly runnable: boolean;
    }
  | {
      readonly step: "rmi";
      readonly command: string;
      readonly args: Readonly<Record<string, unknown>>;
    }
  | { readonly step: "activate" }
);

/** One step of `rem`. */
export type RemStep = {
  readonly step: "extend";
  readonly pointer: string;
  readonly register: number;
  readonly data: Uint8Array;
};

/** What host and RMM offer; undefined where the platform does not state it. Human counts. */
export interface Platform {
  readonly breakpoints?: number;
  readonly watchpoints?: number;
  readonly pmuCounters?: number;
  readonly sveVectorBits?: number;
  readonly maxIpaBits?: number;
  readonly lpa2?: boolean;
  readonly cpus?: number;
  readonly ramSize?: U64;
  readonly cpuCompatible?: string;
  readonly libfdt?: string;
  readonly irqchip?: string;
  readonly maxCpus?: number;
  readonly guestInit?: boolean;
  readonly hostPageSize?: number;
  readonly hostLpa2?: boolean;
  readonly kaslrSeed?: string;
  readonly rngSeed?: string;
  readonly secureKaslrSeed?: string;
  readonly secureRngSeed?: string;
}

/** A file that went into the measurement. */
export interface InputFile {
  readonly name: string;
  /** As the manifest writes it, never absolute unless the manifest does. */
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  /** What the content looks like, e.g. an arm64 Image header; for people. */
  readonly format?: Readonly<Record<string, unknown>>;
}

/** A value that nobody gave. */
export interface Assumption {
  readonly field: string;
  readonly value: unknown;
  readonly origin: "default" | "not-checked";
}

/** Everything a replay needs. */
export interface LaunchPlan {
  readonly name?: string;
  /** RMM version, e.g. "1.0-rel0". */
  readonly rmm: string;
  readonly host: {
    readonly vmm: string;
    readonly hypervisor: string;
    readonly args?: readonly string[];
  };
  readonly platform: Platform;
  readonly realm: RealmFields;
  readonly launch: readonly LaunchStep[];
  readonly rem: readonly RemStep[];
  readonly inputs: readonly InputFile[];
  readonly assumed: readonly Assumption[];
}
