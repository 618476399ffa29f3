/**
 * Errors of the QEMU model: a line that the real program refuses, with its own words, and things
 * that the program does and the model does not.
 *
 * @module
 */
import { CcaRimError } from "../../../errors.ts";

/** JSON pointer of an argument of the VMM's line. */
export function argumentPointer(index: number | undefined): string {
  return index === undefined ? "/host/args" : `/host/args/${index}`;
}

/**
 * QEMU ends because of one of its arguments.
 *
 * @param reason QEMU's words.
 * @param index place of the argument in the line, counted from 0; undefined for the whole line.
 */
export function refuseArgument(reason: string, index?: number, hint?: string): CcaRimError {
  return new CcaRimError("HOST_ARGUMENT", `QEMU refuses the line: ${reason}`, {
    where: { pointer: argumentPointer(index) },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** QEMU ends while it builds the machine that the line describes. */
export function refuseLaunch(reason: string, hint?: string): CcaRimError {
  return new CcaRimError("HOST_REFUSED", `QEMU refuses the launch: ${reason}`, {
    where: { pointer: argumentPointer(undefined) },
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
