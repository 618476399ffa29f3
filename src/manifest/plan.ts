/**
 * The launch plan: a manifest with every default written out and every name resolved. It is all
 * that the replay needs; nothing after it looks at the manifest again, except to name a line.
 *
 * @module
 */
import type { HashAlgo } from "../hash/hasher.ts";
import type { ByteSource, MemoryContent } from "../hash/source.ts";
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
      /** Where the first byte goes, as the manifest says it; may lie inside a granule. */
      readonly ipa: Ipa;
      /** `ipa` rounded down to a granule: where `content` starts. */
      readonly base: Ipa;
      /** The granules from `base` on: the bytes, and zeros around them in the first and last one. */
      readonly content: MemoryContent;
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

/** One step of `rem`. `pointer` is the JSON pointer of the step. */
export type RemStep = { readonly pointer: string } & (
  | {
      readonly step: "extend";
      /** 0 .. 3 for REM0 .. REM3. */
      readonly register: number;
      /** 0 .. 64 bytes. */
      readonly data: Uint8Array;
    }
  | { readonly step: "eventLog"; readonly file: string; readonly source: ByteSource }
);

/** What host and RMM offer; undefined where the platform does not state it. Human counts. */
export interface Platform {
  readonly breakpoints?: number;
  readonly watchpoints?: number;
  readonly pmuCounters?: number;
  readonly sveVectorBits?: number;
  readonly maxIpaBits?: number;
  readonly lpa2?: boolean;
  /** RMI feature register 0 as RMI_FEATURES answers it, where somebody read it; fields override it. */
  readonly featureRegister0?: U64;
  /** Highest PSCI version that KVM offers, e.g. "0.2". */
  readonly psci?: string;
  readonly cpus?: number;
  readonly ramSize?: U64;
  readonly cpuCompatible?: string;
  readonly libfdt?: string;
  readonly irqchip?: string;
  readonly maxCpus?: number;
  readonly guestInit?: boolean;
  readonly hostPageSize?: number;
  readonly hostLpa2?: boolean;
  readonly kaslrSeed?: U64;
  /** 32 bytes in hexadecimal. */
  readonly rngSeed?: string;
  readonly secureKaslrSeed?: U64;
  /** 32 bytes in hexadecimal. */
  readonly secureRngSeed?: string;
}

/** A file that went into the measurement. */
export interface InputFile {
  readonly name: string;
  /** As the manifest writes it, never absolute unless the manifest does. */
  readonly path: string;
  /**
   * SHA-256 of the file as it lies on disk (before `decompress`), 64 hex digits. Computed on first
   * use: it costs a pass over the file, which a measurement alone does not need.
   */
  readonly sha256: string;
  /** Bytes on disk. */
  readonly size: number;
  /** What the content looks like, e.g. an arm64 Image header; for people. */
  readonly format?: Readonly<Record<string, unknown>>;
  /** Only a header and a length are known, so nothing that hashes the content may use it. */
  readonly standIn?: true;
}

/** The bytes behind a name of the VMM's arguments. */
export interface ResolvedFile {
  readonly name: string;
  /** The bytes that are loaded (after `decompress`). Of a stand-in: its header, then zeros. */
  readonly source: ByteSource;
  /** Whether only header and length are real: good for `dtb` and the host layer, not for hashing. */
  readonly standIn: boolean;
}

/** Finds files by the name that a VMM's arguments use, byte for byte. */
export interface FileLookup {
  /**
   * The file of that name: its entry in `files`, else the path itself, relative to the manifest.
   * The same name gives the same object; the file then counts as an input of the measurement.
   *
   * @param pointer JSON pointer of the place that names it (`/host/args/9`), for errors.
   * @throws CcaRimError FILE_NOT_FOUND, FILE_UNREADABLE (a directory, too), FILE_DIGEST, FILE_FORMAT
   */
  resolve(name: string, pointer?: string): ResolvedFile;
  /** Whether `files` marks the name as a directory. Opens nothing. */
  isDirectory(name: string): boolean;
  /** Whether `files` has an entry of that name. Opens nothing. */
  isListed(name: string): boolean;
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
  readonly files: FileLookup;
  /** Files in use, in order of first use; grows as a VMM model resolves names. */
  readonly inputs: readonly InputFile[];
  /** Values that nobody gave, as far as this room knows them. */
  readonly assumed: readonly Assumption[];
}
