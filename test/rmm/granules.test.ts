import fc from "fast-check";
import { expect, test } from "vitest";
import { type GranuleState, Granules } from "../../src/rmm/granules.ts";
import { pa } from "../../src/units.ts";

const PAGE = 4096;
/** States are held in chunks of this many granules. */
const CHUNK = 4096;
const PAGES = 2 * CHUNK + 10;
const BASE = 0x8000_0000;

const STATES: readonly GranuleState[] = ["UNDELEGATED", "DELEGATED", "DATA"];

/** Granule numbers near the ends of memory and of chunks. */
const near: fc.Arbitrary<number> = fc
  .tuple(fc.constantFrom(0, CHUNK, 2 * CHUNK, PAGES), fc.integer({ min: -6, max: 6 }))
  .map(([at, delta]) => at + delta);

const change = fc.record({
  first: near,
  misalign: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 4095 })),
  count: fc.oneof(fc.nat({ max: 12 }), fc.constantFrom(CHUNK, PAGES)),
  from: fc.constantFrom(...STATES),
  to: fc.constantFrom(...STATES),
});

test("neighbours change together as they change one by one", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
      const range = { base: BASE, size: PAGES * PAGE };
      const [together, single] = [new Granules(range), new Granules(range)];
      for (const { first, misalign, count, from, to } of changes) {
        const start = BASE + first * PAGE + misalign;
        let expected = 0;
        while (expected < count && single.stateAt(start + expected * PAGE) === from) {
          single.set(start + expected * PAGE, to);
          expected += 1;
        }
        expect(together.replace(start, count, from, to)).toBe(expected);
      }
      for (let page = -2; page < PAGES + 2; page++) {
        const at = pa(BASE + page * PAGE);
        if (together.stateOf(at) !== single.stateOf(at)) {
          expect([page, together.stateOf(at)]).toEqual([page, single.stateOf(at)]);
        }
      }
    }),
  );
});
