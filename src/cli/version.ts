/**
 * Which cca-rim this is.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { PACKAGE } from "./package-folder.ts";

/** The version of this package, from its package.json. */
export function packageVersion(): string {
  const text = readFileSync(new URL("package.json", PACKAGE), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
