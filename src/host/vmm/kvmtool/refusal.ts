/**
 * Errors of the kvmtool model: a line that the real program refuses, with its own words.
 *
 * @module
 */
import { CcaRimError } from "../../../errors.ts";
import type { KvmtoolConfig } from "./config.ts";

/** JSON pointer of the VMM's line. */
export const LINE_POINTER = "/host/args";

/** JSON pointer of an argument of the VMM's line; of the whole line without a place. */
function argumentPointer(index: number | undefined): string {
  return index === undefined ? LINE_POINTER : `${LINE_POINTER}/${index}`;
}

/** JSON pointer of the argument that gives an option, of the whole line if none does. */
export function optionPointer(config: KvmtoolConfig, option: string): string {
  return argumentPointer(config.at.get(option));
}

/**
 * kvmtool ends because of one of its arguments.
 *
 * @param reason kvmtool's words.
 * @param index place of the argument in the line, counted from 0; undefined for the whole line.
 */
export function refuseArgument(
  reason: string,
  index: number | undefined,
  hint?: string,
): CcaRimError {
  return new CcaRimError("HOST_ARGUMENT", `lkvm refuses the line: ${reason}`, {
    where: { pointer: argumentPointer(index) },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** kvmtool ends, or would crash, while it builds the VM that the line describes. */
export function refuseLaunch(reason: string, hint?: string): CcaRimError {
  return new CcaRimError("HOST_REFUSED", `lkvm refuses the launch: ${reason}`, {
    where: { pointer: LINE_POINTER },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Something that the real program does and this model does not. */
export function notModelled(what: string, index: number | undefined, hint: string): CcaRimError {
  return new CcaRimError("HOST_NOT_MODELLED", what, {
    where: { pointer: argumentPointer(index) },
    hint,
  });
}
