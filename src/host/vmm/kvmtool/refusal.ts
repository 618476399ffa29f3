/**
 * Errors of the kvmtool model: a line that the real program refuses, with its own words.
 *
 * @module
 */
import { CcaRimError } from "../../../errors.ts";

/** JSON pointer of an argument of the VMM's line. */
export function argumentPointer(index: number): string {
  return `/host/args/${index}`;
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
  const pointer = index === undefined ? "/host/args" : argumentPointer(index);
  return new CcaRimError("HOST_ARGUMENT", `lkvm refuses the line: ${reason}`, {
    where: { pointer },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** kvmtool ends, or would crash, while it builds the VM that the line describes. */
export function refuseLaunch(reason: string, hint?: string): CcaRimError {
  return new CcaRimError("HOST_REFUSED", `lkvm refuses the launch: ${reason}`, {
    where: { pointer: "/host/args" },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Something that the real program does and this model does not. */
export function notModelled(what: string, index: number | undefined, hint: string): CcaRimError {
  const pointer = index === undefined ? "/host/args" : argumentPointer(index);
  return new CcaRimError("HOST_NOT_MODELLED", what, { where: { pointer }, hint });
}
