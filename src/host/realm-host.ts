/**
 * The moves that every host makes to build a Realm, one per RMI command: pick and delegate the
 * granules that a call needs, create missing tables when the RMM answers RMI_ERROR_RTT, retry.
 *
 * @module
 */
import type { PageDigests } from "../hash/pages.ts";
import type { RmiCall, RmiResult } from "../rmm/rmi.ts";
import { RTT_PAGE_LEVEL, rttLevelSize } from "../rmm/rtt.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import { GRANULE_SIZE, type Ipa, type Pa, type U64 } from "../units.ts";
import { GranuleAllocator } from "./granule-allocator.ts";
import type { HostOutcome, HostPart, HostTurn } from "./process.ts";
import {
  finishOperation,
  type RecStart,
  type RmiCalls,
  recParamsOf,
  rmiCalls,
  turnOf,
} from "./rmi-calls.ts";
import { largestFittingLevel } from "./stage2.ts";

/** A call's result, or the outcome that ends the launch. */
type CallPart = Generator<HostTurn, RmiResult, RmiResult>;

const PAGE = BigInt(GRANULE_SIZE);
const MEASURE_CONTENT = 1n as U64;
const NO_FLAGS = 0n as U64;

/** A host at work on one Realm. */
export class RealmHost {
  readonly spec: RmmSpec;
  readonly calls: RmiCalls;
  readonly granules: GranuleAllocator = new GranuleAllocator();
  /** PA of the RD, once the Realm was created. */
  rd: Pa = 0n as Pa;
  #startLevel = 0;
  #auxCount?: number;

  constructor(spec: RmmSpec) {
    this.spec = spec;
    this.calls = rmiCalls(spec);
  }

  /** Yields one call. */
  *call(call: RmiCall, origin: string | undefined): CallPart {
    return yield turnOf(call, origin);
  }

  /** Delegates `count` consecutive granules and returns the first. */
  *delegated(count: number, origin: string | undefined): Generator<HostTurn, Pa, RmiResult> {
    const first = this.granules.take(count);
    for (let i = 0; i < count; i++) {
      const addr = (first + BigInt(i * GRANULE_SIZE)) as Pa;
      yield* this.call(this.calls.delegate(addr), origin);
    }
    return first;
  }

  /**
   * Creates the Realm.
   *
   * @param build Makes the RmiRealmParams for tables at `rttBase`.
   */
  *createRealm(
    start: { readonly level: number; readonly tables: number },
    build: (rttBase: Pa) => Uint8Array,
    origin: string | undefined,
  ): HostPart {
    const rttBase = yield* this.delegated(start.tables, origin);
    const rd = yield* this.delegated(1, origin);
    const turn: RmiCall = {
      command: "RMI_REALM_CREATE",
      input: { rd, params_ptr: this.granules.realmParams, params: build(rttBase) },
    };
    const result = yield* this.call(turn, origin);
    if (result.status !== "RMI_SUCCESS") return refused(turn, result, origin);
    this.rd = rd;
    this.#startLevel = start.level;
    return undefined;
  }

  /** Creates the tables at levels `from + 1` .. `to` above `ipa`. */
  *createTables(ipa: Ipa, from: number, to: number, origin: string | undefined): HostPart {
    for (let level = from + 1; level <= to; level++) {
      const rtt = yield* this.delegated(1, origin);
      const size = BigInt(rttLevelSize(level - 1));
      const turn: RmiCall = {
        command: "RMI_RTT_CREATE",
        input: { rd: this.rd, rtt, ipa: ((ipa / size) * size) as Ipa, level },
      };
      const result = yield* this.call(turn, origin);
      if (result.status !== "RMI_SUCCESS") return refused(turn, result, origin);
    }
    return undefined;
  }

  /**
   * Sets the RIPAS of [base, top) to RAM in the largest entries that fit: as far as the RMM gets
   * in one call, then on from there; where it answers RMI_ERROR_RTT, tables are created first.
   */
  *initRipas(base: Ipa, top: Ipa, origin: string | undefined): HostPart {
    let at = base;
    do {
      const turn: RmiCall = {
        command: "RMI_RTT_INIT_RIPAS",
        input: { rd: this.rd, base: at, top },
      };
      const result = yield* this.call(turn, origin);
      if (result.status === "RMI_SUCCESS") {
        at = BigInt(result.outputs["out_top"] ?? top) as Ipa;
        continue;
      }
      const level = largestFittingLevel(at, top, this.#startLevel);
      if (result.status !== "RMI_ERROR_RTT" || result.index >= level) {
        return refused(turn, result, origin);
      }
      const failed = yield* this.createTables(at, result.index, level, origin);
      if (failed !== undefined) return failed;
    } while (at < top);
    return undefined;
  }

  /**
   * Creates Data Granules with a content.
   *
   * These are by far the most frequent calls of a launch: each is offered as the first of a run.
   *
   * @param base IPA of the content's first granule.
   */
  *createData(
    base: Ipa,
    digests: PageDigests,
    measure: boolean,
    origin: string | undefined,
  ): HostPart {
    const { rd, calls, granules } = this;
    const { source: src } = granules;
    const flags = measure ? MEASURE_CONTENT : NO_FLAGS;
    let page = 0;
    while (page < digests.pages) {
      const ipa = (base + BigInt(page) * PAGE) as Ipa;
      const data = granules.take();
      const input = { rd, data, ipa, src, flags, content: { digests, page } };
      const run = { ...input, pages: digests.pages - page };
      const { pages } = yield { ...turnOf(calls.delegate(data), origin), run };
      page += pages ?? 1;
      if (pages !== undefined) {
        granules.skip(pages - 1);
        continue;
      }
      const turn = turnOf(calls.createData(input), origin);
      const result = yield turn;
      if (result.status === "RMI_SUCCESS") continue;
      const failed = yield* this.#createDataAgain(turn, ipa, result);
      if (failed !== undefined) return failed;
    }
    return undefined;
  }

  /** Creates the tables that a Data Granule lacks, and tries it again. */
  *#createDataAgain(turn: HostTurn, ipa: Ipa, first: RmiResult): HostPart {
    let result = first;
    if (result.status === "RMI_ERROR_RTT" && result.index < RTT_PAGE_LEVEL) {
      const failed = yield* this.createTables(ipa, result.index, RTT_PAGE_LEVEL, turn.origin);
      if (failed !== undefined) return failed;
      result = yield turn;
    }
    return result.status === "RMI_SUCCESS" ? undefined : { kind: "refused", turn, result };
  }

  /** Creates one REC. */
  *createRec(start: RecStart, origin: string | undefined): HostPart {
    const auxCount = yield* this.auxCount(origin);
    const rec = yield* this.delegated(1, origin);
    const aux: Pa[] = [];
    for (let i = 0; i < auxCount; i++) aux.push(yield* this.delegated(1, origin));
    const params = recParamsOf(this.spec, start, aux);
    const turn: RmiCall = {
      command: "RMI_REC_CREATE",
      input: { rd: this.rd, rec, params_ptr: this.granules.recParams, params },
    };
    const result = yield* finishOperation(this, yield* this.call(turn, origin), origin);
    return result.status === "RMI_SUCCESS" ? undefined : refused(turn, result, origin);
  }

  /** Activates the Realm. */
  *activate(origin: string | undefined): HostPart {
    const turn: RmiCall = { command: "RMI_REALM_ACTIVATE", input: { rd: this.rd } };
    const result = yield* this.call(turn, origin);
    return result.status === "RMI_SUCCESS" ? undefined : refused(turn, result, origin);
  }

  /** How many auxiliary granules a REC needs; asked once. */
  *auxCount(origin: string | undefined): Generator<HostTurn, number, RmiResult> {
    // From RMM 2.0 on the RMM asks for what it needs.
    if (this.spec.commands.RMI_REC_AUX_COUNT === undefined) return 0;
    if (this.#auxCount === undefined) {
      const input = { rd: this.rd };
      const result = yield* this.call({ command: "RMI_REC_AUX_COUNT", input }, origin);
      this.#auxCount = Number(result.outputs["aux_count"] ?? 0);
    }
    return this.#auxCount;
  }
}

/** The outcome of a launch whose call the RMM refused. */
export function refused(call: RmiCall, result: RmiResult, origin: string | undefined): HostOutcome {
  return { kind: "refused", turn: turnOf(call, origin), result };
}
