/**
 * The shape of an RMI command: ordered failure conditions over a context, then the effect. It is
 * the shape of a command's page in the specification.
 *
 * @module
 */
import { isGranuleAligned, type Pa } from "../units.ts";
import type { GranuleState } from "./granules.ts";
import type { Measured } from "./measurement.ts";
import type { Realm } from "./realm.ts";
import type { RmiCommandName, RmiInputs, RmiOutputs, RmiStatus } from "./rmi.ts";
import type { Rmm } from "./rmm.ts";

/** One failure condition. `C` is the command's context. */
export interface Failure<C> {
  /** The specification's ID; `tfrmm_...` for a condition that its text lacks. */
  readonly id: string;
  readonly status: Exclude<RmiStatus, "RMI_SUCCESS">;
  /** Whether the command fails for this reason. Earlier conditions of the table did not hold. */
  readonly when: (context: C) => boolean;
  /** RTT level that RMI_ERROR_RTT carries. */
  readonly index?: (context: C) => number;
  /** Output values that are valid despite the failure. */
  readonly outputs?: (context: C) => RmiOutputs;
  /**
   * Of a command that needs several calls (2.0): decided when the host donates memory, or when it
   * has the operation continue. Absent: at the first call.
   */
  readonly stage?: "donate" | "continue";
}

/** What a successful command did. */
export interface Effect {
  readonly outputs?: RmiOutputs;
  /** What initialises or extends the RIM of the Realm that the call names, in order. */
  readonly measured?: readonly Measured[];
  /** Where an operation stands that needs several calls, or how it ended; absent: RMI_SUCCESS. */
  readonly operation?: OperationAnswer;
}

/** What a call answers that starts, continues or ends an operation. */
export interface OperationAnswer {
  readonly status: RmiStatus;
  /** MEMORY_REQUEST while the operation is in progress, else 0. */
  readonly index: number;
  /** ID of the condition that ended it, if one did. */
  readonly failed?: string;
  /** RD of the Realm that `measured` is about, as the call itself names an operation only. */
  readonly rd?: Pa;
}

/**
 * What the conditions of a command look at: its inputs and the state of the RMM. Subclasses add
 * the "Context" table of the command's page as getters, each computed once, on first use.
 */
export class CommandContext<N extends RmiCommandName> {
  readonly rmm: Rmm;
  readonly input: RmiInputs[N];

  constructor(rmm: Rmm, input: RmiInputs[N]) {
    this.rmm = rmm;
    this.input = input;
  }
}

type WithRd = { readonly [N in RmiCommandName]: RmiInputs[N] extends { rd: Pa } ? N : never };
/** A command whose inputs name a Realm. */
export type RealmCommandName = WithRd[RmiCommandName];

/** Context of a command on a Realm. */
export class RealmContext<N extends RealmCommandName> extends CommandContext<N> {
  #realm?: Realm;

  /** Realm(rd). Only valid once the conditions rd_align, rd_bound and rd_state do not hold. */
  get realm(): Realm {
    this.#realm ??= this.rmm.realmAt((this.input as { rd: Pa }).rd);
    return this.#realm;
  }
}

/** One RMI command of one RMM version. */
export interface RmiCommand<N extends RmiCommandName, C> {
  readonly name: N;
  /** Section of the specification, e.g. "B4.3.1". */
  readonly section: string;
  readonly context: new (rmm: Rmm, input: RmiInputs[N]) => C;
  /** In the order in which they are decided. */
  readonly failures: readonly Failure<C>[];
  /**
   * The effect of a call that no condition refuses.
   *
   * @param later the conditions that have a stage, for operations to decide.
   */
  readonly apply: (context: C, later: readonly Failure<C>[]) => Effect;
}

/** A condition that answers RMI_ERROR_INPUT. */
export function inputError<C>(id: string, when: (context: C) => boolean): Failure<C> {
  return { id, status: "RMI_ERROR_INPUT", when };
}

/** A condition that answers RMI_ERROR_REALM. */
export function realmError<C>(id: string, when: (context: C) => boolean): Failure<C> {
  return { id, status: "RMI_ERROR_REALM", when };
}

/** A condition that answers RMI_ERROR_RTT with the level `index`. */
export function rttError<C>(
  id: string,
  when: (context: C) => boolean,
  index: (context: NoInfer<C>) => number,
  outputs?: (context: NoInfer<C>) => RmiOutputs,
): Failure<C> {
  const failure = { id, status: "RMI_ERROR_RTT", when, index } as const;
  return outputs === undefined ? failure : { ...failure, outputs };
}

/**
 * The three conditions that every granule argument has, in this order on every page of the
 * specification: it is aligned, it can be delegated, it has the right state.
 *
 * @param ids The page's IDs for them.
 * @param state What the granule must be.
 * @param argument Picks the argument out of the context.
 */
export function granuleErrors<C extends { readonly rmm: Rmm }>(
  ids: readonly [align: string, bound: string, state: string],
  state: GranuleState,
  argument: (context: C) => Pa,
): readonly [align: Failure<C>, bound: Failure<C>, state: Failure<C>] {
  return [
    inputError(ids[0], (c) => !isGranuleAligned(argument(c))),
    inputError(ids[1], (c) => !c.rmm.granules.isDelegable(argument(c))),
    inputError(ids[2], (c) => c.rmm.granules.stateOf(argument(c)) !== state),
  ];
}

type Named = { readonly id: string };

/** A change to an ordered table that another table is derived from, with its reason. */
export type TableEdit<T extends Named> =
  | {
      readonly move: string;
      /** ID of the entry it goes before; the end of the table if absent. */
      readonly before?: string;
      readonly because: string;
    }
  | { readonly remove: string; readonly because: string }
  | {
      readonly add: T;
      /** ID of the entry it goes before; the end of the table if absent. */
      readonly before?: string;
      readonly because: string;
    }
  | { readonly replace: T; readonly because: string };

function indexOfId(table: readonly Named[], id: string): number {
  const index = table.findIndex((entry) => entry.id === id);
  if (index < 0) throw new RangeError(`"id" expected an entry of the table, got ${id}`);
  return index;
}

/** Index of the entry `id`, or the end of the table. */
function placeBefore(table: readonly Named[], id: string | undefined): number {
  return id === undefined ? table.length : indexOfId(table, id);
}

function applyEdit<T extends Named>(table: T[], edit: TableEdit<T>): void {
  if ("move" in edit) {
    const [entry] = table.splice(indexOfId(table, edit.move), 1);
    if (entry !== undefined) table.splice(placeBefore(table, edit.before), 0, entry);
  } else if ("remove" in edit) {
    table.splice(indexOfId(table, edit.remove), 1);
  } else if ("add" in edit) {
    table.splice(placeBefore(table, edit.before), 0, edit.add);
  } else {
    table.splice(indexOfId(table, edit.replace.id), 1, edit.replace);
  }
}

const DERIVATIONS = new WeakMap<object, Derivation>();

/**
 * Derives a failure table (or another ordered table) from one: how a version overlay, or TF-RMM
 * where it decides in another order than the page lists, is written down without repeating it.
 *
 * @throws RangeError if an edit names an entry that the table does not have.
 */
export function edited<T extends Named>(
  table: readonly T[],
  edits: readonly TableEdit<T>[],
): readonly T[] {
  const result = [...table];
  for (const edit of edits) applyEdit(result, edit);
  DERIVATIONS.set(result, { from: table, edits });
  return result;
}

/** How a table was derived with {@link edited}: from which one, by which edits. */
export interface Derivation {
  readonly from: readonly Named[];
  readonly edits: readonly TableEdit<Named>[];
}

/** How a table was derived; undefined for a table that was not. */
export function derivationOf(table: readonly Named[]): Derivation | undefined {
  return DERIVATIONS.get(table);
}
