/** RMM 2.0: RECs are created and destroyed in operations of several calls. */
import { describe, expect, test } from "vitest";
import { AddressList, decodeRange, encodeRange, listRoom } from "../../src/rmm/address-range.ts";
import type { RmiResult } from "../../src/rmm/rmi.ts";
import { v2_0 } from "../../src/rmm/spec/v2_0.ts";
import { type Pa, pa, type U64, u64 } from "../../src/units.ts";
import { PAGE, World } from "./world.ts";

const describeX0 = ({ status, index }: RmiResult): string => `${status} ${index}`;
const range = (base: Pa, count: number): U64 =>
  encodeRange({ base: Number(base), count, level: 3 });
const page = (base: Pa, i: number): Pa => pa(base + BigInt(i * PAGE));

/** A Realm and the creation of a REC in it that has just begun. */
function begin(): { w: World; rd: Pa; rec: Pa; first: RmiResult; handle: U64 } {
  const w = new World(v2_0);
  const rd = w.realm();
  const call = w.recCall(rd);
  const first = w.call(call);
  const handle = u64(first.outputs["handle"] ?? 99);
  return { w, rd, rec: call.input.rec, first, handle };
}

const donate = (w: World, handle: U64, ...list: U64[]): RmiResult =>
  w.call({ command: "RMI_OP_MEM_DONATE", input: { handle, list_ptr: w.ns(), list } });
const reclaim = (w: World, handle: U64, list_count: number): RmiResult =>
  w.call({ command: "RMI_OP_MEM_RECLAIM", input: { handle, list_ptr: w.ns(), list_count } });
const goOn = (w: World, handle: U64): RmiResult =>
  w.call({ command: "RMI_OP_CONTINUE", input: { handle, flags: u64(0) } });

describe("the creation of a REC", () => {
  test("asks for sixteen granules, then to continue, then measures", () => {
    const { w, rd, rec, first, handle } = begin();
    const before = w.rim(rd);
    expect(describeX0(first)).toBe("RMI_INCOMPLETE 1");
    expect(first.outputs).toEqual({ handle: 0n, mem_donate_req: 0x40n });
    expect(w.rmm.granules.stateOf(rec)).toBe("PARTIAL");
    const donated = donate(w, handle, range(w.granules(16), 16));
    expect(describeX0(donated)).toBe("RMI_INCOMPLETE 0");
    expect(donated.outputs).toEqual({ donated: 16 });
    expect(w.rim(rd)).toBe(before);
    const done = goOn(w, handle);
    expect([describeX0(done), done.measured]).toEqual(["RMI_SUCCESS 0", true]);
    expect(w.rim(rd)).not.toBe(before);
    expect(w.rmm.granules.stateOf(rec)).toBe("REC");
  });

  test("takes granules in several donations and several ranges", () => {
    const { w, handle } = begin();
    const [a, b, c] = [w.granules(4), w.granules(4), w.granules(8)];
    const some = donate(w, handle, range(a, 4), range(pa(0), 0), range(b, 4));
    expect(describeX0(some)).toBe("RMI_INCOMPLETE 1");
    expect(some.outputs).toEqual({ donated: 8, mem_donate_req: BigInt(8 << 2) });
    expect(describeX0(donate(w, handle))).toBe("RMI_INCOMPLETE 1");
    expect(describeX0(donate(w, handle, range(c, 8)))).toBe("RMI_INCOMPLETE 0");
    expect(describeX0(goOn(w, handle))).toBe("RMI_SUCCESS 0");
  });

  test("keeps what was good before a bad granule, and asks for the rest", () => {
    const { w, handle } = begin();
    const good = w.granules(16);
    const list = [range(good, 5), range(w.ns(), 1), range(page(good, 5), 10)];
    const answer = donate(w, handle, ...list);
    expect(answer.outputs).toEqual({ donated: 5, mem_donate_req: BigInt(11 << 2) });
    expect(w.rmm.granules.stateOf(page(good, 4))).toBe("REC_AUX");
    expect(w.rmm.granules.stateOf(page(good, 5))).toBe("DELEGATED");
  });

  test("takes no granule twice", () => {
    const { w, handle } = begin();
    const good = w.granules(9);
    const answer = donate(w, handle, range(good, 8), range(good, 1), range(page(good, 8), 1));
    expect(answer.outputs).toEqual({ donated: 8, mem_donate_req: BigInt(8 << 2) });
    expect(w.rmm.granules.stateOf(page(good, 8))).toBe("DELEGATED");
  });

  test("needs no list where there is nothing to give back", () => {
    const { w, rd, handle } = begin();
    expect(describeX0(donate(w, handle, range(w.ns(), 1)))).toBe("RMI_INCOMPLETE 2");
    const input = { handle, list_ptr: rd, list_count: 16 };
    expect(describeX0(w.call({ command: "RMI_OP_MEM_RECLAIM", input }))).toBe("RMI_INCOMPLETE 0");
  });

  test("ends if the first granule is bad, and gives back what it had", () => {
    const { w, handle, rec } = begin();
    const good = w.granules(4);
    donate(w, handle, range(good, 4));
    expect(describeX0(donate(w, handle, range(w.ns(), 1)))).toBe("RMI_INCOMPLETE 2");
    expect(describeX0(reclaim(w, handle, 0))).toBe("RMI_INCOMPLETE 2");
    expect(describeX0(reclaim(w, handle, 3))).toBe("RMI_INCOMPLETE 2");
    const last = reclaim(w, handle, 3);
    expect([describeX0(last), last.outputs]).toEqual(["RMI_INCOMPLETE 0", { reclaimed: 1 }]);
    expect(w.rmm.granules.stateOf(good)).toBe("DELEGATED");
    const end = goOn(w, handle);
    expect([describeX0(end), end.failed]).toEqual(["RMI_ERROR_INPUT 0", "tfrmm_aux_state"]);
    expect(w.rmm.granules.stateOf(rec)).toBe("DELEGATED");
    expect(goOn(w, handle).failed).toBe("tfrmm_handle");
  });

  test("decides about the Realm when it continues, not before", () => {
    const { w, rd, handle } = begin();
    donate(w, handle, range(w.granules(16), 16));
    w.activate(rd);
    expect(describeX0(goOn(w, handle))).toBe("RMI_INCOMPLETE 2");
    reclaim(w, handle, 16);
    expect(describeX0(goOn(w, handle))).toBe("RMI_ERROR_REALM 0");
  });

  test("several can be under way, each with its handle", () => {
    const { w, rd, handle } = begin();
    const second = w.call(w.recCall(rd, 1n));
    expect(second.outputs["handle"]).toBe(1n);
    donate(w, u64(1), range(w.granules(16), 16));
    donate(w, handle, range(w.granules(16), 16));
    expect(describeX0(goOn(w, handle))).toBe("RMI_SUCCESS 0");
    expect(describeX0(goOn(w, u64(1)))).toBe("RMI_SUCCESS 0");
    expect(w.call(w.recCall(rd, 2n)).outputs["handle"]).toBe(0n);
  });
});

describe("the destruction of a REC", () => {
  test("gives back its memory, then its granule", () => {
    const w = new World(v2_0);
    const rd = w.realm();
    const rec = w.rec(rd);
    const first = w.call({ command: "RMI_REC_DESTROY", input: { rec } });
    expect([describeX0(first), first.outputs]).toEqual(["RMI_INCOMPLETE 2", { handle: 0n }]);
    expect(w.rmm.realmAt(rd).numRecs).toBe(0);
    const back = reclaim(w, u64(0), 512);
    expect([describeX0(back), back.outputs]).toEqual(["RMI_INCOMPLETE 0", { reclaimed: 1 }]);
    expect(w.rmm.granules.stateOf(rec)).toBe("PARTIAL");
    expect(describeX0(goOn(w, u64(0)))).toBe("RMI_SUCCESS 0");
    expect(w.rmm.granules.stateOf(rec)).toBe("DELEGATED");
  });
});

describe("address ranges", () => {
  test("have base, count, size and state in one value", () => {
    const desc = u64(0x8000_0000_8020_0006n | (1n << 2n));
    expect(decodeRange(desc)).toEqual({ base: 0x8020_0000, count: 1, level: 1, delegated: false });
    expect(encodeRange({ base: 0x8020_0000, count: 3, level: 2 })).toBe(0x8020_000dn);
  });

  test("a list does not cross a granule", () => {
    expect([0n, 8n, 0xff8n, 0x1000n].map(listRoom)).toEqual([512, 511, 1, 512]);
  });

  test("neighbours are merged, on either side, as long as there is room", () => {
    const list = new AddressList(2, 3);
    const added = [0x5000, 0x6000, 0x4000, 0x9000, 0x1_0000, 0xa000].map((at) => list.add(at));
    expect(added).toEqual([true, true, true, true, false, true]);
    expect(list.descriptors).toEqual([0x400cn, 0x9008n]);
  });
});
