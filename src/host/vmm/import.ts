/**
 * Importing command lines: which VMMs there are.
 *
 * @module
 */
import type { CommentedManifest, ImportOptions } from "./imported.ts";
import { importKvmtool } from "./kvmtool/import.ts";
import { importQemu } from "./qemu/import.ts";

/** Name of a VMM whose lines can be imported. */
export type ImportableVmm = "kvmtool" | "qemu";

/** By the name that `import` takes. */
const IMPORTERS: Readonly<
  Record<ImportableVmm, (argv: readonly string[], options: ImportOptions) => CommentedManifest>
> = { kvmtool: importKvmtool, qemu: importQemu };

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
