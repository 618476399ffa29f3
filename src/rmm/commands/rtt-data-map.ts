/**
 * RMI_RTT_DATA_MAP (RMM 2.0): maps delegated memory of unknown content, one block after another,
 * as far as one table reaches. Never measured.
 *
 * @see TF-RMM 9a7f8ef4 runtime/rmi/rtt_map.c:108, 576
 * @module
 */
import { extract } from "../../formats/bitfields.ts";
import { GRANULE_SIZE, ipa, isGranuleAligned, type Pa } from "../../units.ts";
import {
  ADDRESS_LIST,
  ADDRESS_SINGLE,
  type AddressRange,
  decodeRange,
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
  realmError,
  rttError,
} from "../command.ts";
import { operationsError } from "../operations.ts";
import { exceedsIpaSpace, isProtected } from "../realm.ts";
import { isRttLevelAligned, RTT_ENTRIES, type RttWalk, rttLevelSize, walkRtt } from "../rtt.ts";
import { walkLevel } from "./rtt-context.ts";
import { type Block, blockErrors, mapBlock } from "./rtt-data-block.ts";

/** Context of RMI_RTT_DATA_MAP. */
export class DataMapContext extends RealmContext<"RMI_RTT_DATA_MAP"> {
  #ranges?: readonly AddressRange[];
  #walk?: RttWalk;

  /** The output addresses, as descriptors; none if `flags` or `oaddr` are not valid. */
  get ranges(): readonly AddressRange[] {
    this.#ranges ??= this.#descriptors().map(decodeRange);
    return this.#ranges;
  }

  /** The level of the first descriptor, which is that of the whole call. */
  get level(): number {
    return this.ranges[0]?.level ?? 0;
  }

  get walk(): RttWalk {
    this.#walk ??= walkRtt(this.realm.stage2, Number(this.input.base), this.level);
    return this.#walk;
  }

  /** First byte of the last granule of the range. */
  get last(): bigint {
    return BigInt.asUintN(64, this.input.top - BigInt(GRANULE_SIZE));
  }

  /** The blocks with the entries that they go into; then one without memory. */
  *blocks(): Generator<Block> {
    const { rmm, realm, walk, level, input } = this;
    const entry = { rmm, realm, table: walk.table, level, top: Number(input.top) };
    const size = rttLevelSize(level);
    let index = walk.index;
    let at = Number(input.base);
    for (const { base, count, level: ofRange, delegated } of this.ranges) {
      for (let i = 0; i < count && index < RTT_ENTRIES; i++) {
        const pa = base + i * rttLevelSize(ofRange);
        yield { ...entry, index, at, memory: { pa, level: ofRange, delegated } };
        index += 1;
        at += size;
      }
    }
    if (index < RTT_ENTRIES) yield { ...entry, index, at, memory: undefined };
  }

  /** The first block, which decides what the call answers. */
  get firstBlock(): Block {
    return this.blocks().next().value as Block;
  }

  #descriptors(): readonly bigint[] {
    const { flags, oaddr, list = [] } = this.input;
    const type = extract(flags, OADDR_TYPE);
    if (type === ADDRESS_SINGLE) return [oaddr];
    if (type !== ADDRESS_LIST || oaddr % 8n !== 0n) return [];
    const granule = (oaddr - (oaddr % BigInt(GRANULE_SIZE))) as Pa;
    if (this.rmm.granules.stateOf(granule) !== "UNDELEGATED") return [];
    return list.slice(0, Math.min(extract(flags, LIST_COUNT), listRoom(oaddr)));
  }
}

type C = DataMapContext;

const isOutside = ({ realm, level, input, last, rmm }: C): boolean =>
  level < rmm.spec.minBlockLevel ||
  exceedsIpaSpace(input.base, realm) ||
  exceedsIpaSpace(last as typeof input.base, realm) ||
  !isRttLevelAligned(input.base, level) ||
  !isGranuleAligned(input.top);

/** The level that RMI_ERROR_RTT carries for other reasons than the walk. */
const callLevel = ({ level }: C): number => level;

/** A condition on a block, asked of the first one. */
const ofFirstBlock = ({ id, status, when, index }: Failure<Block>): Failure<C> => ({
  id,
  status,
  when: (c) => when(c.firstBlock),
  ...(index !== undefined && { index: callLevel }),
});

const failures: readonly Failure<C>[] = [
  operationsError(),
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  realmError(
    "realm_state",
    ({ realm }) => realm.state !== "REALM_NEW" && realm.state !== "REALM_ACTIVE",
  ),
  inputError("tfrmm_size", ({ input }) => input.top <= input.base),
  inputError("tfrmm_oaddr", ({ ranges }) => ranges.length === 0),
  inputError("tfrmm_oaddr_state", ({ ranges }) => ranges[0]?.delegated === false),
  inputError("tfrmm_range", isOutside),
  inputError(
    "ipa_bound",
    (c) => !isProtected(c.input.base, c.realm) || !isProtected(c.last, c.realm),
  ),
  rttError(
    "tfrmm_range_size",
    ({ input, level }) => input.top - input.base < BigInt(rttLevelSize(level)),
    callLevel,
  ),
  rttError("rtt_walk", (c) => c.walk.level !== c.level, walkLevel),
  ...blockErrors.map(ofFirstBlock),
];

/** Maps blocks until one cannot be mapped, which is no error once there was progress. */
function apply(c: C): Effect {
  let top = Number(c.input.base);
  for (const block of c.blocks()) {
    if (blockErrors.some(({ when }) => when(block))) break;
    mapBlock(block);
    top = block.at + rttLevelSize(c.level);
  }
  return { outputs: { out_top: ipa(top) } };
}

export const rttDataMap: RmiCommand<"RMI_RTT_DATA_MAP", C> = {
  name: "RMI_RTT_DATA_MAP",
  section: "(TF-RMM runtime/rmi/rtt_map.c:576)",
  context: DataMapContext,
  failures,
  apply,
};
