/**
 * Operations that span several calls (RMM 2.0): the first call answers RMI_INCOMPLETE with a
 * handle and says what it waits for; the host donates memory, takes memory back or has the
 * operation continue, by that handle, until a call answers another status.
 *
 * An operation is a generator: it yields what it waits for and receives what the host brought.
 *
 * @see TF-RMM 9a7f8ef4 runtime/rmi/sro.c, lib/sro_context/src/
 * @module
 */
import { u64 } from "../units.ts";
import type { Effect, Failure, OperationAnswer } from "./command.ts";
import { MEMORY_REQUEST, type RmiOutputs } from "./rmi.ts";
import type { Rmm } from "./rmm.ts";

/** What an operation waits for. */
export interface Waiting {
  readonly request: keyof typeof MEMORY_REQUEST;
  /** Granules that are wanted, with "donate". */
  readonly wanted: number;
  /** Granules that the host has yet to take back, with "reclaim". */
  readonly left: number;
  readonly outputs: RmiOutputs;
}

/** What the host brought. */
export interface Continuation {
  /** PAs of donated granules. */
  readonly blocks: readonly number[];
  /** Granules that the host has room to take back. */
  readonly room: number;
}

/** An operation in progress. It returns its last effect, with the final status. */
export type Operation = Generator<Waiting, Effect, Continuation>;

interface InProgress {
  readonly operation: Operation;
  readonly waiting: Waiting;
}

/** Bits 15:2 of RmiOpMemDonateReq: how many blocks, of the size in bits 1:0 (0: granules). */
const BLOCK_COUNT_SHIFT = 2;

/** Waits for `wanted` more delegated granules. */
export function waitForDonation(wanted: number, outputs: RmiOutputs = {}): Waiting {
  const request = u64(wanted << BLOCK_COUNT_SHIFT);
  return { request: "donate", wanted, left: 0, outputs: { ...outputs, mem_donate_req: request } };
}

/** Waits until the host has taken `left` granules back. */
export function waitForReclaim(left: number, outputs: RmiOutputs = {}): Waiting {
  return { request: "reclaim", wanted: 0, left, outputs };
}

/** Waits for RMI_OP_CONTINUE. */
export function waitToContinue(outputs: RmiOutputs = {}): Waiting {
  return { request: "none", wanted: 0, left: 0, outputs };
}

/** The condition that as many operations are in progress as there can be. */
export function operationsError<C extends { readonly rmm: Rmm }>(): Failure<C> {
  const when = ({ rmm }: C): boolean => !rmm.operations.hasRoom;
  return { id: "tfrmm_operations", status: "RMI_BLOCKED", when };
}

/** The condition of a stage that refuses an operation, if one does. */
export function refusal<C>(
  later: readonly Failure<C>[],
  stage: Failure<C>["stage"],
  context: C,
): OperationAnswer | undefined {
  const failure = later.find((entry) => entry.stage === stage && entry.when(context));
  return failure && { status: failure.status, index: 0, failed: failure.id };
}

const IN_PROGRESS = "RMI_INCOMPLETE";

/** The operations of one RMM. */
export class Operations {
  readonly #limit: number;
  /** By handle. */
  readonly #slots: (InProgress | undefined)[] = [];

  /** @param limit Operations that can be in progress at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether another operation can be started. */
  get hasRoom(): boolean {
    return this.#freeSlot() < this.#limit;
  }

  /** What the operation of a handle waits for; undefined if there is none. */
  waiting(handle: bigint): Waiting | undefined {
    return this.#slots[Number(handle)]?.waiting;
  }

  /** Starts an operation, which is taken to wait for something. */
  start(operation: Operation): Effect {
    const handle = this.#freeSlot();
    return this.#advance(operation, handle, operation.next(), { handle: u64(handle) });
  }

  /** Hands an operation what it waits for. `handle` is that of an operation in progress. */
  resume(handle: bigint, continuation: Partial<Continuation>): Effect {
    const slot = Number(handle);
    const { operation } = this.#slots[slot] as InProgress;
    const step = operation.next({ blocks: [], room: 0, ...continuation });
    return this.#advance(operation, slot, step, {});
  }

  #advance(
    operation: Operation,
    slot: number,
    step: IteratorResult<Waiting, Effect>,
    outputs: RmiOutputs,
  ): Effect {
    if (step.done === true) {
      this.#slots[slot] = undefined;
      return step.value;
    }
    const waiting = step.value;
    this.#slots[slot] = { operation, waiting };
    return {
      operation: { status: IN_PROGRESS, index: MEMORY_REQUEST[waiting.request] },
      outputs: { ...outputs, ...waiting.outputs },
    };
  }

  #freeSlot(): number {
    const free = this.#slots.indexOf(undefined);
    return free < 0 ? this.#slots.length : free;
  }
}
