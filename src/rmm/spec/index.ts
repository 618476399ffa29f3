/**
 * The versions of the RMM that are modelled. Adding one: write its overlay beside this file and
 * name it here.
 *
 * @module
 */
import type { RmmSpec } from "../spec.ts";
import { v1_0_eac5 } from "./v1_0_eac5.ts";
import { v1_0_rel0 } from "./v1_0_rel0.ts";
import { v1_1 } from "./v1_1.ts";
import { v2_0 } from "./v2_0.ts";

/** Every version, oldest first. */
export const rmmSpecs: readonly RmmSpec[] = [v1_0_eac5, v1_0_rel0, v1_1, v2_0];

/** The version with a given ID, e.g. "1.0-rel0"; undefined if it is not modelled. */
export function rmmSpec(id: string): RmmSpec | undefined {
  return rmmSpecs.find((spec) => spec.id === id);
}
