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
  /** The same command with another failure table; for tests that take entries away. */
  withFailures(failures: readonly Failure<never>[]): ExecutableCommand;
}

const NO_OUTPUTS: RmiOutputs = {};
const NOTHING: readonly Measured[] = [];
/** The answer to most calls; one object for all of them. */
const DONE: Answer = {
  status: "RMI_SUCCESS",
  index: 0,
  outputs: NO_OUTPUTS,
  measured: false,
  descriptors: NOTHING,
};

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

/** One question to ask of a call: no means that none of `failures` holds. */
interface Check<C> {
  readonly when: (context: C) => boolean;
  readonly failures: readonly Failure<C>[];
}

/** The questions that decide a table: neighbours of one group share theirs. */
function checksOf<C>(failures: readonly Failure<C>[]): readonly Check<C>[] {
  const checks: { when: (context: C) => boolean; failures: Failure<C>[] }[] = [];
  let open: Failure<C>["group"];
  for (const failure of failures) {
    const last = checks.at(-1);
    if (last !== undefined && failure.group !== undefined && failure.group === open) {
      last.failures.push(failure);
    } else {
      checks.push({ when: failure.group?.when ?? failure.when, failures: [failure] });
    }
    open = failure.group;
  }
  return checks;
}

function firstFailure<C>(checks: readonly Check<C>[], context: C): Failure<C> | undefined {
  for (const check of checks) {
    if (!check.when(context)) continue;
    const failure = check.failures.find(({ when }) => when(context));
    if (failure !== undefined) return failure;
  }
  return undefined;
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
  const checks = checksOf(failures.filter(({ stage }) => stage === undefined));
  const later = failures.filter(({ stage }) => stage !== undefined);
  return {
    name: command.name,
    section: command.section,
    failures,
    run(rmm, input) {
      const context = new Context(rmm, input as RmiInputs[N]);
      const failure = firstFailure(checks, context);
      if (failure !== undefined) return refused(failure, context);
      const effect = apply(context, later);
      if (effect.operation !== undefined) return underway(effect, effect.operation);
      const { outputs = NO_OUTPUTS, measured: descriptors = NOTHING } = effect;
      const measured = descriptors.length > 0;
      if (!measured && outputs === NO_OUTPUTS) return DONE;
      return { status: "RMI_SUCCESS", index: 0, outputs, measured, descriptors };
    },
    withFailures: (table) =>
      executable({ ...command, failures: table as unknown as readonly Failure<C>[] }),
  };
}
