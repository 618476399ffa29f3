/**
 * The host's side of an operation of several calls (RMM 2.0), as the recorded host had it: it
 * donates consecutive granules, takes back what it gets, and goes on until there is an end.
 *
 * @module
 */
import { encodeRange } from "../rmm/address-range.ts";
import type { Answer } from "../rmm/execute.ts";
import { apply } from "../rmm/machine.ts";
import {
  MEMORY_REQUEST,
  RMI_STATUS_CODES,
  type RmiCall,
  type RmiResult,
  wantedGranules,
} from "../rmm/rmi.ts";
import type { Rmm } from "../rmm/rmm.ts";
import { RTT_PAGE_LEVEL } from "../rmm/rtt.ts";
import { GRANULE_SIZE, hexU64, type Pa, type U64 } from "../units.ts";

/** Where the recorded host kept lists of addresses. */
const LIST = 0x9fff_c000n as Pa;
/** No operation of an RMM takes more calls: each donation is of a granule at least. */
const MAX_CALLS = 64;
/** Descriptors that such a list can hold. */
const LIST_LENGTH = 512;

/** How an operation went. */
export interface FinishedOperation extends RmiResult {
  /** Each X0 with the call that followed it, e.g. "0x10d:OP_MEM_DONATE"; the last with "END". */
  readonly sro: readonly string[];
}

/** X0: the status, and what goes with it. */
const x0 = ({ status, index }: RmiResult): bigint =>
  BigInt(((index & 0xff) << 8) | RMI_STATUS_CODES[status]);

/** Carries an operation on, if `first` started one, to its end. */
export function finishOperation(rmm: Rmm, first: Answer, memory: Pa): FinishedOperation {
  const handle = BigInt(first.outputs["handle"] ?? 0) as U64;
  const sro: string[] = [];
  let donated = 0;
  let answer = first;
  let measured = first.measured;
  while (answer.status === "RMI_INCOMPLETE" && sro.length < MAX_CALLS) {
    const call = nextCall(answer, handle, Number(memory) + donated * GRANULE_SIZE);
    sro.push(`${hexU64(x0(answer))}:${call.command.slice("RMI_".length)}`);
    answer = apply(rmm, call);
    measured ||= answer.measured;
    donated += Number(answer.outputs["donated"] ?? 0);
  }
  sro.push(`${hexU64(x0(answer))}:END`);
  return { ...answer, measured, sro };
}

function nextCall(answer: RmiResult, handle: U64, memory: number): RmiCall {
  switch (answer.index) {
    case MEMORY_REQUEST.donate: {
      const count = wantedGranules(answer.outputs["mem_donate_req"]);
      const list = [encodeRange({ base: memory, count, level: RTT_PAGE_LEVEL })];
      return { command: "RMI_OP_MEM_DONATE", input: { handle, list_ptr: LIST, list } };
    }
    case MEMORY_REQUEST.reclaim:
      return {
        command: "RMI_OP_MEM_RECLAIM",
        input: { handle, list_ptr: LIST, list_count: LIST_LENGTH },
      };
    default:
      return { command: "RMI_OP_CONTINUE", input: { handle, flags: 0n as U64 } };
  }
}
