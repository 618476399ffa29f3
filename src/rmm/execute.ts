/**
 * Runs a command: conditions in order, then the effect.
 *
 * @module
 */
import type { Failure, RmiCommand } from "./command.ts";
import type { Measured } from "./measurement.ts";
import type { RmiCommandName, RmiInputs, RmiOutputs, RmiResult } from "./rmi.ts";
import type { Rmm } from "./rmm.ts";

/** The answer to a call, with what it measures: the data behind a trace. */
export interface Answer extends RmiResult {
  readonly descriptors: readonly Measured[];
}

/** A command with its context type closed over, so that commands of all types fit one table. */
export interface ExecutableCommand {
  readonly name: RmiCommandName;
  readonly section: string;
  /** Its failure conditions, in the order in which they are decided. */
  readonly failures: readonly Failure<never>[];
  run(rmm: Rmm, input: RmiInputs[RmiCommandName]): Answer;
  /** The same command with another failure table; for tests that take entries away. */
  withFailures(failures: readonly Failure<never>[]): ExecutableCommand;
}

const NO_OUTPUTS: RmiOutputs = {};
const NOTHING: readonly Measured[] = [];

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

/** Makes a command runnable. */
export function executable<N extends RmiCommandName, C>(
  command: RmiCommand<N, C>,
): ExecutableCommand {
  const { context: Context, failures, apply } = command;
  return {
    name: command.name,
    section: command.section,
    failures,
    run(rmm, input) {
      const context = new Context(rmm, input as RmiInputs[N]);
      for (const failure of failures) {
        if (failure.when(context)) return refused(failure, context);
      }
      const { outputs = NO_OUTPUTS, measured: descriptors = NOTHING } = apply(context);
      const measured = descriptors.length > 0;
      return { status: "RMI_SUCCESS", index: 0, outputs, measured, descriptors };
    },
    withFailures: (table) =>
      executable({ ...command, failures: table as unknown as readonly Failure<C>[] }),
  };
}
