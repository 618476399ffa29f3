/**
 * RMI_OP_MEM_DONATE, RMI_OP_MEM_RECLAIM, RMI_OP_CONTINUE and RMI_OP_CANCEL (RMM 2.0): the calls
 * that carry an operation on.
 *
 * @see TF-RMM 9a7f8ef4 runtime/rmi/sro.c
 * @module
 */
import { GRANULE_SIZE, type Pa, type U64 } from "../../units.ts";
import { type AddressRange, decodeRange, listRoom, rangeSize } from "../address-range.ts";
import { CommandContext, type Failure, inputError, type RmiCommand } from "../command.ts";
import type { Waiting } from "../operations.ts";
import type { MEMORY_REQUEST } from "../rmi.ts";
import { rttLevelSize } from "../rtt.ts";

type OperationName =
  | "RMI_OP_CANCEL"
  | "RMI_OP_CONTINUE"
  | "RMI_OP_MEM_DONATE"
  | "RMI_OP_MEM_RECLAIM";

/** Context of a call that names an operation. */
export class OperationContext<N extends OperationName> extends CommandContext<N> {
  get waiting(): Waiting | undefined {
    return this.rmm.operations.waiting((this.input as { readonly handle: U64 }).handle);
  }
}

function handleErrors<C extends OperationContext<OperationName>>(
  expected: keyof typeof MEMORY_REQUEST,
): readonly Failure<C>[] {
  return [
    inputError("tfrmm_handle", (c) => c.waiting === undefined),
    inputError("tfrmm_expected", (c) => c.waiting?.request !== expected),
  ];
}

/** Conditions on a list of descriptors in Non-secure memory. */
function listErrors<C extends OperationContext<"RMI_OP_MEM_DONATE" | "RMI_OP_MEM_RECLAIM">>(
  isUsed: (context: C) => boolean,
): readonly Failure<C>[] {
  return [
    inputError("tfrmm_list_align", (c) => c.input.list_ptr % 8n !== 0n),
    inputError("tfrmm_list_pas", (c) => {
      const granule = (c.input.list_ptr - (c.input.list_ptr % BigInt(GRANULE_SIZE))) as Pa;
      return isUsed(c) && c.rmm.granules.stateOf(granule) !== "UNDELEGATED";
    }),
  ];
}

/** Context of RMI_OP_MEM_DONATE. */
export class DonateContext extends OperationContext<"RMI_OP_MEM_DONATE"> {
  #ranges?: readonly AddressRange[];

  /** The descriptors that are not empty. */
  get ranges(): readonly AddressRange[] {
    this.#ranges ??= this.input.list
      .slice(0, listRoom(this.input.list_ptr))
      .map(decodeRange)
      .filter(({ count }) => count > 0);
    return this.#ranges;
  }
}

export const opMemDonate: RmiCommand<"RMI_OP_MEM_DONATE", DonateContext> = {
  name: "RMI_OP_MEM_DONATE",
  section: "(TF-RMM runtime/rmi/sro.c:146)",
  context: DonateContext,
  failures: [
    ...handleErrors<DonateContext>("donate"),
    ...listErrors<DonateContext>(() => true),
    // lib/addr_list/src/addr_list.c:332, 346
    inputError("tfrmm_block_align", ({ ranges }) =>
      ranges.some(({ base, level }) => base % rttLevelSize(level) !== 0),
    ),
    inputError("tfrmm_block_state", ({ ranges }) => ranges.some(({ delegated }) => !delegated)),
    inputError("tfrmm_too_much", ({ ranges, waiting }) => {
      const total = ranges.reduce((sum, range) => sum + rangeSize(range), 0);
      return total > (waiting?.wanted ?? 0) * GRANULE_SIZE;
    }),
  ],
  apply({ rmm, input, ranges }) {
    const blocks = ranges.flatMap(({ base, count, level }) =>
      Array.from({ length: count }, (_, i) => base + i * rttLevelSize(level)),
    );
    return rmm.operations.resume(input.handle, { blocks });
  },
};

type ReclaimContext = OperationContext<"RMI_OP_MEM_RECLAIM">;

/** Descriptors that the host has room for, up to the end of the granule. */
const roomOf = ({ input }: ReclaimContext): number =>
  Math.min(input.list_count, listRoom(input.list_ptr));

export const opMemReclaim: RmiCommand<"RMI_OP_MEM_RECLAIM", ReclaimContext> = {
  name: "RMI_OP_MEM_RECLAIM",
  section: "(TF-RMM runtime/rmi/sro.c:247)",
  context: OperationContext,
  failures: [
    ...handleErrors<ReclaimContext>("reclaim"),
    // Nothing is written where nothing is returned (runtime/rmi/sro.c:316).
    ...listErrors<ReclaimContext>((c) => roomOf(c) > 0 && (c.waiting?.left ?? 0) > 0),
  ],
  apply: (c) => c.rmm.operations.resume(c.input.handle, { room: roomOf(c) }),
};

export const opContinue: RmiCommand<"RMI_OP_CONTINUE", OperationContext<"RMI_OP_CONTINUE">> = {
  name: "RMI_OP_CONTINUE",
  section: "(TF-RMM runtime/rmi/sro.c:357)",
  context: OperationContext,
  failures: handleErrors("none"),
  apply: ({ rmm, input }) => rmm.operations.resume(input.handle, {}),
};

export const opCancel: RmiCommand<"RMI_OP_CANCEL", OperationContext<"RMI_OP_CANCEL">> = {
  name: "RMI_OP_CANCEL",
  section: "(TF-RMM runtime/rmi/sro.c:390)",
  context: OperationContext,
  failures: [
    inputError("tfrmm_handle", (c) => c.waiting === undefined),
    // No modelled operation can be cancelled (runtime/rmi/rec.c:591, 637).
    inputError("tfrmm_can_cancel", () => true),
  ],
  apply: () => ({}),
};
