import { expect, test } from "vitest";
import { nodeHashes } from "../../src/hash/node.ts";
import type { LaunchPlan, LaunchStep } from "../../src/manifest/plan.ts";
import type { TraceEvent } from "../../src/replay/engine.ts";
import { type LaunchTools, launch, launchTrace } from "../../src/replay/launch.ts";
import { ipa, u64 } from "../../src/units.ts";

const tools: LaunchTools = {
  hashes: nodeHashes,
  digests: ({ size }) => ({
    pages: size / 4096,
    writeDigest: (algo, _page, target, offset) =>
      nodeHashes(algo).digestInto(new Uint8Array(4096), target, offset),
  }),
};

function planOf(launchSteps: readonly LaunchStep[]): LaunchPlan {
  return {
    rmm: "1.0-rel0",
    host: { vmm: "none", hypervisor: "direct" },
    platform: {},
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

test("a refused call is the last one of the trace, then the error", () => {
  const run = launchTrace(planOf([DATA, RIPAS, RIPAS, DATA]), tools);
  const events: TraceEvent[] = [];
  expect(() => {
    for (const event of run) events.push(event);
  }).toThrowError(expect.objectContaining({ code: "RMI_REFUSED" }));
  expect(events.length).toBeGreaterThan(1);
  expect(events.at(-1)?.answer.status).not.toBe("RMI_SUCCESS");
});
