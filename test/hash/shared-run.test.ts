import { expect, test } from "vitest";
import { SharedRun } from "../../src/hash/shared-run.ts";

/** Chunks that can be ahead of the one that is wanted. */
const RING = 64;
const PAGES = 64 * 200;

function takeAll(run: SharedRun): number[] {
  const taken: number[] = [];
  for (let chunk = run.take(); chunk !== undefined; chunk = run.take()) taken.push(chunk);
  return taken;
}

const count = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

test("chunks are taken once, ascending, as far as the ring has room", () => {
  const run = SharedRun.create(PAGES, 32);
  const other = new SharedRun(run.parts);
  expect([run.take(), other.take(), run.take()]).toEqual([0, 1, 2]);
  expect(takeAll(other)).toEqual(count(3, RING));
  run.want(10);
  expect(takeAll(run)).toEqual(count(RING, RING + 10));
  expect(other.isExhausted).toBe(false);
  run.want(199);
  expect(takeAll(other)).toEqual(count(RING + 10, 200));
  expect(run.isExhausted).toBe(true);
});

test("what one thread writes another finds, and only under the number of its chunk", () => {
  const run = SharedRun.create(PAGES, 48);
  const other = new SharedRun(run.parts);
  const chunk = run.take() ?? -1;
  expect(other.stateOf(chunk)).toBe("unknown");
  run.digestsOf(chunk).fill(7);
  run.finish(chunk);
  expect(other.stateOf(chunk)).toBe("finished");
  expect(other.digestsOf(chunk)).toEqual(new Uint8Array(64 * 48).fill(7));
  expect(other.stateOf(chunk + RING)).toBe("unknown");
  run.finish(chunk + RING, false);
  expect(other.stateOf(chunk + RING)).toBe("failed");
  expect(other.stateOf(chunk)).toBe("unknown");
});

test("the slots of a ring do not overlap", () => {
  const run = SharedRun.create(PAGES, 64);
  for (const chunk of count(0, RING)) run.digestsOf(chunk).fill(chunk + 1);
  for (const chunk of count(0, RING)) {
    expect(new Set(run.digestsOf(chunk))).toEqual(new Set([chunk + 1]));
    expect(run.stateOf(chunk)).toBe("unknown");
  }
});

test("an abandoned run has nothing to take and nothing to wait for", () => {
  const run = SharedRun.create(PAGES, 32);
  takeAll(run);
  run.abandon();
  expect(run.take()).toBeUndefined();
  expect(run.isExhausted).toBe(true);
  run.waitForRoom(1e9);
});

test("nobody waits for what is known", () => {
  const run = SharedRun.create(PAGES, 32);
  run.waitForRoom(1e9);
  run.finish(0);
  run.waitFor(0, 1e9);
  run.finish(1, false);
  run.waitFor(1, 1e9);
  run.waitFor(2, 1);
  expect(run.stateOf(2)).toBe("unknown");
});
