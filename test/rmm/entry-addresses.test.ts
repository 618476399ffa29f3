import fc from "fast-check";
import { expect, test } from "vitest";
import { EntryAddresses } from "../../src/rmm/entry-addresses.ts";
import { RTT_ENTRIES } from "../../src/rmm/rtt.ts";

const PAGE = 4096;

interface Change {
  readonly first: number;
  readonly count: number;
  readonly address: number;
  readonly step: number;
}

/** One entry, a run, or the whole table; often going on where the one before ended. */
const change: fc.Arbitrary<Change> = fc
  .record({
    first: fc.oneof(fc.nat({ max: RTT_ENTRIES - 1 }), fc.constantFrom(0, 1, 2, 3)),
    count: fc.oneof(fc.constantFrom(0, 1, 1, 1, 2, RTT_ENTRIES), fc.nat({ max: RTT_ENTRIES })),
    address: fc.oneof(fc.constantFrom(0, 1, 2, 3), fc.nat({ max: 2 ** 30 })),
    step: fc.constantFrom(0, PAGE, PAGE, 2 * PAGE),
  })
  .map(({ first, count, address, step }) => ({
    first: count === RTT_ENTRIES ? 0 : first,
    count: count === RTT_ENTRIES ? count : Math.min(count, RTT_ENTRIES - first),
    address: address * PAGE,
    step,
  }));

test("addresses are what was written last", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), fc.boolean(), (changes, goesOn) => {
      const addresses = new EntryAddresses(RTT_ENTRIES);
      const expected = Array.from({ length: RTT_ENTRIES }, () => 0);
      let next = { first: 0, address: PAGE };
      for (const drawn of changes) {
        const room = Math.min(drawn.count, RTT_ENTRIES - next.first);
        const { first, count, address, step } = goesOn ? { ...drawn, ...next, count: room } : drawn;
        addresses.fill(first, count, address, step);
        for (let i = 0; i < count; i++) expected[first + i] = address + i * step;
        next = { first: first + count, address: address + count * PAGE };
      }
      expect(expected.map((_, index) => addresses.at(index))).toEqual(expected);
    }),
    { numRuns: 2000 },
  );
});
