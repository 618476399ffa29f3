/**
 * Importing command lines: which VMMs there are, and what an imported line is.
 *
 * @module
 */
import { importKvmtool } from "./kvmtool/import.ts";

/** A manifest as a plain object, with what people should read beside its values. */
export interface CommentedManifest {
  readonly manifest: Readonly<Record<string, unknown>>;
  /** By JSON pointer of the value that a comment stands above; lines without comment marks. */
  readonly comments: Readonly<Record<string, readonly string[]>>;
}

/** What a person who imports a line may know already. */
export interface ImportOptions {
  /** E.g. `kvmtool/v3`. */
  readonly vmm?: string;
  /** E.g. `linux-kvm/v7`. */
  readonly hypervisor?: string;
  /** E.g. `1.0-rel0`. */
  readonly rmm?: string;
}

/** Name of a VMM whose lines can be imported. */
export type ImportableVmm = "kvmtool";

/** By the name that `import` takes. */
const IMPORTERS: Readonly<
  Record<ImportableVmm, (argv: readonly string[], options: ImportOptions) => CommentedManifest>
> = { kvmtool: importKvmtool };

/**
 * Imports a line.
 *
 * @param argv the whole line, the program's name first.
 * @throws CcaRimError HOST_ARGUMENT if the VMM would not take the line; RangeError for an unknown
 *   model in `options`.
 */
export function importVmmLine(
  vmm: ImportableVmm,
  argv: readonly string[],
  options: ImportOptions = {},
): CommentedManifest {
  return IMPORTERS[vmm](argv, options);
}
