import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createDataAtOnce,
  delegateAtOnce,
  delegateRangeAtOnce,
} from "../../src/rmm/commands/at-once.ts";
import { apply } from "../../src/rmm/machine.ts";
import type { RmiCall } from "../../src/rmm/rmi.ts";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";
import type { RmmSpec } from "../../src/rmm/spec.ts";
import { ipa, type Pa, pa, u64 } from "../../src/units.ts";
import { content, PAGE_SIZE, World } from "./world.ts";

/** The same version, deciding every call condition by condition. */
function conditionByCondition(spec: RmmSpec): RmmSpec {
  const commands = Object.entries(spec.commands).map(([name, command]) => [
    name,
    command.withFailures(command.failures),
  ]);
  return { ...spec, commands: Object.fromEntries(commands) };
}

/** A world with a granule of every kind; the same addresses in every world of a version. */
interface Scene {
  readonly world: World;
  readonly rds: readonly Pa[];
  readonly granules: readonly Pa[];
}

function sceneOf(spec: RmmSpec): Scene {
  const world = new World(spec);
  const [rd, active] = [world.realm({ vmid: 1 }), world.realm({ vmid: 2, hash_algo: 1 })];
  for (const realm of [rd, active]) world.tables(realm, 0n);
  world.ok({ command: "RMI_REALM_ACTIVATE", input: { rd: active } });
  const unaligned = pa(world.ns() + 8n);
  const free = Array.from({ length: 6 }, () => world.granules());
  const host = Array.from({ length: 6 }, () => world.ns());
  const others = [world.secure(), world.highGranule(), unaligned, pa(0), pa(2n ** 63n)];
  return {
    world,
    rds: [rd, active, ...free.slice(0, 1), pa(0)],
    granules: [...free, ...host, ...others],
  };
}

const PAGE_CONTENT = content(1);
const IPAS = [0n, 1n, 2n, 511n, 512n, 1n << 20n, 1n << 27n, 1n << 28n, 1n << 51n].map(
  (page) => page * PAGE_SIZE,
);

interface Choice {
  readonly create: boolean;
  readonly rd: number;
  readonly data: number;
  readonly src: number;
  readonly ipa: bigint;
  readonly flags: bigint;
}

/** Mostly calls that may succeed. */
const often = (good: number, all: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 6, arbitrary: fc.nat(good - 1) }, { weight: 1, arbitrary: fc.nat(all - 1) });

const choice: fc.Arbitrary<Choice> = fc.record({
  create: fc.boolean(),
  rd: often(1, 4),
  data: often(12, 17),
  src: often(17, 17),
  ipa: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...IPAS.slice(0, 4)) },
    { weight: 1, arbitrary: fc.constantFrom(...IPAS, 8n) },
  ),
  flags: fc.constantFrom(1n, 1n, 0n, 2n),
});

const GOOD: Choice = { create: true, rd: 0, data: 0, src: 6, ipa: 0n, flags: 1n };
const UNDELEGATED: Choice = { ...GOOD, create: false, data: 6 };
const indices = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

/** Calls that would succeed, but for one argument at most. */
const deviations: readonly Choice[] = [
  ...indices(4).map((rd) => ({ ...GOOD, rd })),
  ...indices(17).map((data) => ({ ...GOOD, data })),
  ...indices(17).map((src) => ({ ...GOOD, src })),
  ...[...IPAS, 8n].map((at) => ({ ...GOOD, ipa: at })),
  ...[0n, 1n, 2n, 3n, 1n << 63n].map((flags) => ({ ...GOOD, flags })),
  ...indices(17).map((data) => ({ ...UNDELEGATED, data })),
  { ...UNDELEGATED, flags: 2n },
];

function callOf({ world, rds, granules }: Scene, chosen: Choice): RmiCall {
  const at = (index: number): Pa => granules[index] ?? pa(0);
  const data = at(chosen.data);
  if (chosen.create) {
    const input = {
      rd: rds[chosen.rd] ?? pa(0),
      data,
      ipa: ipa(chosen.ipa),
      src: at(chosen.src),
      flags: u64(chosen.flags),
      content: PAGE_CONTENT,
    };
    return world.has("RMI_DATA_CREATE")
      ? { command: "RMI_DATA_CREATE", input }
      : { command: "RMI_RTT_DATA_MAP_INIT", input };
  }
  const top = pa(data + (chosen.flags === 2n ? 2n : 1n) * PAGE_SIZE);
  return world.has("RMI_GRANULE_DELEGATE")
    ? { command: "RMI_GRANULE_DELEGATE", input: { addr: data } }
    : { command: "RMI_GRANULE_RANGE_DELEGATE", input: { base: data, top } };
}

describe.each(rmmSpecs.map((spec) => [spec.id, spec] as const))("RMM %s", (_, spec) => {
  test("answers at once what the conditions come to", () => {
    fc.assert(
      fc.property(fc.array(choice, { minLength: 1, maxLength: 40 }), (choices) => {
        const quick = sceneOf(spec);
        const slow = sceneOf(conditionByCondition(spec));
        expect(quick.granules).toEqual(slow.granules);
        for (const chosen of choices) {
          const call = callOf(quick, chosen);
          expect(apply(quick.world.rmm, call)).toEqual(apply(slow.world.rmm, call));
        }
        for (const granule of quick.granules) {
          const state = slow.world.rmm.granules.stateOf(granule);
          expect(quick.world.rmm.granules.stateOf(granule)).toBe(state);
        }
        for (const rd of quick.rds.slice(0, 2)) {
          expect(quick.world.rim(rd)).toBe(slow.world.rim(rd));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("refuses what the conditions refuse, whatever single argument is to blame", () => {
    for (const chosen of deviations) {
      const quick = sceneOf(spec);
      const slow = sceneOf(conditionByCondition(spec));
      const call = callOf(quick, chosen);
      expect(apply(quick.world.rmm, call)).toEqual(apply(slow.world.rmm, call));
    }
  });

  test("answers the usual calls at once", () => {
    const { world, rds, granules } = sceneOf(spec);
    const [data = pa(0), host = pa(0)] = [granules[0], granules[6]];
    const input = {
      rd: rds[0] ?? pa(0),
      data,
      src: host,
      ipa: ipa(0),
      flags: u64(1),
      content: PAGE_CONTENT,
    };
    expect(createDataAtOnce(world.rmm, input)?.measured).toBe(true);
    const answer = world.has("RMI_GRANULE_DELEGATE")
      ? delegateAtOnce(world.rmm, { addr: host })
      : delegateRangeAtOnce(world.rmm, { base: host, top: pa(host + PAGE_SIZE) });
    expect(answer?.status).toBe("RMI_SUCCESS");
  });
});
