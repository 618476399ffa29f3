/**
 * RMI_RTT_DATA_UNMAP (RMM 2.0): unmaps Data Granules in a range, as far as one table reaches.
 *
 * @see TF-RMM 9a7f8ef4 runtime/rmi/rtt_unmap.c:55, 361, 1228
 * @module
 */
import { extract } from "../../formats/bitfields.ts";
import { GRANULE_SIZE, ipa, isGranuleAligned, type Pa, u64 } from "../../units.ts";
import {
  ADDRESS_LIST,
  ADDRESS_LIST_MAX,
  ADDRESS_SINGLE,
  AddressList,
  LIST_COUNT,
  listRoom,
  OADDR_TYPE,
} from "../address-range.ts";
import {
  type Effect,
  type Failure,
  granuleErrors,
  inputError,
  RealmContext,
  type RmiCommand,
  rttError,
} from "../command.ts";
import { operationsError } from "../operations.ts";
import { isProtected } from "../realm.ts";
import {
  isLive,
  isRttLevelAligned,
  RTT_ENTRIES,
  RTT_PAGE_LEVEL,
  RTTE,
  type RttWalk,
  rttLevelSize,
  walkRtt,
} from "../rtt.ts";
import { walkLevel } from "./rtt-context.ts";

/** Context of RMI_RTT_DATA_UNMAP. */
export class DataUnmapContext extends RealmContext<"RMI_RTT_DATA_UNMAP"> {
  #walk?: RttWalk;

  get walk(): RttWalk {
    this.#walk ??= walkRtt(this.realm.stage2, Number(this.input.base), RTT_PAGE_LEVEL);
    return this.#walk;
  }

  get oaddrType(): number {
    return extract(this.input.flags, OADDR_TYPE);
  }

  get listCount(): number {
    return extract(this.input.flags, LIST_COUNT);
  }

  /** Descriptors that can be answered, as far as that limits the call. */
  get listMax(): number {
    if (this.oaddrType === ADDRESS_SINGLE) return 1;
    if (this.oaddrType !== ADDRESS_LIST) return ADDRESS_LIST_MAX;
    return Math.min(this.listCount, listRoom(this.input.oaddr));
  }
}

type C = DataUnmapContext;

/** Whether the place for the answer is not valid. */
function isBadOutput({ rmm, input, oaddrType, listCount }: C): boolean {
  if (oaddrType > ADDRESS_LIST) return true;
  if (oaddrType < ADDRESS_LIST) return input.oaddr !== 0n || listCount !== 0;
  const granule = (input.oaddr - (input.oaddr % BigInt(GRANULE_SIZE))) as Pa;
  const isNonSecure = rmm.granules.stateOf(granule) === "UNDELEGATED";
  return listCount === 0 || input.oaddr % 8n !== 0n || !isNonSecure;
}

const lastGranule = ({ input }: C): bigint => input.top - BigInt(GRANULE_SIZE);

const failures: readonly Failure<C>[] = [
  operationsError(),
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  inputError(
    "ipa_align",
    ({ input }) => !isGranuleAligned(input.base) || !isGranuleAligned(input.top),
  ),
  inputError("tfrmm_size", ({ input }) => input.top <= input.base),
  inputError(
    "ipa_bound",
    (c) => !isProtected(c.input.base, c.realm) || !isProtected(lastGranule(c), c.realm),
  ),
  inputError("tfrmm_oaddr", isBadOutput),
  rttError("rtt_walk", (c) => !isRttLevelAligned(c.input.base, c.walk.level), walkLevel),
  rttError(
    "tfrmm_block_size",
    ({ input, walk }) => Number(input.base) + rttLevelSize(walk.level) > Number(input.top),
    walkLevel,
  ),
];

/** Unmaps entry `index`, and gives its memory back to the host. */
function unmapEntry({ rmm, walk }: C, index: number): void {
  const { table, level } = walk;
  const pa = table.address(index);
  const isEmpty = table.state(index) === RTTE.ASSIGNED_EMPTY;
  table.set(index, isEmpty ? RTTE.UNASSIGNED_EMPTY : RTTE.UNASSIGNED_DESTROYED);
  for (let at = pa; at < pa + rttLevelSize(level); at += GRANULE_SIZE) {
    rmm.granules.set(at, "DELEGATED");
  }
}

/**
 * Passes over what is not mapped; stops at top, at the end of the table, at another table, and
 * where the freed memory no longer fits what can be answered.
 */
function apply(c: C): Effect {
  const { table, level, index: first } = c.walk;
  const size = rttLevelSize(level);
  const list = new AddressList(c.listMax, level);
  const top = Number(c.input.top);
  let at = Number(c.input.base);
  let next: number | undefined;
  for (let index = first; index < RTT_ENTRIES && at + size <= top; index++, at += size) {
    const entry = table.state(index);
    if (!isLive(entry)) continue;
    const pa = table.address(index);
    if (entry === RTTE.TABLE) break;
    if (c.oaddrType === ADDRESS_SINGLE && next !== undefined && pa !== next) break;
    if (!list.add(pa)) break;
    unmapEntry(c, index);
    next = pa + size;
  }
  const isSingle = c.oaddrType === ADDRESS_SINGLE;
  const range_desc = isSingle ? (list.descriptors[0] ?? u64(0)) : u64(0);
  return { outputs: { out_top: ipa(at), range_desc } };
}

export const rttDataUnmap: RmiCommand<"RMI_RTT_DATA_UNMAP", C> = {
  name: "RMI_RTT_DATA_UNMAP",
  section: "(TF-RMM runtime/rmi/rtt_unmap.c:1228)",
  context: DataUnmapContext,
  failures,
  apply,
};
