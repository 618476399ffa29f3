/**
 * What a lock file says: the measurements that somebody accepted, and enough of what they rest on
 * to tell later why they are others.
 *
 * @module
 */

/** A JSON value. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Whether a value is an object. */
export function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A file that went into the measurement. */
export interface LockedInput {
  /** Of the file as it lies on the disk, 64 hex digits. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** One stage of the launch, see `replay/stages.ts`. */
export interface LockedStage {
  /** `realm`, `ripas`, `data`, `memory`, `rec`, `activate`. */
  readonly kind: string;
  /** What is loaded; empty where nothing is. */
  readonly label: string;
  /** `0x...`; empty where there is no address. */
  readonly base: string;
  readonly top: string;
  /** Number of the first and of the last call. */
  readonly calls: readonly [first: number, last: number];
  /** How often the RIM was extended. */
  readonly measured: number;
  readonly chunkPages: number;
  readonly chunks: readonly string[];
}

/** What was measured of one launch, and from what. */
export interface LockedLaunch {
  readonly rmm: string;
  readonly vmm: string;
  readonly hypervisor: string;
  readonly hashAlgo: string;
  /** Lower-case hex, as long as the hash. */
  readonly rim: string;
  /** REM0 .. REM3. */
  readonly rem: readonly string[];
  /** 128 hex digits. */
  readonly rpv: string;
  /** SHA-256 of what `trace --format jsonl` prints. */
  readonly trace: string;
  /** Files by the name that the launch uses. */
  readonly inputs: Readonly<Record<string, LockedInput>>;
  /** What the manifest says, by JSON pointer. */
  readonly settings: Readonly<Record<string, Json>>;
  readonly stages: readonly LockedStage[];
}

/** A lock file. */
export interface Lock {
  /** Version of the program that computed the values. */
  readonly tool: string;
  /** Patterns of the manifests that belong to the project, relative to the lock. */
  readonly manifests: readonly string[];
  /** By the manifest's path relative to the lock, with `#cpus=4,...` for one of a matrix. */
  readonly launches: Readonly<Record<string, LockedLaunch>>;
}

/** What a fresh lock looks for: every launch manifest of the project. */
export const DEFAULT_PATTERNS: readonly string[] = ["**/*.yaml", "**/*.yml", "**/*.json"];

/** Name of the manifest of a launch: a launch of a matrix has more behind a `#`. */
export function manifestOf(launch: string): string {
  const at = launch.indexOf("#");
  return at < 0 ? launch : launch.slice(0, at);
}
