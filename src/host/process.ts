/**
 * A host as the engine sees it: a synchronous generator that yields RMI calls and receives their
 * results, so that "RMI_ERROR_RTT at level 1? then create the tables and retry" reads as it does
 * in a hypervisor's source.
 *
 * @module
 */
import type { DataRun } from "../rmm/commands/data-run.ts";
import type { RmiCall, RmiResult } from "../rmm/rmi.ts";
import type { Pa } from "../units.ts";

/** One call with the place in the launch description that asked for it. */
export interface HostTurn {
  readonly call: RmiCall;
  /** JSON pointer into the manifest (`/launch/2`), for blame. */
  readonly origin?: string;
  /**
   * The calls that this one begins, if all goes well: who need not see each of them may make as
   * many as succeed in place of this call, and says so in the answer.
   */
  readonly run?: DataRun;
}

/** What a host is told about its turn. */
export interface HostAnswer extends RmiResult {
  /** How many pages of the turn's run were loaded; absent if only the call was made. */
  readonly pages?: number;
}

/** How a launch ended. */
export type HostOutcome =
  /** The Realm is built; `rd` is its RD. */
  | { readonly kind: "done"; readonly rd: Pa }
  /** The RMM refused a call that the launch needs. */
  | {
      readonly kind: "refused";
      readonly turn: HostTurn;
      readonly result: RmiResult;
      /** What the host makes of it. */
      readonly hint?: string;
    }
  /** The host itself refused a request before any RMI call (a KVM ioctl that fails). */
  | {
      readonly kind: "host-error";
      readonly message: string;
      readonly hint?: string;
      readonly origin?: string;
    };

/** A launch in progress. */
export type HostProcess = Generator<HostTurn, HostOutcome, HostAnswer>;

/** Part of a launch: undefined if it went well, else how the launch ends. */
export type HostPart = Generator<HostTurn, HostOutcome | undefined, HostAnswer>;
