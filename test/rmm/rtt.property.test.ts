import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";
import { v1_0_rel0 } from "../../src/rmm/spec/v1_0_rel0.ts";
import { v2_0 } from "../../src/rmm/spec/v2_0.ts";
import { type Ipa, ipa, type Pa } from "../../src/units.ts";
import { PAGE_SIZE, World } from "./world.ts";

const specs = fc.constantFrom(...rmmSpecs);
/** A few pages and blocks close together, so that steps meet. */
const pages = fc.integer({ min: 0, max: 1100 });
const WINDOW = 0x60_0000n;
const at = (page: number): bigint => BigInt(page) * PAGE_SIZE;

type Ripas = "EMPTY" | "RAM" | "DESTROYED";
interface PageState {
  readonly ripas: Ripas;
  readonly data?: Pa;
}

const FRESH: PageState = { ripas: "EMPTY" };

/** What is mapped where, page by page: the simplest thing that a stage 2 translation can be. */
class PageMap {
  readonly #pages = new Map<bigint, PageState>();

  get(address: bigint): PageState {
    return this.#pages.get(address) ?? FRESH;
  }

  set(address: bigint, state: PageState): void {
    this.#pages.set(address, state);
  }

  initRipas(base: bigint, top: bigint): void {
    for (let page = base; page < top; page += PAGE_SIZE) {
      this.set(page, { ...this.get(page), ripas: "RAM" });
    }
  }

  remove(address: bigint): void {
    const { ripas } = this.get(address);
    this.set(address, { ripas: ripas === "EMPTY" ? "EMPTY" : "DESTROYED" });
  }

  destroyTable(base: bigint, size: bigint): void {
    for (let page = base; page < base + size; page += PAGE_SIZE) {
      this.set(page, { ripas: "DESTROYED" });
    }
  }
}

type Step =
  | {
      readonly do: "data" | "unknown" | "remove" | "create" | "fold" | "destroy";
      readonly page: number;
    }
  | { readonly do: "ripas"; readonly page: number; readonly count: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom("data", "unknown", "remove", "create", "fold", "destroy"),
    page: pages,
  }) as fc.Arbitrary<Step>,
  fc.record({
    do: fc.constant("ripas"),
    page: pages,
    count: fc.integer({ min: 1, max: 1024 }),
  }) as fc.Arbitrary<Step>,
);

const BLOCK = 512n * PAGE_SIZE;
const blockOf = (address: bigint): Ipa => ipa((address / BLOCK) * BLOCK);

/** Makes a step in the RMM; if it succeeds, does the same to the page map. */
function perform(w: World, rd: Pa, map: PageMap, { do: action, page, ...rest }: Step): void {
  const address = at(page);
  const target = { rd, ipa: blockOf(address), level: 3 };
  switch (action) {
    case "data": {
      const call = w.dataCall(rd, address);
      if (w.call(call).status !== "RMI_SUCCESS") return;
      map.set(address, { ripas: "RAM", data: (call.input as { data: Pa }).data });
      return;
    }
    case "unknown": {
      const { walk_level, state } = w.read(rd, address).outputs;
      if (walk_level !== 3 || state !== 0) return;
      map.set(address, { ...map.get(address), data: w.unknown(rd, address) });
      return;
    }
    case "remove": {
      const { walk_level, state } = w.read(rd, address).outputs;
      if (walk_level !== 3 || state !== 1) return;
      w.remove(rd, address);
      map.remove(address);
      return;
    }
    case "create":
      w.call({ command: "RMI_RTT_CREATE", input: { ...target, rtt: w.granules() } });
      return;
    case "fold":
      w.call({ command: "RMI_RTT_FOLD", input: target });
      return;
    case "destroy": {
      const { status } = w.call({ command: "RMI_RTT_DESTROY", input: target });
      if (status === "RMI_SUCCESS") map.destroyTable(target.ipa, BLOCK);
      return;
    }
    case "ripas": {
      const { count } = rest as { count: number };
      const input = { rd, base: ipa(address), top: ipa(address + at(count)) };
      const { status, outputs } = w.call({ command: "RMI_RTT_INIT_RIPAS", input });
      if (status === "RMI_SUCCESS") map.initRipas(address, BigInt(outputs["out_top"] ?? 0));
    }
  }
}

const RIPAS: readonly Ripas[] = ["EMPTY", "RAM", "DESTROYED"];

describe("an RTT against a map of pages", () => {
  test("any steps leave every page as the map has it", () => {
    fc.assert(
      fc.property(specs, fc.array(step, { minLength: 1, maxLength: 40 }), (spec, steps) => {
        const w = new World(spec);
        const rd = w.realm();
        w.tables(rd, 0n, 2);
        const map = new PageMap();
        for (const one of steps) perform(w, rd, map, one);
        for (let page = 0n; page < WINDOW; page += PAGE_SIZE) {
          const { state, ripas } = w.read(rd, page).outputs;
          const expected = map.get(page);
          expect([page, state === 1, RIPAS[Number(ripas)]]).toEqual([
            page,
            expected.data !== undefined,
            expected.ripas,
          ]);
        }
      }),
      { numRuns: 25 },
    );
  });

  test("what is folded and unfolded again reads as before", () => {
    fc.assert(
      fc.property(specs, fc.constantFrom<Ripas>("EMPTY", "RAM"), (spec, ripas) => {
        const w = new World(spec);
        const rd = w.realm();
        w.tables(rd, 0n);
        if (ripas === "RAM") w.ripas(rd, 0n, BLOCK);
        const target = { rd, ipa: ipa(0), level: 3 };
        const before = [0n, 0x1000n, BLOCK - PAGE_SIZE].map((page) => w.read(rd, page).outputs);
        w.ok({ command: "RMI_RTT_FOLD", input: target });
        expect(w.read(rd, 0n).outputs["walk_level"]).toBe(2);
        w.ok({ command: "RMI_RTT_CREATE", input: { ...target, rtt: w.granules() } });
        const after = [0n, 0x1000n, BLOCK - PAGE_SIZE].map((page) => w.read(rd, page).outputs);
        expect(after).toEqual(before);
      }),
    );
  });
});

/** Initialises [base, top) as a host does: from where each call stopped. */
function initAll(w: World, rd: Pa, base: bigint, top: bigint): number {
  let reached = base;
  let calls = 0;
  while (reached < top) {
    reached = BigInt(w.ripas(rd, reached, top).outputs["out_top"] ?? 0);
    calls += 1;
  }
  return calls;
}

describe("RIPAS over a range", () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 1023 }), { maxLength: 6 });

  test("split and joined ranges of pages measure the same", () => {
    fc.assert(
      fc.property(specs, cuts, (spec, inner) => {
        const bounds = [0, ...inner.toSorted((a, b) => a - b), 1024].map(at);
        const realm = (): [World, Pa] => {
          const w = new World(spec);
          const rd = w.realm();
          w.tables(rd, 0n);
          w.tables(rd, BLOCK);
          return [w, rd];
        };
        const [joined, rd] = realm();
        initAll(joined, rd, 0n, 2n * BLOCK);
        const [split, other] = realm();
        for (const [i, base] of bounds.slice(0, -1).entries()) {
          initAll(split, other, base, bounds[i + 1] ?? base);
        }
        expect(split.rim(other)).toBe(joined.rim(rd));
      }),
      { numRuns: 30 },
    );
  });

  test("one call stays in one table, even where tables are concatenated", () => {
    const w = new World(v1_0_rel0);
    const rd = w.realm({ s2sz: 41, rtt_level_start: 1n, rtt_num_start: 4 });
    const top = 1n << 40n;
    expect(w.ripas(rd, 0n, top).outputs["out_top"]).toBe(1n << 39n);
    expect(initAll(w, rd, 1n << 39n, top)).toBe(1);
  });

  test("2.0 passes over what is assigned; 1.0 stops there", () => {
    const outTop = (spec: typeof v2_0): unknown => {
      const w = new World(spec);
      const rd = w.realm();
      w.tables(rd, 0n);
      w.data(rd, 0x2000n);
      w.unknown(rd, 0x3000n);
      return w.ripas(rd, 0n, 0x8000n).outputs["out_top"];
    };
    expect(outTop(v1_0_rel0)).toBe(0x2000n);
    expect(outTop(v2_0)).toBe(0x8000n);
  });
});

describe("two Realms", () => {
  test("never influence each other", () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 15 });
    fc.assert(
      fc.property(specs, steps, steps, fc.array(fc.boolean()), (spec, mine, theirs, turns) => {
        const alone = new World(spec);
        const single = alone.realm({ vmid: 1 });
        alone.tables(single, 0n, 2);
        for (const one of mine) perform(alone, single, new PageMap(), one);

        const w = new World(spec);
        const [rd, other] = [w.realm({ vmid: 1 }), w.realm({ vmid: 2, hash_algo: 1 })];
        for (const realm of [rd, other]) w.tables(realm, 0n, 2);
        const queue = [...theirs];
        for (const [i, one] of mine.entries()) {
          const interruption = turns[i] === true ? queue.shift() : undefined;
          if (interruption !== undefined) perform(w, other, new PageMap(), interruption);
          perform(w, rd, new PageMap(), one);
        }
        expect(w.rim(rd)).toBe(alone.rim(single));
      }),
      { numRuns: 40 },
    );
  });
});
