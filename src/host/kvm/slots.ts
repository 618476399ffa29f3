/**
 * Memory slots of a VM, and the order in which KVM walks through them.
 *
 * @see Linux virt/kvm/kvm_main.c, include/linux/kvm_host.h (id_hash, kvm_for_each_memslot)
 * @module
 */
import { type KvmRefusal, rangeText, refuse } from "./refusal.ts";

/** One memory slot. Addresses are guest physical. */
export interface MemorySlot {
  readonly id: number;
  readonly base: bigint;
  readonly top: bigint;
  readonly guestMemfd: boolean;
}

/** log2 of the buckets of the table of slots by their ID. */
const HASH_BITS = 7;
/** GOLDEN_RATIO_32 of include/linux/hash.h. */
const GOLDEN_RATIO_32 = 0x61c8_8647;
/** KVM_USER_MEM_SLOTS on arm64: SHRT_MAX minus KVM's own slots. */
const USER_SLOTS = 32_764;

/** Bucket of a slot: hash_32(id, 7). */
function bucketOf(id: number): number {
  return Math.imul(id, GOLDEN_RATIO_32) >>> (32 - HASH_BITS);
}

/** The memory slots of one VM. */
export class MemorySlots {
  readonly #slots: MemorySlot[] = [];

  get isEmpty(): boolean {
    return this.#slots.length === 0;
  }

  /** Whether any slot has guest_memfd. */
  get hasGuestMemfd(): boolean {
    return this.#slots.some((slot) => slot.guestMemfd);
  }

  /**
   * KVM_SET_USER_MEMORY_REGION(2) of a new slot.
   *
   * @param pageSize Page size of the host in bytes.
   * @param ipaTop End of the IPA space.
   */
  add(slot: MemorySlot, pageSize: number, ipaTop: bigint): KvmRefusal | undefined {
    const page = BigInt(pageSize);
    const range = rangeText(slot.base, slot.top);
    if (slot.top <= slot.base) return refuse("EINVAL", `its range ${range} is empty`);
    if (slot.base % page !== 0n || slot.top % page !== 0n) {
      return refuse("EINVAL", `${range} is not aligned to the host's pages of ${pageSize} bytes`);
    }
    if (slot.id >= USER_SLOTS) return refuse("EINVAL", `slot IDs end at ${USER_SLOTS - 1}`);
    if (slot.top > ipaTop) return refuse("EFAULT", `${range} is not within the IPA space`);
    for (const other of this.#slots) {
      if (other.id === slot.id) {
        return refuse("EINVAL", "there is a slot of that ID, and changing one is not modelled");
      }
      if (slot.base < other.top && other.base < slot.top) {
        return refuse("EEXIST", `${range} overlaps slot ${other.id}`);
      }
    }
    this.#slots.push(slot);
    return undefined;
  }

  /** The slot that has `address`. */
  at(address: bigint): MemorySlot | undefined {
    return this.#slots.find((slot) => slot.base <= address && address < slot.top);
  }

  /**
   * The slots as kvm_for_each_memslot() walks through them: buckets ascending, in each the slot
   * that was added last first. Neither the order of addresses nor that of creation.
   */
  inHashOrder(): readonly MemorySlot[] {
    return [...this.#slots].reverse().sort((a, b) => bucketOf(a.id) - bucketOf(b.id));
  }
}
