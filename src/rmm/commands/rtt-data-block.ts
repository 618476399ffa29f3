/**
 * One block of memory that RMI_RTT_DATA_MAP (RMM 2.0) maps: why it cannot, and how it does.
 *
 * @see TF-RMM 9a7f8ef4 runtime/rmi/rtt_map.c:230, 385, 449
 * @module
 */
import { GRANULE_SIZE, type Pa } from "../../units.ts";
import { type Failure, inputError, rttError } from "../command.ts";
import type { Realm } from "../realm.ts";
import type { Rmm } from "../rmm.ts";
import { hipasOf, type Rtt, rttLevelSize } from "../rtt.ts";
import { LPA2_PA } from "./data-create.ts";
import { assignedUnknown } from "./data-create-unknown.ts";

/** A block of physical memory, as the host describes it. */
interface Memory {
  readonly pa: number;
  /** RTT level whose entries have its size. */
  readonly level: number;
  readonly delegated: boolean;
}

/** A block and the entry that it goes into. */
export interface Block {
  readonly rmm: Rmm;
  readonly realm: Realm;
  readonly table: Rtt;
  readonly index: number;
  /** Level of the entry. */
  readonly level: number;
  /** IPA of the entry. */
  readonly at: number;
  /** Where the call ends. */
  readonly top: number;
  /** Undefined where the descriptors have no more. */
  readonly memory: Memory | undefined;
}

const paOf = ({ memory }: Block): number => memory?.pa ?? 0;
const sizeOf = ({ level }: Block): number => rttLevelSize(level);

function granulesOf(block: Block): readonly Pa[] {
  const count = sizeOf(block) / GRANULE_SIZE;
  return Array.from({ length: count }, (_, i) => BigInt(paOf(block) + i * GRANULE_SIZE) as Pa);
}

/** Whether the entry maps the block already: nothing is to be done, and nothing is wrong. */
function isMapped(block: Block): boolean {
  const { table, index } = block;
  return hipasOf(table.state(index)) === "ASSIGNED" && table.address(index) === paOf(block);
}

const isOccupied = (block: Block): boolean =>
  !isMapped(block) && hipasOf(block.table.state(block.index)) !== "UNASSIGNED";

const isNotDelegated = (block: Block): boolean =>
  !isMapped(block) &&
  granulesOf(block).some((pa) => block.rmm.granules.stateOf(pa) !== "DELEGATED");

const levelOf = ({ level }: Block): number => level;

/** Why a block cannot be mapped, in the order in which it is decided. */
export const blockErrors: readonly Failure<Block>[] = [
  inputError("tfrmm_no_block", ({ memory }) => memory === undefined),
  inputError("tfrmm_block_state", ({ memory }) => memory?.delegated === false),
  rttError("tfrmm_block_level", ({ memory, level }) => memory?.level !== level, levelOf),
  rttError("tfrmm_block_size", (block) => block.at + sizeOf(block) > block.top, levelOf),
  inputError("data_align", (block) => paOf(block) % sizeOf(block) !== 0),
  inputError(
    "data_bound2",
    (block) => !block.realm.featLpa2 && BigInt(paOf(block) + sizeOf(block)) > LPA2_PA,
  ),
  rttError("rtte_state", isOccupied, levelOf),
  inputError("data_state", isNotDelegated),
];

/** Maps a block that none of {@link blockErrors} refuses. */
export function mapBlock(block: Block): void {
  const { rmm, table, index } = block;
  if (isMapped(block)) return;
  table.set(index, assignedUnknown(table.state(index)), paOf(block));
  for (const pa of granulesOf(block)) rmm.granules.set(Number(pa), "DATA");
}
