/**
 * Populating guest pages with content: a run of Data Granules, or one at a time.
 *
 * @module
 */
import type { PageDigests } from "../../hash/pages.ts";
import type { RmiResult } from "../../rmm/rmi.ts";
import { RTT_PAGE_LEVEL } from "../../rmm/rtt.ts";
import { GRANULE_SIZE, hexU64, type Ipa, numberOf, type U64 } from "../../units.ts";
import type { HostAnswer, HostTurn } from "../process.ts";
import { turnOf } from "../rmi-calls.ts";
import { createTables, undelegate } from "./calls.ts";
import { type KvmRefusal, refuse, refuseFor } from "./refusal.ts";
import type { KvmVm } from "./vm.ts";

const MEASURE_CONTENT = 1n as U64;
const NO_FLAGS = 0n as U64;

/** Content on its way into guest memory. */
export interface Load {
  /** Guest address of the content's first granule. */
  readonly base: Ipa;
  readonly digests: PageDigests;
  readonly measure: boolean;
  readonly origin: string | undefined;
}

/** The page that could not be populated, and why. */
export interface DataFailure {
  readonly ipa: Ipa;
  readonly refusal: KvmRefusal;
  /** Status code that the RMM answered to the call that creates the Data Granule, if any. */
  readonly status?: number;
}

/** Part of populating: undefined if it went well. */
export type DataPart = Generator<HostTurn, DataFailure | undefined, HostAnswer>;

/** X0[7:0] of the answers that creating a Data Granule can give. @see RMM 1.0-rel0 B4.4.18 */
const STATUS_CODES: Readonly<Partial<Record<RmiResult["status"], number>>> = {
  RMI_ERROR_INPUT: 1,
  RMI_ERROR_REALM: 2,
};

const PAGE = BigInt(GRANULE_SIZE);

/** Creates the tables that lack and offers the content again: once, or after each table. */
function* offerAgain(
  vm: KvmVm,
  turn: HostTurn,
  ipa: Ipa,
  refused: RmiResult,
): Generator<HostTurn, RmiResult | KvmRefusal, RmiResult> {
  let result = refused;
  while (result.status === "RMI_ERROR_RTT" && result.index < RTT_PAGE_LEVEL) {
    const all = vm.facts.tablesForData === "all";
    const to = all ? RTT_PAGE_LEVEL : result.index + 1;
    const refusal = yield* createTables(vm, ipa, result.index, to, turn.origin);
    if (refusal !== undefined) return refusal;
    result = yield turn;
    if (all) break;
  }
  return result;
}

function failureOf(ipa: Ipa, turn: HostTurn, answer: RmiResult | KvmRefusal): DataFailure {
  if ("errno" in answer) return { ipa, refusal: answer };
  const status = STATUS_CODES[answer.status];
  const refusal = refuseFor("ENXIO", turn, answer);
  return status === undefined ? { ipa, refusal } : { ipa, refusal, status };
}

/**
 * Populates the granules of [base, top), which lie in one slot, until one fails.
 *
 * These are by far the most frequent calls of a launch: each is offered as the first of a run.
 */
export function* populatePages(vm: KvmVm, load: Load, base: Ipa, top: bigint): DataPart {
  const { memory, granules, calls, rd } = vm;
  const { digests, origin } = load;
  const { source: src } = granules;
  const flags = load.measure ? MEASURE_CONTENT : NO_FLAGS;
  const isTracked = vm.facts.populatedTwice === "EEXIST";
  let page = Number(base - load.base) / GRANULE_SIZE;
  let ipa = base;
  while (ipa < top) {
    const address = numberOf(ipa);
    if (isTracked && memory.isPopulated(address)) return populatedBefore(ipa, "EEXIST");
    const data = memory.pageOf(address);
    const input = { rd, data, ipa, src, flags, content: { digests, page } };
    const run = { ...input, pages: memory.neighbours(address, Number(top)) };
    const delegated = yield { ...turnOf(calls.delegate(data), origin), run };
    if (delegated.pages !== undefined) {
      memory.setPopulated(address, delegated.pages);
      page += delegated.pages;
      ipa = (ipa + PAGE * BigInt(delegated.pages)) as Ipa;
      continue;
    }
    if (delegated.status !== "RMI_SUCCESS") return populatedBefore(ipa, "ENXIO");
    const turn = turnOf(calls.createData(input), origin);
    const first = yield turn;
    const answer = first.status === "RMI_SUCCESS" ? first : yield* offerAgain(vm, turn, ipa, first);
    if ("errno" in answer || answer.status !== "RMI_SUCCESS") {
      yield* undelegate(vm, data, 1, origin);
      return failureOf(ipa, turn, answer);
    }
    memory.setPopulated(address, 1);
    page += 1;
    ipa = (ipa + PAGE) as Ipa;
  }
  return undefined;
}

function populatedBefore(ipa: Ipa, errno: "EEXIST" | "ENXIO"): DataFailure {
  const refusal = refuse(
    errno,
    `the page at ${hexU64(ipa)} was populated before`,
    "a page can be populated once; the pages before it are populated and measured",
  );
  return { ipa, refusal };
}
