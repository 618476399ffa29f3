/**
 * The launch plan: a manifest with every default written out and every name resolved. It is all
 * that the replay needs; nothing after it looks at the manifest again, except to name a line.
 *
 * @module
 */
import type { ByteSource } from "../hash/source.ts";
import type { FileLookup, ResolvedFile } from "../host/files.ts";
import type { Ability } from "../host/models.ts";
import type { Platform } from "../host/platform.ts";
import type { RealmFields } from "../host/realm-fields.ts";
import type { DataSource, LaunchStep } from "../host/steps.ts";

export type { DataSource, FileLookup, LaunchStep, Platform, RealmFields, ResolvedFile };

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
  /** How long reference values are valid, in seconds since 1970. */
  readonly validity?: { readonly notBefore?: number; readonly notAfter: number };
  readonly files: FileLookup;
  /** Files in use, in order of first use; grows as a VMM model resolves names. */
  readonly inputs: readonly InputFile[];
  /** Values that nobody gave, as far as this room knows them. */
  readonly assumed: readonly Assumption[];
  /** What it is for, if not for measuring: a launch may be looked at that no Realm could be. */
  readonly purpose?: Exclude<Ability, "measure">;
}
