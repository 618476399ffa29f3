/**
 * RMI calls that differ between RMM versions and mean the same to a host: granules change sides
 * one by one or as ranges, data is created or mapped, a REC is created in one call or in several.
 *
 * @module
 */
import { encodeRange } from "../rmm/address-range.ts";
import type { RecParams } from "../rmm/params.ts";
import {
  MEMORY_REQUEST,
  type RmiCall,
  type RmiInputs,
  type RmiResult,
  wantedGranules,
} from "../rmm/rmi.ts";
import { RTT_PAGE_LEVEL } from "../rmm/rtt.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import { GRANULE_SIZE, type Pa, type U64, u64 } from "../units.ts";
import type { GranuleAllocator } from "./granule-allocator.ts";
import type { HostTurn } from "./process.ts";

/** The calls of one RMM version. */
export interface RmiCalls {
  /** Delegates one granule. */
  readonly delegate: (addr: Pa) => RmiCall;
  /** Takes one granule back. */
  readonly undelegate: (addr: Pa) => RmiCall;
  /** Creates a Data Granule with content. */
  readonly createData: (input: RmiInputs["RMI_DATA_CREATE"]) => RmiCall;
}

const topOf = (addr: Pa): Pa => (addr + BigInt(GRANULE_SIZE)) as Pa;

const SINGLE: RmiCalls = {
  delegate: (addr) => ({ command: "RMI_GRANULE_DELEGATE", input: { addr } }),
  undelegate: (addr) => ({ command: "RMI_GRANULE_UNDELEGATE", input: { addr } }),
  createData: (input) => ({ command: "RMI_DATA_CREATE", input }),
};

const RANGES: RmiCalls = {
  delegate: (addr) => ({
    command: "RMI_GRANULE_RANGE_DELEGATE",
    input: { base: addr, top: topOf(addr) },
  }),
  undelegate: (addr) => ({
    command: "RMI_GRANULE_RANGE_UNDELEGATE",
    input: { base: addr, top: topOf(addr) },
  }),
  createData: (input) => ({ command: "RMI_RTT_DATA_MAP_INIT", input }),
};

/** The calls of an RMM version: RMM 2.0 has ranges and maps data. */
export function rmiCalls(spec: RmmSpec): RmiCalls {
  return spec.commands.RMI_GRANULE_DELEGATE === undefined ? RANGES : SINGLE;
}

/** Puts the place that asked for a call beside it. */
export function turnOf(call: RmiCall, origin: string | undefined): HostTurn {
  return origin === undefined ? { call } : { call, origin };
}

/** What a new REC starts with. */
export interface RecStart {
  readonly mpidr: U64;
  readonly pc: U64;
  /** x0 .. x7. */
  readonly gprs: readonly U64[];
  readonly runnable: boolean;
}

const RUNNABLE = 1n as U64;
const NO_FLAGS = 0n as U64;

/**
 * An RmiRecParams, 4096 bytes.
 *
 * @param aux auxiliary granules, in versions where the host lists them.
 */
export function recParamsOf(spec: RmmSpec, start: RecStart, aux: readonly Pa[]): Uint8Array {
  const { mpidr, pc, gprs, runnable } = start;
  const flags = runnable ? RUNNABLE : NO_FLAGS;
  const fields: Partial<RecParams> = { flags, mpidr, pc, gprs };
  const listed = spec.recParams.fields.aux === undefined ? {} : { num_aux: u64(aux.length), aux };
  return spec.recParams.encode({ ...fields, ...listed });
}

/** A host in the middle of an operation of several calls. */
interface OperatingHost {
  readonly granules: GranuleAllocator;
  readonly calls: RmiCalls;
}

/** Descriptors in the list that granules come back in, as many as KVM makes room for. */
const RECLAIM_LIST = 256;

/**
 * Carries an operation of RMM 2.0 on, if `first` started one: delegates and donates the granules
 * that it asks for, and takes back what it returns.
 *
 * @returns the answer that ends the operation, or `first`.
 */
export function* finishOperation(
  { granules, calls }: OperatingHost,
  first: RmiResult,
  origin: string | undefined,
): Generator<HostTurn, RmiResult, RmiResult> {
  const handle = u64(first.outputs["handle"] ?? 0n);
  const donated: Pa[] = [];
  let reclaimed = false;
  let answer = first;
  while (answer.status === "RMI_INCOMPLETE") {
    if (answer.index === MEMORY_REQUEST.donate) {
      const count = wantedGranules(answer.outputs["mem_donate_req"]);
      const base = granules.take(count);
      for (let i = 0; i < count; i++) {
        const granule = (base + BigInt(i * GRANULE_SIZE)) as Pa;
        yield turnOf(calls.delegate(granule), origin);
        donated.push(granule);
      }
      const list = [encodeRange({ base: Number(base), count, level: RTT_PAGE_LEVEL })];
      const input = { handle, list_ptr: granules.addressList, list };
      answer = yield turnOf({ command: "RMI_OP_MEM_DONATE", input }, origin);
    } else if (answer.index === MEMORY_REQUEST.reclaim) {
      reclaimed = true;
      const input = { handle, list_ptr: granules.addressList, list_count: RECLAIM_LIST };
      answer = yield turnOf({ command: "RMI_OP_MEM_RECLAIM", input }, origin);
    } else {
      const input = { handle, flags: NO_FLAGS };
      answer = yield turnOf({ command: "RMI_OP_CONTINUE", input }, origin);
    }
  }
  if (reclaimed) {
    for (const granule of donated) yield turnOf(calls.undelegate(granule), origin);
  }
  return answer;
}
