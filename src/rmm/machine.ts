/**
 * The RMM as a machine: one call in, one answer out.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import type { Pa } from "../units.ts";
import { measuredData } from "./commands/data-create.ts";
import type { DataRun } from "./commands/data-run.ts";
import { type Answer, measuredAnswer } from "./execute.ts";
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

/** What came of a run. */
export interface RunAnswer extends Answer {
  /** How many pages were loaded. */
  readonly pages: number;
  /** RMI calls that were made. */
  readonly calls: number;
}

/** Calls that a page of a run takes: its granule is delegated, then becomes a Data Granule. */
const CALLS_A_PAGE = 2;

/**
 * Hands the calls of a run to the RMM, as far as all of them succeed.
 *
 * @returns undefined if the first page has to be tried call by call; nothing has changed then.
 */
export function applyRun(rmm: Rmm, run: DataRun): RunAnswer | undefined {
  const pages = rmm.spec.createDataRun(rmm, run);
  if (pages === 0) return undefined;
  const measured = measuredData(run.ipa, run.flags, run.content, pages);
  rmm.realmAt(run.rd).measurements.measure(measured);
  return { ...measuredAnswer([measured]), pages, calls: pages * CALLS_A_PAGE };
}
