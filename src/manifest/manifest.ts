/**
 * The shape of a launch manifest, version 1, once `schemas/manifest.schema.json` has accepted it.
 * u64 values are still strings, names still names; {@link resolve} makes a plan of it.
 *
 * @module
 */
import type { HashAlgo } from "../hash/hasher.ts";

/** An entry of `files`. */
export interface FileEntry {
  readonly path?: string;
  readonly sha256?: string;
  readonly decompress?: "gzip";
  readonly directory?: true;
  readonly size?: number | string;
  readonly header?: { readonly path: string; readonly sha256?: string };
}

/** Fields of a platform as files write them. */
export interface PlatformFields {
  readonly extends?: string | readonly string[];
  readonly featureRegister0?: string;
  readonly [field: string]: unknown;
}

/** One entry of `platform`: a set's name, a file, or fields. */
export type PlatformEntry = string | PlatformFields;

/** `realm` as the manifest writes it. */
export interface RealmEntry {
  readonly hashAlgo?: HashAlgo;
  readonly rpv?: string;
  readonly s2sz?: number;
  readonly numBps?: number;
  readonly numWps?: number;
  readonly flags?: { readonly lpa2?: boolean; readonly sve?: boolean; readonly pmu?: boolean };
  readonly sveVl?: number;
  readonly pmuNumCtrs?: number;
}

/** One entry of `launch`: exactly one of the keys is there. */
export interface LaunchEntry {
  readonly memslot?: {
    readonly id: number;
    readonly base: string;
    readonly size: string;
    readonly guestMemfd?: boolean;
  };
  readonly ripas?: { readonly base: string; readonly top: string };
  readonly data?: {
    readonly file?: string;
    readonly fill?: string;
    readonly size?: string;
    readonly ipa: string;
    readonly measure?: boolean;
  };
  readonly rec?: {
    readonly mpidr: string;
    readonly pc?: string;
    readonly gprs?: readonly string[];
    readonly runnable?: boolean;
  };
  readonly rmi?: { readonly command: string; readonly args?: Readonly<Record<string, unknown>> };
  readonly activate?: true;
}

/** One entry of `rem`: exactly one of the keys is there. */
export interface RemEntry {
  readonly extend?: { readonly register: number; readonly data: string };
  readonly eventLog?: { readonly file: string };
}

/** Axes of a matrix; `cpus` are numbers and ranges, `ram` sizes with their unit. */
export interface MatrixAxes {
  readonly rmm?: readonly string[];
  readonly vmm?: readonly string[];
  readonly hypervisor?: readonly string[];
  readonly cpus?: readonly (number | string)[];
  readonly ram?: readonly string[];
}

/** `matrix` as the manifest writes it. */
export interface MatrixEntry extends MatrixAxes {
  /** Combinations that have every value of an entry are left out. */
  readonly exclude?: readonly { readonly [axis in keyof MatrixAxes]?: number | string }[];
}

/** A launch manifest. */
export interface Manifest {
  readonly manifest: 1;
  readonly name?: string;
  readonly rmm: string;
  readonly host: {
    readonly vmm: string;
    readonly hypervisor: string;
    readonly args?: readonly string[];
  };
  readonly files?: Readonly<Record<string, FileEntry>>;
  readonly platform?: PlatformEntry | readonly PlatformEntry[];
  readonly realm?: RealmEntry;
  readonly launch?: readonly LaunchEntry[];
  readonly rem?: readonly RemEntry[];
  /** How long reference values of this launch are valid; moments in RFC 3339. */
  readonly validity?: { readonly notBefore?: string; readonly notAfter: string };
  readonly matrix?: MatrixEntry;
}
