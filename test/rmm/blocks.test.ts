/** Blocks, unprotected mappings and other things that few calls come across. */
import { describe, expect, test } from "vitest";
import { encodeRange } from "../../src/rmm/address-range.ts";
import { RTTE, type Rtt, rttLevelSize } from "../../src/rmm/rtt.ts";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";
import { v1_0_eac5 } from "../../src/rmm/spec/v1_0_eac5.ts";
import { v1_0_rel0 } from "../../src/rmm/spec/v1_0_rel0.ts";
import { v2_0 } from "../../src/rmm/spec/v2_0.ts";
import { ipa, type Pa, type U64, u64 } from "../../src/units.ts";
import { PAGE_SIZE, World } from "./world.ts";

const UNPROTECTED = 1n << 39n;
const BLOCK = 512n * PAGE_SIZE;
/** MemAttr Normal, readable and writable. */
const ATTRIBUTES = 0xd8n;
const older = rmmSpecs.filter(({ id }) => id !== "2.0");

const map = (w: World, rd: Pa, level: number, desc: bigint, at = UNPROTECTED) =>
  w.call({
    command: "RMI_RTT_MAP_UNPROTECTED",
    input: { rd, ipa: ipa(at), level, desc: u64(desc) },
  });

describe.each(older.map((spec) => [spec.id, spec] as const))("unprotected, RMM %s", (id, spec) => {
  function realm(level: number): [World, Pa] {
    const w = new World(spec);
    const rd = w.realm();
    w.tables(rd, UNPROTECTED, level);
    return [w, rd];
  }

  test("a block of 1 GiB can be mapped where level 1 is a block level", () => {
    const [w, rd] = realm(1);
    const { status } = map(w, rd, 1, 0x4000_0000n | ATTRIBUTES);
    expect(status).toBe(id === "1.0-eac5" ? "RMI_ERROR_INPUT" : "RMI_SUCCESS");
  });

  test("a block is unfolded and folded with its attributes", () => {
    const [w, rd] = realm(2);
    const desc = 0x20_0000n | ATTRIBUTES;
    expect(map(w, rd, 2, desc).status).toBe("RMI_SUCCESS");
    const target = { rd, ipa: ipa(UNPROTECTED), level: 3 };
    w.ok({ command: "RMI_RTT_CREATE", input: { ...target, rtt: w.granules() } });
    expect(w.read(rd, UNPROTECTED + PAGE_SIZE).outputs).toEqual({
      walk_level: 3,
      state: 1,
      desc: desc + PAGE_SIZE,
      ripas: 0,
    });
    w.ok({ command: "RMI_RTT_FOLD", input: target });
    expect(w.read(rd, UNPROTECTED).outputs).toMatchObject({ walk_level: 2, desc });
  });

  test("a table with mixed attributes folds in eac5 alone", () => {
    const [w, rd] = realm(3);
    for (let i = 0n; i < 512n; i++) {
      const attributes = i === 7n ? 0x98n : ATTRIBUTES;
      const desc = 0x20_0000n + i * PAGE_SIZE + attributes;
      expect(map(w, rd, 3, desc, UNPROTECTED + i * PAGE_SIZE).status).toBe("RMI_SUCCESS");
    }
    const folded = w.call({
      command: "RMI_RTT_FOLD",
      input: { rd, ipa: ipa(UNPROTECTED), level: 3 },
    });
    expect(folded.failed).toBe(id === "1.0-eac5" ? undefined : "rtt_homo");
  });

  test.each([
    ["reserved memory type", 0x10n, false],
    ["shareability", 0x3d8n, id === "1.0-eac5"],
    ["reserved shareability", 0x1d8n, false],
    ["no permissions", 0x18n, true],
    ["software bits", 0x80_0000_0000_0000n, false],
  ])("%s", (_, attributes, valid) => {
    const [w, rd] = realm(3);
    const { status } = map(w, rd, 3, 0x9000_0000n | attributes);
    expect(status).toBe(valid ? "RMI_SUCCESS" : "RMI_ERROR_INPUT");
  });

  test("top is the next live entry, or the end of the table", () => {
    const [w, rd] = realm(3);
    map(w, rd, 3, 0x9000_0000n | ATTRIBUTES);
    map(w, rd, 3, 0x9000_1000n | ATTRIBUTES, UNPROTECTED + 9n * PAGE_SIZE);
    const unmap = (at: bigint) =>
      w.call({ command: "RMI_RTT_UNMAP_UNPROTECTED", input: { rd, ipa: ipa(at), level: 3 } })
        .outputs["top"];
    expect(unmap(UNPROTECTED)).toBe(UNPROTECTED + 9n * PAGE_SIZE);
    expect(unmap(UNPROTECTED + 9n * PAGE_SIZE)).toBe(UNPROTECTED + BLOCK);
  });
});

test("with LPA2, bits 51:50 of an address are bits 9:8 of its descriptor", () => {
  const w = new World(v1_0_rel0, { lpa2: true, s2sz: 52 });
  const rd = w.realm({ flags: u64(1) });
  w.tables(rd, UNPROTECTED);
  const desc = (1n << 49n) | 0x300n | 0x9000_0000n | ATTRIBUTES;
  expect(map(w, rd, 3, desc).status).toBe("RMI_SUCCESS");
  expect(w.read(rd, UNPROTECTED).outputs["desc"]).toBe(desc);
});

/** Makes a table look as if each entry mapped memory, from `base` on. */
function fill(table: Rtt | undefined, base: number): void {
  if (table !== undefined) table.fill(RTTE.ASSIGNED_RAM, base, rttLevelSize(table.level));
}

describe("folding what is assigned", () => {
  test.each(rmmSpecs)("into 1 GiB where level 1 is a block level: $id", (spec) => {
    const w = new World(spec);
    const rd = w.realm();
    w.tables(rd, 0n, 2);
    fill(w.rmm.realmAt(rd).stage2.roots[0]?.tableAt(0)?.tableAt(0), 0x4000_0000);
    const { status, failed } = w.call({
      command: "RMI_RTT_FOLD",
      input: { rd, ipa: ipa(0), level: 2 },
    });
    const expected = spec === v1_0_eac5 ? ["RMI_ERROR_RTT", "tfrmm_block_level"] : ["RMI_SUCCESS"];
    expect([status, failed].filter((part) => part !== undefined)).toEqual(expected);
  });

  test("only if the memory is contiguous and aligned to the block", () => {
    const w = new World(v1_0_rel0);
    const rd = w.realm();
    w.tables(rd, 0n);
    const table = w.rmm.realmAt(rd).stage2.roots[0]?.tableAt(0)?.tableAt(0)?.tableAt(0);
    const fold = () => w.call({ command: "RMI_RTT_FOLD", input: { rd, ipa: ipa(0), level: 3 } });
    fill(table, 0x4000_1000);
    expect(fold().failed).toBe("rtt_homo");
    fill(table, 0x4000_0000);
    table?.set(5, RTTE.ASSIGNED_RAM, 0x5000_0000);
    expect(fold().failed).toBe("rtt_homo");
    fill(table, 0x4000_0000);
    expect(fold().status).toBe("RMI_SUCCESS");
    expect(w.read(rd, 0n).outputs).toMatchObject({ walk_level: 2, desc: 0x4000_0000n });
  });
});

describe("2.0 maps and unmaps ranges", () => {
  const desc = (base: Pa, count: number, level = 3): U64 =>
    encodeRange({ base: Number(base), count, level });
  const mapRange = (w: World, rd: Pa, base: bigint, size: bigint, oaddr: U64) =>
    w.call({
      command: "RMI_RTT_DATA_MAP",
      input: { rd, base: ipa(base), top: ipa(base + size), flags: u64(1), oaddr },
    });
  const unmapRange = (w: World, rd: Pa, base: bigint, size: bigint, flags = 1) =>
    w.call({
      command: "RMI_RTT_DATA_UNMAP",
      input: { rd, base: ipa(base), top: ipa(base + size), flags: u64(flags), oaddr: u64(0) },
    });

  function realm(): [World, Pa] {
    const w = new World(v2_0);
    const rd = w.realm();
    w.tables(rd, 0n);
    return [w, rd];
  }

  test("as many pages as the descriptor has, as far as the range goes", () => {
    const [w, rd] = realm();
    const { outputs } = mapRange(w, rd, 0x1000n, 4n * PAGE_SIZE, desc(w.granules(3), 3));
    expect(outputs["out_top"]).toBe(0x4000n);
    const short = mapRange(w, rd, 0x8000n, 2n * PAGE_SIZE, desc(w.granules(3), 3));
    expect(short.outputs["out_top"]).toBe(0xa000n);
  });

  test("a block of 2 MiB, which unmaps as one", () => {
    const w = new World(v2_0);
    const rd = w.realm();
    w.tables(rd, 0n, 2);
    const memory = w.granules(512);
    expect(mapRange(w, rd, 0n, BLOCK, desc(memory, 1, 2)).outputs["out_top"]).toBe(BLOCK);
    expect(w.read(rd, 0x1000n).outputs).toMatchObject({ walk_level: 2, desc: memory });
    expect(unmapRange(w, rd, 0n, PAGE_SIZE).failed).toBe("tfrmm_block_size");
    const { outputs } = unmapRange(w, rd, 0n, BLOCK);
    expect(outputs).toEqual({ out_top: BLOCK, range_desc: desc(memory, 1, 2) });
    expect(w.rmm.granules.stateOf(memory)).toBe("DELEGATED");
  });

  test("the same memory again is no error, other memory is", () => {
    const [w, rd] = realm();
    const memory = w.granules();
    mapRange(w, rd, 0n, PAGE_SIZE, desc(memory, 1));
    expect(mapRange(w, rd, 0n, PAGE_SIZE, desc(memory, 1)).status).toBe("RMI_SUCCESS");
    expect(mapRange(w, rd, 0n, PAGE_SIZE, desc(w.granules(), 1)).failed).toBe("rtte_state");
  });

  test("an error after progress is progress", () => {
    const [w, rd] = realm();
    const memory = w.granules(2);
    const bad = w.ns();
    const list = [desc(memory, 2), desc(bad, 1)];
    const input = { rd, base: ipa(0), top: ipa(0x3000), flags: u64((2 << 2) | 2), oaddr: w.ns() };
    const result = w.call({ command: "RMI_RTT_DATA_MAP", input: { ...input, list } });
    expect([result.status, result.outputs]).toEqual(["RMI_SUCCESS", { out_top: 0x2000n }]);
  });

  test("unmapping passes over what is not mapped, and stops where memory is not contiguous", () => {
    const [w, rd] = realm();
    const memory = w.granules(4);
    mapRange(w, rd, 0x2000n, 2n * PAGE_SIZE, desc(memory, 2));
    mapRange(w, rd, 0x6000n, PAGE_SIZE, desc(w.granules(), 1));
    const first = unmapRange(w, rd, 0n, 0x8000n);
    expect(first.outputs).toEqual({ out_top: 0x6000n, range_desc: desc(memory, 2) });
    // Without an answer that has to hold the addresses, it goes on.
    mapRange(w, rd, 0x2000n, 2n * PAGE_SIZE, desc(memory, 2));
    expect(unmapRange(w, rd, 0n, 0x8000n, 0).outputs["out_top"]).toBe(0x8000n);
    expect(w.read(rd, 0x2000n).outputs["state"]).toBe(0);
  });
});

describe("an entry that is ASSIGNED DESTROYED", () => {
  test.each(rmmSpecs)("is read with its address from 1.1 on: $id", (spec) => {
    const w = new World(spec);
    const rd = w.realm();
    w.tables(rd, 0n);
    w.data(rd, 0n);
    w.remove(rd, 0n);
    const data = w.unknown(rd, 0n);
    const { desc, ripas } = w.read(rd, 0n).outputs;
    expect([desc, ripas]).toEqual([spec.id.startsWith("1.0") ? 0n : data, 2]);
  });
});
