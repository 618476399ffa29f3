/**
 * The Realm Management Interface as data: every command with its inputs, and what it answers.
 * Names are the specification's; addresses and 64-bit values are branded bigints.
 *
 * @see RMM 1.0-rel0 B4 (FIDs 0xC4000150 ..)
 * @module
 */
import type { PageRef } from "../hash/pages.ts";
import type { Ipa, Pa, U64 } from "../units.ts";

/** Command return status. @see RMM 1.0-rel0 B4.4.18 RmiStatusCode */
export type RmiStatus =
  | "RMI_SUCCESS"
  | "RMI_ERROR_INPUT"
  | "RMI_ERROR_REALM"
  | "RMI_ERROR_REC"
  | "RMI_ERROR_RTT"
  // RMM 2.0
  | "RMI_ERROR_GLOBAL"
  | "RMI_INCOMPLETE"
  | "RMI_BLOCKED";

/** Statuses by their encoding in X0[7:0], as far as the modelled commands answer them. */
export const RMI_STATUS_CODES: Readonly<Record<RmiStatus, number>> = {
  RMI_SUCCESS: 0,
  RMI_ERROR_INPUT: 1,
  RMI_ERROR_REALM: 2,
  RMI_ERROR_REC: 3,
  RMI_ERROR_RTT: 4,
  RMI_ERROR_GLOBAL: 11,
  RMI_INCOMPLETE: 13,
  RMI_BLOCKED: 14,
};

/** What the RMM waits for after RMI_INCOMPLETE, by its encoding in X0[9:8]. */
export const MEMORY_REQUEST: Readonly<Record<"none" | "donate" | "reclaim", number>> = {
  none: 0,
  donate: 1,
  reclaim: 2,
};

/** Granules that a request for memory wants: bits 15:2 of `mem_donate_req`. */
export function wantedGranules(request: U64 | number | undefined): number {
  return (Number(request ?? 0) >> 2) & 0x3fff;
}

/** Inputs of every RMI command, by command name, in the order of the specification's pages. */
export interface RmiInputs {
  /** `content` is what Non-secure memory holds at `src`. */
  readonly RMI_DATA_CREATE: {
    readonly rd: Pa;
    readonly data: Pa;
    readonly ipa: Ipa;
    readonly src: Pa;
    readonly flags: U64;
    readonly content: PageRef;
  };
  readonly RMI_DATA_CREATE_UNKNOWN: { readonly rd: Pa; readonly data: Pa; readonly ipa: Ipa };
  readonly RMI_DATA_DESTROY: { readonly rd: Pa; readonly ipa: Ipa };
  readonly RMI_FEATURES: { readonly index: U64 };
  readonly RMI_GRANULE_DELEGATE: { readonly addr: Pa };
  readonly RMI_GRANULE_RANGE_DELEGATE: { readonly base: Pa; readonly top: Pa };
  readonly RMI_GRANULE_RANGE_UNDELEGATE: { readonly base: Pa; readonly top: Pa };
  readonly RMI_GRANULE_UNDELEGATE: { readonly addr: Pa };
  readonly RMI_OP_CANCEL: { readonly handle: U64 };
  readonly RMI_OP_CONTINUE: { readonly handle: U64; readonly flags: U64 };
  /** `list` is what Non-secure memory holds at `list_ptr`: RmiAddrRangeDesc4KB values. */
  readonly RMI_OP_MEM_DONATE: {
    readonly handle: U64;
    readonly list_ptr: Pa;
    readonly list: readonly U64[];
  };
  readonly RMI_OP_MEM_RECLAIM: {
    readonly handle: U64;
    readonly list_ptr: Pa;
    readonly list_count: number;
  };
  readonly RMI_REALM_ACTIVATE: { readonly rd: Pa };
  /** `params` is what Non-secure memory holds at `params_ptr`: 4096 bytes, an RmiRealmParams. */
  readonly RMI_REALM_CREATE: {
    readonly rd: Pa;
    readonly params_ptr: Pa;
    readonly params: Uint8Array;
  };
  readonly RMI_REALM_DESTROY: { readonly rd: Pa };
  readonly RMI_REALM_TERMINATE: { readonly rd: Pa };
  readonly RMI_REC_AUX_COUNT: { readonly rd: Pa };
  /** `params` is what Non-secure memory holds at `params_ptr`: 4096 bytes, an RmiRecParams. */
  readonly RMI_REC_CREATE: {
    readonly rd: Pa;
    readonly rec: Pa;
    readonly params_ptr: Pa;
    readonly params: Uint8Array;
  };
  readonly RMI_REC_DESTROY: { readonly rec: Pa };
  readonly RMI_RTT_CREATE: {
    readonly rd: Pa;
    readonly rtt: Pa;
    readonly ipa: Ipa;
    readonly level: number;
  };
  /** `oaddr` is an RmiAddrRangeDesc4KB, or the address of `list`, which holds some. */
  readonly RMI_RTT_DATA_MAP: {
    readonly rd: Pa;
    readonly base: Ipa;
    readonly top: Ipa;
    readonly flags: U64;
    readonly oaddr: U64;
    readonly list?: readonly U64[];
  };
  /** `content` is what Non-secure memory holds at `src`. */
  readonly RMI_RTT_DATA_MAP_INIT: {
    readonly rd: Pa;
    readonly data: Pa;
    readonly ipa: Ipa;
    readonly src: Pa;
    readonly flags: U64;
    readonly content: PageRef;
  };
  readonly RMI_RTT_DATA_UNMAP: {
    readonly rd: Pa;
    readonly base: Ipa;
    readonly top: Ipa;
    readonly flags: U64;
    readonly oaddr: U64;
  };
  readonly RMI_RTT_DESTROY: { readonly rd: Pa; readonly ipa: Ipa; readonly level: number };
  readonly RMI_RTT_FOLD: { readonly rd: Pa; readonly ipa: Ipa; readonly level: number };
  readonly RMI_RTT_INIT_RIPAS: { readonly rd: Pa; readonly base: Ipa; readonly top: Ipa };
  readonly RMI_RTT_MAP_UNPROTECTED: {
    readonly rd: Pa;
    readonly ipa: Ipa;
    readonly level: number;
    readonly desc: U64;
  };
  readonly RMI_RTT_READ_ENTRY: { readonly rd: Pa; readonly ipa: Ipa; readonly level: number };
  readonly RMI_RTT_UNMAP_UNPROTECTED: {
    readonly rd: Pa;
    readonly ipa: Ipa;
    readonly level: number;
  };
  readonly RMI_VERSION: { readonly req: U64 };
}

/** Name of an RMI command, `RMI_` included. */
export type RmiCommandName = keyof RmiInputs;

/** One RMI call: a command and its inputs. */
export type RmiCall<N extends RmiCommandName = RmiCommandName> = {
  readonly [K in N]: { readonly command: K; readonly input: RmiInputs[K] };
}[N];

/** Output values of a command, named as in the specification (`top`, `out_top`, `aux_count`). */
export type RmiOutputs = Readonly<Record<string, U64 | number>>;

/** What the RMM answers to a call. A refused call is a value, not an exception. */
export interface RmiResult {
  readonly status: RmiStatus;
  /** RTT level for RMI_ERROR_RTT (-1 included), MEMORY_REQUEST for RMI_INCOMPLETE, else 0. */
  readonly index: number;
  readonly outputs: RmiOutputs;
  /** ID of the failure condition that held, when `status` is not RMI_SUCCESS. */
  readonly failed?: string;
  /** Whether the call changed the RIM. */
  readonly measured: boolean;
}
