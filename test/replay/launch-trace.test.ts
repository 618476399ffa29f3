import fc from "fast-check";
import { expect, test } from "vitest";
import { CcaRimError } from "../../src/errors.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import { digestsOneByOne, knownDigests, readDigests } from "../../src/hash/pages.ts";
import { CHUNK_PAGES } from "../../src/hash/run-hashing.ts";
import { HOST_MEMORY } from "../../src/host/granule-allocator.ts";
import type { LaunchPlan, LaunchStep } from "../../src/manifest/plan.ts";
import { runLaunch, type TraceEvent, traceLaunch } from "../../src/replay/engine.ts";
import { type LaunchTools, launch, launchTrace, prepareLaunch } from "../../src/replay/launch.ts";
import { ipa, u64 } from "../../src/units.ts";

const sha256 = nodeHashes("sha-256");

const tools: LaunchTools = {
  hashes: nodeHashes,
  digests: ({ size }) =>
    digestsOneByOne(size / 4096, (algo) => nodeHashes(algo).digest(new Uint8Array(4096))),
};

function planOf(
  launchSteps: readonly LaunchStep[],
  hypervisor = "direct",
  rmm = "1.0-rel0",
): LaunchPlan {
  return {
    rmm,
    host: { vmm: "none", hypervisor },
    platform: { breakpoints: 6, watchpoints: 4, pmuCounters: 0, maxIpaBits: 48 },
    realm: { hashAlgo: "sha-256", s2sz: 33, numBps: 1, numWps: 1 },
    launch: launchSteps,
    rem: [{ step: "extend", pointer: "/rem/0/extend", register: 0, data: new Uint8Array([1]) }],
    files: {
      resolve: () => {
        throw new Error("no files here");
      },
      isDirectory: () => false,
      isListed: () => false,
    },
    inputs: [],
    assumed: [],
  };
}

const RIPAS: LaunchStep = {
  step: "ripas",
  pointer: "/launch/0",
  base: ipa(0x8000_0000n),
  top: ipa(0x8040_0000n),
};
const DATA: LaunchStep = {
  step: "data",
  pointer: "/launch/1",
  data: { kind: "fill", byte: 0, size: u64(8192) },
  ipa: ipa(0x8000_0000n),
  base: ipa(0x8000_0000n),
  content: { size: 8192, segments: [] },
  measure: true,
};

function drain(plan: LaunchPlan): { events: TraceEvent[]; result: ReturnType<typeof launch> } {
  const events: TraceEvent[] = [];
  const run = launchTrace(plan, tools);
  for (;;) {
    const next = run.next();
    if (next.done === true) return { events, result: next.value };
    events.push(next.value);
  }
}

test("a trace measures what the launch measures, and shows every call", () => {
  const plan = planOf([RIPAS, DATA, { step: "activate", pointer: "/launch/2" }]);
  const quiet = launch(plan, tools);
  const { events, result } = drain(plan);
  expect(result).toEqual(quiet);
  expect(events.map(({ n }) => n)).toEqual(events.map((_, i) => i + 1));
  expect(events).toHaveLength(quiet.calls);
  expect(events.filter(({ answer }) => answer.measured)).toHaveLength(quiet.measuredCalls);
  expect(events.at(-1)?.rim).toEqual(quiet.rim);
});

/** Pages of 2 MiB: what one table, and one chunk of host memory, holds. */
const TABLE = 512;

/** Loads pages whose digests differ; ranges overlap, cross tables, and reach beyond the slot. */
const loads: fc.Arbitrary<readonly LaunchStep[]> = fc
  .array(
    fc.record({
      first: fc.oneof(
        fc.nat({ max: 4 * TABLE }),
        fc.constantFrom(0, TABLE - 1, TABLE, 2 ** 20 - 3),
      ),
      pages: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 * TABLE })),
      measure: fc.boolean(),
      ripas: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((drawn) =>
    drawn.flatMap(({ first, pages, measure, ripas }, i): LaunchStep[] => {
      const base = ipa(0x8000_0000n + BigInt(first) * 4096n);
      const size = pages * 4096;
      const pointer = `/launch/${i}`;
      const data = { kind: "fill", byte: 0, size: u64(size) } as const;
      const content = { size, segments: [] };
      const load: LaunchStep = { step: "data", pointer, data, ipa: base, base, content, measure };
      const top = ipa(base + BigInt(size));
      return ripas ? [{ step: "ripas", pointer, base, top }, load] : [load];
    }),
  );

const SLOT: LaunchStep = {
  step: "memslot",
  pointer: "/launch/0",
  id: 0,
  base: ipa(0x8000_0000n),
  size: u64(0x8000_0000),
  guestMemfd: true,
};

/** Digests by page number, so that a page that is chained at another place is noticed. */
const numbered: LaunchTools = {
  hashes: nodeHashes,
  digests: ({ size }) =>
    digestsOneByOne(size / 4096, (algo, page) =>
      nodeHashes(algo).digest(Uint8Array.of(page, page >> 8, size >> 12)),
    ),
};

/** The same digests, handed over in runs as long as chunks are. */
const inChunks: LaunchTools = {
  hashes: nodeHashes,
  digests(content) {
    const digests = numbered.digests(content);
    const known = knownDigests(readDigests(digests, sha256, 0, digests.pages), sha256.size);
    return {
      pages: known.pages,
      digestsFrom(algo, page) {
        const found = known.digestsFrom(algo, page);
        return { ...found, pages: Math.min(found.pages, CHUNK_PAGES - (page % CHUNK_PAGES)) };
      },
    };
  },
};

/** What a launch comes to: measurements, or the one line of its error. */
function outcomeOf(run: () => ReturnType<typeof launch>): unknown {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CcaRimError)) throw error;
    const { code, message, hint, where } = error;
    return { code, message, hint, where };
  }
}

test.each([
  ["direct", "1.0-eac5"],
  ["direct", "1.0-rel0"],
  ["direct", "1.1"],
  ["direct", "2.0"],
  ["linux-kvm/v3", "1.0-eac5"],
  ["linux-kvm/v7", "1.0-rel0"],
  ["linux-kvm/v11", "1.0-rel0"],
  ["linux-kvm/v12", "1.0-rel0"],
  ["linux-kvm/v14", "2.0"],
  ["linux-kvm/v16", "2.0"],
])("pages that are taken together on %s, RMM %s, come to the same", (hypervisor, rmm) => {
  let refused = 0;
  let built = 0;
  fc.assert(
    fc.property(loads, (steps) => {
      const slots = hypervisor === "direct" ? [] : [SLOT];
      const all = [...slots, ...steps, { step: "activate", pointer: "/launch/9" } as const];
      const plan = planOf(all, hypervisor, rmm);
      const together = outcomeOf(() => launch(plan, inChunks));
      const oneByOne = outcomeOf(() => launch(plan, numbered, () => undefined));
      expect(together).toEqual(oneByOne);
      const isBuilt = typeof together === "object" && together !== null && "rim" in together;
      if (isBuilt) built += 1;
      else refused += 1;
    }),
    { numRuns: 25 },
  );
  // Both outcomes are met, or the launches are not what they are meant to be.
  expect(Math.min(refused, built)).toBeGreaterThan(0);
});

test.each(["direct", "linux-kvm/v7"])("a host on %s gives the same granules away", (hypervisor) => {
  const LONG: LaunchStep = { ...DATA, content: { size: 700 * 4096, segments: [] } };
  const slots = hypervisor === "direct" ? [RIPAS] : [SLOT];
  const plan = planOf([...slots, LONG, { ...LONG, base: ipa(0x8800_0000n) }], hypervisor);
  const states = [true, false].map((together) => {
    const { host, rmm } = prepareLaunch(plan, tools);
    if (together) runLaunch(host, rmm);
    else expect([...traceLaunch(host, rmm)].length).toBeGreaterThan(2800);
    const { base } = HOST_MEMORY;
    return Array.from({ length: 4096 }, (_, i) => rmm.granules.stateAt(base + i * 4096));
  });
  expect(states[0]).toEqual(states[1]);
  expect(states[0]?.filter((state) => state === "DATA")).toHaveLength(1400);
});

test("a refused call is the last one of the trace, then the error", () => {
  const run = launchTrace(planOf([DATA, RIPAS, RIPAS, DATA]), tools);
  const events: TraceEvent[] = [];
  expect(() => {
    for (const event of run) events.push(event);
  }).toThrowError(expect.objectContaining({ code: "RMI_REFUSED" }));
  expect(events.length).toBeGreaterThan(1);
  expect(events.at(-1)?.answer.status).not.toBe("RMI_SUCCESS");
});
