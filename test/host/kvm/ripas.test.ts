/** How large the entries are that become RAM: the loop between KVM and the RMM. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { VmmRequest } from "../../../src/host/requests.ts";
import { startLevelFor } from "../../../src/host/stage2.ts";
import {
  activate,
  createRealm,
  createVm,
  initRipas,
  MIB,
  populate,
  RAM,
  ripasOf,
  run,
  slot,
  vcpu,
} from "./run-requests.ts";

const GIB = 1024 * MIB;

/** Largest aligned blocks from `base` on, none larger than one at the start level. */
function greedyCover(ipaBits: number, base: number, top: number): [number, number][] {
  const { level: start } = startLevelFor(ipaBits);
  const sizes = [3, 2, 1, 0].filter((level) => level >= start).map((l) => 2 ** (12 + 9 * (3 - l)));
  const blocks: [number, number][] = [];
  for (let at = base; at < top; ) {
    const fits = sizes.filter((size) => at % size === 0 && at + size <= top);
    const size = fits.at(-1) ?? 4096;
    blocks.push([at, size]);
    at += size;
  }
  return blocks;
}

const blocksOf = (requests: readonly VmmRequest[], series = "v7"): [number, number][] =>
  ripasOf(run(series, requests)).flatMap(([base, size, count]) =>
    Array.from({ length: count }, (_, i): [number, number] => [base + i * size, size]),
  );

test.each([
  [33, RAM, 256 * MIB, 128],
  [40, RAM, 256 * MIB, 128],
  [40, GIB, GIB, 1],
  [41, GIB, GIB + 2 * MIB, 2],
  [33, RAM, 2 * GIB, 1024],
])("%i bits, %o, %o bytes: %i descriptors", (bits, base, size, count) => {
  expect(blocksOf([createVm(bits), createRealm, initRipas(base, size)])).toHaveLength(count);
});

test("before content, disjoint ranges: the greedy cover, in order", () => {
  const range = fc.record({
    gap: fc.oneof(fc.nat(600), fc.constantFrom(512, 512 * 3, 512 * 512)),
    pages: fc.oneof(fc.integer({ min: 1, max: 1500 }), fc.constantFrom(512, 1024, 512 * 512)),
  });
  const width = fc.constantFrom(32, 33, 34, 35, 36, 39, 40, 41, 42, 43, 44, 48);
  fc.assert(
    fc.property(width, fc.array(range, { minLength: 1, maxLength: 4 }), (bits, ranges) => {
      const requests: VmmRequest[] = [createVm(bits), createRealm];
      const expected: [number, number][] = [];
      let at = 0;
      for (const { gap, pages } of ranges) {
        const base = at + gap * 4096;
        const top = base + pages * 4096;
        if (top > 2 ** (bits - 1)) break;
        requests.push(initRipas(base, top - base));
        expected.push(...greedyCover(bits, base, top));
        at = top;
      }
      expect(blocksOf(requests)).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

describe("where KVM drives the launch, with RMM 1.0", () => {
  test("populated pages are passed over, their neighbours are measured singly", () => {
    const content = populate(RAM + 2 * MIB, 40 * 4096);
    const blocks = blocksOf(
      [createVm(), slot(0, RAM, 256 * MIB), vcpu(0), content, activate],
      "v12",
    );
    expect(blocks.filter(([, size]) => size === 2 * MIB)).toHaveLength(127);
    expect(blocks.filter(([, size]) => size === 4096)).toHaveLength(472);
    expect(blocks).toHaveLength(599);
  });

  test("slots come in the order of their hash, those without guest_memfd not at all", () => {
    const slots = [0, 1, 2, 3, 4].map((id) => slot(id, RAM + id * 4 * MIB, 4 * MIB, id !== 3));
    const ranges = ripasOf(run("v12", [createVm(), ...slots, vcpu(0), activate]));
    expect(ranges.map(([base]) => (base - RAM) / (4 * MIB))).toEqual([0, 1, 4, 2]);
  });
});

test("RMM 2.0 measures none", () => {
  const requests = [createVm(), slot(0, RAM, 16 * MIB), vcpu(0), populate(RAM, 0x3000), activate];
  const { calls } = run("v14", requests);
  const ripas = calls.filter(({ call }) => call.command === "RMI_RTT_INIT_RIPAS");
  expect(ripas.length).toBeGreaterThan(0);
  expect(ripas.some(({ answer }) => answer.measured)).toBe(false);
});
