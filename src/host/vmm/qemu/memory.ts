/**
 * `-m`: how much memory there is at boot and how much could be added.
 *
 * @see QEMU hw/core/machine.c (machine_set_mem), system/vl.c (parse_memory_options)
 * @module
 */
import type { MemorySizes } from "./config.ts";
import type { MemoryProperty } from "./line-reader.ts";
import { alignUp, MIB, parseSize, parseUnsigned } from "./numbers.ts";
import { refuseArgument } from "./refusal.ts";

const DEFAULT_SIZE = 128n * MIB;
/** RAM is a multiple of this many bytes. */
const SIZE_UNIT = 8192n;

function sizeOf({ value, fromOption, index, key }: MemoryProperty): bigint {
  // A trailing digit tells QEMU that a suffix is missing.
  const unit = fromOption && key === "size" && /[0-9]$/.test(value) ? "m" : "b";
  const size = parseSize(value, unit);
  if (size === undefined) throw refuseArgument(`invalid memory ${key} "${value}"`, index);
  return size;
}

function hexOf(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** Checks the room for more. */
function checkMaximum(size: bigint, most: bigint, slots: bigint, index: number): void {
  if (most < size) {
    throw refuseArgument(
      `invalid value of maxmem: maximum memory size (${hexOf(most)}) must be at least the initial memory size (${hexOf(size)})`,
      index,
      "maxmem without a suffix counts bytes",
    );
  }
  if (slots > 0n && most === size) {
    throw refuseArgument(
      `invalid value of maxmem: memory slots were specified but maximum memory size (${hexOf(most)}) is equal to the initial memory size (${hexOf(size)})`,
      index,
    );
  }
}

/**
 * Completes `-m` and `-machine memory.*`.
 *
 * @throws CcaRimError HOST_ARGUMENT for sizes that QEMU refuses.
 */
export function completeMemory(properties: readonly MemoryProperty[]): MemorySizes {
  const last = (key: MemoryProperty["key"]): MemoryProperty | undefined =>
    properties.findLast((property) => property.key === key);
  const size = last("size");
  const given = size === undefined ? 0n : sizeOf(size);
  // `-m 0` is as good as none.
  const bytes = alignUp(given === 0n ? DEFAULT_SIZE : given, SIZE_UNIT);
  const slots = last("slots");
  const slotCount = slots === undefined ? 0n : parseUnsigned(slots.value);
  if (slotCount === undefined) throw refuseArgument("invalid memory slots", slots?.index);
  const maximum = last("max-size");
  if (maximum === undefined) {
    if (slots !== undefined) throw refuseArgument("slots specified but no max-size", slots.index);
    return { size: bytes, maxSize: bytes, slots: 0n, given: given !== 0n };
  }
  const most = sizeOf(maximum);
  checkMaximum(bytes, most, slotCount, maximum.index);
  return { size: bytes, maxSize: most, slots: slotCount, given: given !== 0n };
}
