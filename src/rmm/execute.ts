/**
 * Runs a command: conditions in order, then the effect.
 *
 * @module
 */
import type { Pa } from "../units.ts";
import type { Effect, Failure, OperationAnswer, RmiCommand } from "./command.ts";
import type { Measured } from "./measurement.ts";
import type { RmiCommandName, RmiInputs, RmiOutputs, RmiResult } from "./rmi.ts";
import type { Rmm } from "./rmm.ts";

/** The answer to a call, with what it measures: the data behind a trace. */
export interface Answer extends RmiResult {
  readonly descriptors: readonly Measured[];
  /** RD of the Realm that was measured, if the call does not name it. */
  readonly rd?: Pa;
}

/** A command with its context type closed over, so that commands of all types fit one table. */
export interface ExecutableCommand {
  readonly name: RmiCommandName;
  readonly section: string;
  /** Its failure conditions, in the order in which they are decided. */
  readonly failures: readonly Failure<never>[];
  run(rmm: Rmm, input: RmiInputs[RmiCommandName]): Answer;
  /** The same command with another failure table; for tests. */
  withFailures(failures: readonly Failure<never>[]): ExecutableCommand;
}

const NO_OUTPUTS: RmiOutputs = {};
const NOTHING: readonly Measured[] = [];
/** The answer to a call that succeeds, with nothing to say; one object for all of them. */
export const DONE: Answer = {
  status: "RMI_SUCCESS",
  index: 0,
  outputs: NO_OUTPUTS,
  measured: false,
  descriptors: NOTHING,
};

/** The answer to a call that succeeds and is measured. */
export function measuredAnswer(
  descriptors: readonly Measured[],
  outputs: RmiOutputs = NO_OUTPUTS,
): Answer {
  return { status: "RMI_SUCCESS", index: 0, outputs, measured: true, descriptors };
}

function refused<C>(failure: Failure<C>, context: C): Answer {
  return {
    status: failure.status,
    index: failure.index?.(context) ?? 0,
    outputs: failure.outputs?.(context) ?? NO_OUTPUTS,
    failed: failure.id,
    measured: false,
    descriptors: NOTHING,
  };
}

function underway(effect: Effect, operation: OperationAnswer): Answer {
  const { outputs = NO_OUTPUTS, measured: descriptors = NOTHING } = effect;
  return { ...operation, outputs, measured: descriptors.length > 0, descriptors };
}

/** Makes a command runnable. */
export function executable<N extends RmiCommandName, C>(
  command: RmiCommand<N, C>,
): ExecutableCommand {
  const { context: Context, failures, apply } = command;
  const first = failures.filter(({ stage }) => stage === undefined);
  const later = failures.filter(({ stage }) => stage !== undefined);
  return {
    name: command.name,
    section: command.section,
    failures,
    run(rmm, input) {
      const context = new Context(rmm, input as RmiInputs[N]);
      const failure = first.find(({ when }) => when(context));
      if (failure !== undefined) return refused(failure, context);
      const effect = apply(context, later);
      if (effect.operation !== undefined) return underway(effect, effect.operation);
      const { outputs = NO_OUTPUTS, measured = NOTHING } = effect;
      if (measured.length > 0) return measuredAnswer(measured, outputs);
      return outputs === NO_OUTPUTS ? DONE : { ...DONE, outputs };
    },
    withFailures: (table) =>
      executable({ ...command, failures: table as unknown as readonly Failure<C>[] }),
  };
}
