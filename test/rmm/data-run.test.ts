import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestsOneByOne } from "../../src/hash/pages.ts";
import type { DataRun } from "../../src/rmm/commands/data-run.ts";
import { applyRun } from "../../src/rmm/machine.ts";
import type { RmiCall } from "../../src/rmm/rmi.ts";
import { RTT_ENTRIES } from "../../src/rmm/rtt.ts";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";
import type { RmmSpec } from "../../src/rmm/spec.ts";
import { ipa, type Pa, pa, u64 } from "../../src/units.ts";
import { PAGE_SIZE, World } from "./world.ts";

/** Pages that all differ: the first byte of their digests is their number. */
const PAGES = digestsOneByOne(2 ** 20, (_algo, page) => {
  const digest = new Uint8Array(32);
  digest.set([page, page >> 8]);
  return digest;
});

const ROOM = 40;

/** A world in which runs end in many ways; the same addresses in every world of a version. */
interface Scene {
  readonly world: World;
  readonly rds: readonly Pa[];
  /** First granules of runs. */
  readonly starts: readonly Pa[];
  readonly sources: readonly Pa[];
}

/** First pages of IPA ranges: free ones, some behind them taken, some without tables. */
const IPAS = [0n, 1n, 500n, 1020n, 1n << 20n, 1n << 27n, (1n << 27n) - 1n, 1n << 51n].map(
  (page) => page * PAGE_SIZE,
);

function sceneOf(spec: RmmSpec): Scene {
  const world = new World(spec);
  const [rd, active] = [world.realm({ vmid: 1 }), world.realm({ vmid: 2 })];
  for (const realm of [rd, active]) {
    for (const at of [0n, 512n * PAGE_SIZE]) world.tables(realm, at);
  }
  world.tables(rd, ((1n << 27n) - 1n) * PAGE_SIZE);
  // What a page's RIPAS is does not stop a run.
  world.ripas(rd, 5n * PAGE_SIZE, 12n * PAGE_SIZE);
  world.data(rd, 30n * PAGE_SIZE);
  world.unknown(rd, 508n * PAGE_SIZE);
  world.activate(active);
  const host = world.ns(ROOM);
  // Of these, one in the middle does not belong to the host any more.
  const interrupted = world.ns(ROOM);
  world.delegate(pa(interrupted + 7n * PAGE_SIZE));
  const free = world.granules();
  const ends = [2n ** 48n - 3n * PAGE_SIZE, 2n ** 49n - PAGE_SIZE, 0n, 2n ** 63n].map(pa);
  return {
    world,
    rds: [rd, active, free, pa(0)],
    starts: [host, interrupted, free, world.secure(), pa(host + 8n), ...ends],
    sources: [world.ns(), free, pa(host + 9n * PAGE_SIZE), pa(0), pa(host + 16n), host],
  };
}

interface Choice {
  readonly rd: number;
  readonly start: number;
  readonly src: number;
  readonly at: bigint;
  readonly flags: bigint;
  readonly pages: number;
}

function runOf({ rds, starts, sources }: Scene, chosen: Choice): DataRun {
  return {
    rd: rds[chosen.rd] ?? pa(0),
    data: starts[chosen.start] ?? pa(0),
    ipa: ipa(chosen.at),
    src: sources[chosen.src] ?? pa(0),
    flags: u64(chosen.flags),
    content: { digests: PAGES, page: 5 },
    pages: chosen.pages,
  };
}

/** The two calls of page `n` of a run. */
function callsOf(world: World, run: DataRun, n: number) {
  const { rd, src, flags, content } = run;
  const granule = pa(run.data + BigInt(n) * PAGE_SIZE);
  const page = { digests: content.digests, page: content.page + n };
  const at = ipa(run.ipa + BigInt(n) * PAGE_SIZE);
  const input = { rd, src, flags, ipa: at, data: granule, content: page };
  const delegate: RmiCall = world.has("RMI_GRANULE_DELEGATE")
    ? { command: "RMI_GRANULE_DELEGATE", input: { addr: granule } }
    : {
        command: "RMI_GRANULE_RANGE_DELEGATE",
        input: { base: granule, top: pa(granule + PAGE_SIZE) },
      };
  const create: RmiCall = world.has("RMI_DATA_CREATE")
    ? { command: "RMI_DATA_CREATE", input }
    : { command: "RMI_RTT_DATA_MAP_INIT", input };
  return [delegate, create] as const;
}

/** Loads `pages` pages call by call; how many of them before a call was refused. */
function loadOneByOne({ world }: Scene, run: DataRun, pages: number): number {
  for (let n = 0; n < pages; n++) {
    for (const call of callsOf(world, run, n)) {
      if (world.call(call).status !== "RMI_SUCCESS") return n;
    }
  }
  return pages;
}

/** All that can be asked about a scene after runs. */
function stateOf({ world, rds, starts, sources }: Scene) {
  const near = (first: Pa): readonly Pa[] =>
    Array.from({ length: ROOM }, (_, i) => u64(first + BigInt(i) * PAGE_SIZE) as Pa);
  const entries = [0n, 512n, (1n << 27n) - 512n].flatMap((first) =>
    Array.from({ length: RTT_ENTRIES }, (_, i) => (first + BigInt(i)) * PAGE_SIZE),
  );
  return {
    rims: rds.slice(0, 2).map((rd) => world.rim(rd)),
    granules: [...starts, ...sources].flatMap(near).map((at) => world.rmm.granules.stateOf(at)),
    entries: rds.slice(0, 2).map((rd) => entries.map((at) => world.read(rd, at))),
  };
}

const RIGHT: Choice = { rd: 0, start: 0, src: 0, at: 0n, flags: 1n, pages: 20 };

/** A good value mostly, else any. */
const mostly = (good: number, all: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: fc.nat(all - 1) });

const choice: fc.Arbitrary<Choice> = fc.record({
  rd: mostly(0, 4),
  start: fc.oneof(fc.constantFrom(0, 1), fc.nat(8)),
  src: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(0, 2) },
    { weight: 1, arbitrary: fc.nat(5) },
  ),
  at: fc.oneof(
    fc.constantFrom(...IPAS, 8n),
    fc.nat(1023).map((page) => BigInt(page) * PAGE_SIZE),
  ),
  flags: fc.constantFrom(1n, 1n, 0n, 2n),
  pages: fc.integer({ min: 0, max: ROOM - 5 }),
});

/** Runs that would succeed, but for one argument at most. */
const deviations: readonly Choice[] = [
  RIGHT,
  ...[1, 2, 3].map((rd) => ({ ...RIGHT, rd })),
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((start) => ({ ...RIGHT, start })),
  ...[1, 2, 3, 4, 5].map((src) => ({ ...RIGHT, src })),
  ...[...IPAS, 8n].map((at) => ({ ...RIGHT, at })),
  ...[0n, 2n, 3n, 1n << 63n].map((flags) => ({ ...RIGHT, flags })),
];

/** Where a run ends before the conditions end it: at the end of a table, or near 2^48. */
function endsEarly({ ipa: at, data, pages: all }: DataRun, pages: number): boolean {
  const isTableFull = pages > 0 && (at / PAGE_SIZE + BigInt(pages)) % BigInt(RTT_ENTRIES) === 0n;
  return isTableFull || data + BigInt(all) * PAGE_SIZE > 1n << 48n;
}

describe.each(rmmSpecs.map((spec) => [spec.id, spec] as const))("RMM %s", (_, spec) => {
  test("a run does what its calls do one by one, as far as they succeed", () => {
    fc.assert(
      fc.property(fc.array(choice, { minLength: 1, maxLength: 6 }), (choices) => {
        const quick = sceneOf(spec);
        const slow = sceneOf(spec);
        for (const chosen of choices) {
          const run = runOf(quick, chosen);
          const pages = applyRun(quick.world.rmm, run)?.pages ?? 0;
          expect(loadOneByOne(slow, run, pages)).toBe(pages);
        }
        expect(stateOf(quick)).toEqual(stateOf(slow));
      }),
      { numRuns: 60 },
    );
  });

  test.each(deviations)("a run goes on until a call is refused: %o", (chosen) => {
    const quick = sceneOf(spec);
    const run = runOf(quick, chosen);
    const answer = applyRun(quick.world.rmm, run);
    const pages = answer?.pages ?? 0;
    if (answer !== undefined) {
      expect(answer).toMatchObject({ calls: 2 * pages, measured: true, status: "RMI_SUCCESS" });
    }
    const accepted = loadOneByOne(sceneOf(spec), run, run.pages);
    if (endsEarly(run, pages)) expect(accepted).toBeGreaterThanOrEqual(pages);
    else expect(accepted).toBe(pages);
  });

  test("a run that nothing stops loads all of its pages", () => {
    const scene = sceneOf(spec);
    expect(applyRun(scene.world.rmm, runOf(scene, RIGHT))).toMatchObject({
      pages: 20,
      calls: 40,
      descriptors: [{ kind: "data", ipa: 0n, pages: 20 }],
    });
  });
});
