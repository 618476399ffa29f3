/**
 * The RMM as a machine: one call in, one answer out.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import type { Pa } from "../units.ts";
import type { Measured } from "./measurement.ts";
import type { RmiCall, RmiResult } from "./rmi.ts";
import type { Rmm } from "./rmm.ts";

/** An answer, with what was measured: the data behind a trace. */
export interface Answer extends RmiResult {
  readonly descriptors: readonly Measured[];
}

/**
 * Hands one call to the RMM, which changes state and measurements as it decides.
 *
 * @throws CcaRimError RMI_UNKNOWN_COMMAND if this version of the RMM does not have the command.
 */
export function apply(rmm: Rmm, call: RmiCall): Answer {
  const command = rmm.spec.commands[call.command];
  if (command === undefined) {
    throw new CcaRimError(
      "RMI_UNKNOWN_COMMAND",
      `RMM ${rmm.spec.id} has no command ${call.command}`,
    );
  }
  const { measured, ...result } = command.run(rmm, call.input);
  if (measured.length > 0) {
    const { measurements } = rmm.realmAt((call.input as { readonly rd: Pa }).rd);
    for (const descriptor of measured) measurements.measure(descriptor);
  }
  return { ...result, measured: measured.length > 0, descriptors: measured };
}
