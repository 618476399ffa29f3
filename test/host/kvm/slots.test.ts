import { describe, expect, test } from "vitest";
import { MemorySlots } from "../../../src/host/kvm/slots.ts";

const PAGE = 4096;
const IPA_TOP = 1n << 40n;

const at = (id: number, base: bigint, size = 0x1000n) => ({
  id,
  base,
  top: base + size,
  guestMemfd: true,
});

function slotsOf(ids: readonly number[]): MemorySlots {
  const slots = new MemorySlots();
  for (const [i, id] of ids.entries()) slots.add(at(id, BigInt(i) << 12n), PAGE, IPA_TOP);
  return slots;
}

test.each([
  // kvm_for_each_memslot() of slots 0 .. 7, whatever the order of creation
  [
    [0, 1, 2, 3, 4, 5, 6, 7],
    [0, 3, 6, 1, 4, 7, 2, 5],
  ],
  [
    [7, 6, 5, 4, 3, 2, 1, 0],
    [0, 3, 6, 1, 4, 7, 2, 5],
  ],
  // one bucket: the last one added comes first
  [
    [0, 144, 288],
    [288, 144, 0],
  ],
  [
    [144, 0, 1, 288],
    [288, 0, 144, 1],
  ],
])("slots %j are walked through as %j", (ids, order) => {
  expect(
    slotsOf(ids)
      .inHashOrder()
      .map(({ id }) => id),
  ).toEqual(order);
});

test("a slot is found by an address in it", () => {
  const slots = slotsOf([3, 4]);
  expect(slots.at(0x1fffn)?.id).toBe(4);
  expect(slots.at(0x2000n)).toBeUndefined();
  expect(slots.isEmpty).toBe(false);
});

describe("refused", () => {
  test.each([
    ["nothing", at(9, 0x10000n, 0n), "EINVAL", /empty/],
    ["an unaligned base", at(9, 0x10800n), "EINVAL", /not aligned/],
    ["an unaligned size", at(9, 0x10000n, 0x801n), "EINVAL", /not aligned/],
    ["an ID that is KVM's own", at(32_764, 0x10000n), "EINVAL", /32763/],
    ["an ID in use", at(3, 0x10000n), "EINVAL", /of that ID/],
    ["an overlap", at(9, 0n, 0x2000n), "EEXIST", /overlaps slot 3/],
    ["addresses beyond the IPA space", at(9, IPA_TOP), "EFAULT", /IPA space/],
  ])("%s", (_, slot, errno, why) => {
    const refusal = slotsOf([3, 4]).add(slot, PAGE, IPA_TOP);
    expect(refusal?.errno).toBe(errno);
    expect(refusal?.why).toMatch(why);
  });

  test("host pages of 64 KiB", () => {
    const slots = new MemorySlots();
    expect(slots.add(at(0, 0x1000n, 0x10000n), 65536, IPA_TOP)?.errno).toBe("EINVAL");
    expect(slots.add(at(0, 0x10000n, 0x10000n), 65536, IPA_TOP)).toBeUndefined();
  });
});
