/**
 * The RMM as a machine: one call in, one answer out.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import type { Pa } from "../units.ts";
import type { Answer } from "./execute.ts";
import type { RmiCall } from "./rmi.ts";
import type { Rmm } from "./rmm.ts";

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
  const answer = command.run(rmm, call.input);
  if (answer.measured) {
    const { measurements } = rmm.realmAt(answer.rd ?? (call.input as { readonly rd: Pa }).rd);
    for (const descriptor of answer.descriptors) measurements.measure(descriptor);
  }
  return answer;
}
