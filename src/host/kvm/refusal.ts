/**
 * Requests that KVM refuses: with which error number, why, and because of which RMI call.
 *
 * @module
 */
import type { RmiResult } from "../../rmm/rmi.ts";
import { hexU64 } from "../../units.ts";
import type { HostAnswer, HostOutcome, HostTurn } from "../process.ts";
import type { VmmRequest } from "../requests.ts";
import type { Errno } from "./facts.ts";

/** Why KVM refuses a request. */
export interface KvmRefusal {
  readonly errno: Errno;
  /** Half a sentence: "the Realm exists already". */
  readonly why: string;
  readonly hint?: string;
  /**
   * The request comes at the wrong time, or this series has none like it: whoever makes it has
   * another KVM in mind. Other refusals depend on what is asked for.
   */
  readonly outOfOrder?: true;
  /** The RMI call that the RMM refused and KVM gave up over. */
  readonly call?: { readonly turn: HostTurn; readonly result: RmiResult };
}

/** Part of a request being served: undefined if it went well, else why it is refused. */
export type KvmPart = Generator<HostTurn, KvmRefusal | undefined, HostAnswer>;

/** Makes a refusal that no RMI call is to blame for. */
export function refuse(errno: Errno, why: string, hint?: string): KvmRefusal {
  return hint === undefined ? { errno, why } : { errno, why, hint };
}

/** Makes a refusal of a request that comes at the wrong time, or that this series does not have. */
export function refuseOrder(errno: Errno, why: string, hint?: string): KvmRefusal {
  return { ...refuse(errno, why, hint), outOfOrder: true };
}

/** Makes a refusal because the RMM refused a call. */
export function refuseFor(errno: Errno, turn: HostTurn, result: RmiResult): KvmRefusal {
  const { command } = turn.call;
  const level = result.status === "RMI_ERROR_RTT" ? ` at level ${result.index}` : "";
  const why = `${command} is refused with ${result.status}${level} (condition ${result.failed})`;
  return { errno, why, call: { turn, result } };
}

/** `[0x80000000, 0x80021000)` */
export function rangeText(base: bigint, top: bigint): string {
  return `[${hexU64(base)}, ${hexU64(top)})`;
}

/** A request as KVM's documentation names it, with what tells it from its like. */
export function requestText(request: VmmRequest): string {
  switch (request.request) {
    case "create_vm":
      return `KVM_CREATE_VM with ${request.ipaBits} IPA bits`;
    case "config":
      return `CONFIG_REALM of ${request.name}`;
    case "vcpu_setup":
      return "the set-up of the vCPUs";
    case "create_realm":
      return "CREATE_REALM";
    case "memslot":
      return `KVM_SET_USER_MEMORY_REGION of slot ${request.id}`;
    case "init_ripas":
      return `INIT_RIPAS of ${rangeText(request.base, request.base + request.size)}`;
    case "populate":
      return `POPULATE of ${rangeText(request.base, request.base + request.size)} (${request.label})`;
    case "vcpu_finalize":
      return `vCPU ${request.vcpu}`;
    case "activate":
      return "ACTIVATE";
  }
}

/** A refusal as one sentence. */
export function refusalText(host: string, request: VmmRequest, refusal: KvmRefusal): string {
  return `${host} refuses ${requestText(request)} with -${refusal.errno}: ${refusal.why}`;
}

/** How a launch ends whose request was refused. */
export function outcomeOf(host: string, request: VmmRequest, refusal: KvmRefusal): HostOutcome {
  const origin = request.origin === undefined ? {} : { origin: request.origin };
  const { errno, hint, call } = refusal;
  if (call !== undefined) {
    const consequence = `${host} then fails ${requestText(request)} with -${errno}`;
    return { kind: "refused", ...call, hint: hint ?? consequence };
  }
  return {
    kind: "host-error",
    message: refusalText(host, request, refusal),
    ...(hint === undefined ? {} : { hint }),
    ...origin,
  };
}
