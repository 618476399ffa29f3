/**
 * Random small launches against a second implementation, written for nothing but being plain: the
 * descriptors as bytes, tables as a set, no granules, no statuses, no errors but one.
 */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeHashes } from "../../src/hash/node.ts";
import { CcaRimError, measure } from "../../src/index.ts";

interface Realm {
  readonly hashAlgo: "sha-256" | "sha-384" | "sha-512";
  readonly s2sz: number;
  readonly numBps: number;
  readonly numWps: number;
  readonly sveVl: number;
  readonly pmuNumCtrs: number;
  readonly flags: { readonly sve: boolean; readonly pmu: boolean };
}

type Step =
  | { readonly kind: "ripas"; readonly base: number; readonly top: number }
  | {
      readonly kind: "data";
      readonly ipa: number;
      readonly size: number;
      readonly fill: number;
      readonly measured: boolean;
    }
  | { readonly kind: "rec"; readonly pc: number; readonly x0: number; readonly runnable: boolean };

interface Scene {
  readonly rmm: string;
  readonly realm: Realm;
  readonly steps: readonly Step[];
}

const PAGE = 4096;
const SIZES = [2 ** 39, 2 ** 30, 2 ** 21, PAGE] as const;
const sizeOf = (level: number): number => SIZES[level] ?? 0;

/** Start levels of the widest concatenation, by the width of the IPA space. */
const startLevel = (s2sz: number): number => (s2sz <= 34 ? 2 : s2sz <= 43 ? 1 : 0);

class Naive {
  readonly #scene: Scene;
  readonly #hash: (bytes: Uint8Array) => Uint8Array;
  /** "level:base" of every table below the start level. */
  readonly #tables = new Set<string>();
  readonly #assigned = new Set<number>();
  #rim: Uint8Array;

  constructor(scene: Scene) {
    this.#scene = scene;
    const { hashAlgo, s2sz, numBps, numWps, sveVl, pmuNumCtrs, flags } = scene.realm;
    const name = hashAlgo.replace("-", "");
    this.#hash = (bytes) => createHash(name).update(bytes).digest();
    const bits = (flags.sve ? 2 : 0) + (flags.pmu ? 4 : 0);
    const algo = ["sha-256", "sha-512", "sha-384"].indexOf(hashAlgo);
    const fields = [bits, s2sz, sveVl, numBps, numWps, pmuNumCtrs, algo];
    this.#rim = this.#hash(words(PAGE, new Map(fields.map((value, i) => [8 * i, value]))));
  }

  /** The RIM in hex; undefined if the RMM refuses a step. */
  run(): string | undefined {
    for (const step of this.#scene.steps) if (!this.#step(step)) return undefined;
    return Buffer.from(this.#rim).toString("hex");
  }

  #measure(type: number, values: ReadonlyMap<number, number>, hashed?: Uint8Array): void {
    const at = type === 1 ? 0x50 : 0x60;
    const descriptor = words(0x100, new Map([[0, type], [8, 0x100], ...values]));
    descriptor.set(this.#rim, 0x10);
    descriptor.set(hashed ?? [], at);
    this.#rim = this.#hash(descriptor);
  }

  #step(step: Step): boolean {
    if (step.kind === "ripas") {
      return this.#scene.rmm === "2.0" || this.#ripas(step.base, step.top);
    }
    if (step.kind === "rec") {
      const { pc, x0, runnable } = step;
      const params = words(
        PAGE,
        new Map([
          [0, 1],
          [0x200, pc],
          [0x300, x0],
        ]),
      );
      if (runnable) this.#measure(1, new Map(), this.#hash(params));
      return true;
    }
    const { ipa, size, fill, measured } = step;
    for (let page = Math.floor(ipa / PAGE) * PAGE; page < ipa + size; page += PAGE) {
      const from = Math.max(ipa - page, 0);
      const content = new Uint8Array(PAGE).fill(fill, from, Math.min(ipa + size - page, PAGE));
      this.#split(page, 3);
      this.#assigned.add(page);
      const values = new Map([
        [0x50, page],
        [0x58, measured ? 1 : 0],
      ]);
      this.#measure(0, values, measured ? this.#hash(content) : undefined);
    }
    return true;
  }

  /** How deep the tables above an address go. */
  #depth(ipa: number): number {
    let level = startLevel(this.#scene.realm.s2sz);
    while (level < 3 && this.#isTable(level, ipa)) level += 1;
    return level;
  }

  #isTable(level: number, ipa: number): boolean {
    const size = sizeOf(level);
    return this.#tables.has(`${level + 1}:${Math.floor(ipa / size) * size}`);
  }

  #split(ipa: number, to: number): void {
    for (let level = this.#depth(ipa); level < to; level++) {
      const size = sizeOf(level);
      this.#tables.add(`${level + 1}:${Math.floor(ipa / size) * size}`);
    }
  }

  /** The largest entry that starts at `base` and ends by `top`, unless tables are there already. */
  #ripas(base: number, top: number): boolean {
    let at = base;
    while (at < top) {
      let level = startLevel(this.#scene.realm.s2sz);
      while (level < 3 && (at % sizeOf(level) !== 0 || at + sizeOf(level) > top)) level += 1;
      this.#split(at, level);
      const size = sizeOf(this.#depth(at));
      if (this.#assigned.has(at)) return false;
      this.#measure(
        2,
        new Map([
          [0x50, at],
          [0x58, at + size],
        ]),
      );
      at += size;
    }
    return true;
  }
}

/** Zeros with 64-bit little-endian numbers in them. */
function words(length: number, values: ReadonlyMap<number, number>): Uint8Array {
  const bytes = Buffer.alloc(length);
  for (const [at, value] of values) bytes.writeBigUInt64LE(BigInt(value), at);
  return bytes;
}

function manifest({ rmm, realm, steps }: Scene): object {
  const hex = (value: number): string => `0x${value.toString(16)}`;
  let recs = 0;
  const launch = steps.map((step) => {
    if (step.kind === "ripas") return { ripas: { base: hex(step.base), top: hex(step.top) } };
    if (step.kind === "rec") {
      const { pc, x0, runnable } = step;
      return { rec: { mpidr: hex(recs++), pc: hex(pc), gprs: [hex(x0)], runnable } };
    }
    const { ipa, size, fill, measured } = step;
    return { data: { fill: hex(fill), size: hex(size), ipa: hex(ipa), measure: measured } };
  });
  const host = { vmm: "none", hypervisor: "direct" };
  return { manifest: 1, rmm, host, realm, launch: [...launch, { activate: true }] };
}

/** Addresses near the borders of large entries, where granularity is decided. */
const page = (limit: number): fc.Arbitrary<number> =>
  fc
    .tuple(
      fc.constantFrom(PAGE, 2 ** 21, 2 ** 30),
      fc.nat({ max: 5 }),
      fc.integer({ min: -3, max: 3 }),
    )
    .map(([unit, count, pages]) =>
      Math.min(Math.max(unit * count + pages * PAGE, 0), limit - PAGE),
    );

const length: fc.Arbitrary<number> = fc
  .tuple(fc.constantFrom(PAGE, 2 ** 21, 2 ** 30), fc.nat({ max: 3 }), fc.nat({ max: 3 }))
  .map(([unit, count, pages]) => unit * count + (pages + 1) * PAGE);

function stepIn(limit: number): fc.Arbitrary<Step> {
  const ripas = fc.tuple(page(limit), length).map(([base, size]) => ({
    kind: "ripas" as const,
    base,
    top: Math.min(base + size, limit),
  }));
  const data = fc.record({
    kind: fc.constant("data" as const),
    ipa: fc.tuple(page(limit), fc.constantFrom(0, 1, 4095)).map(([at, more]) => at + more),
    size: fc.constantFrom(1, 4095, PAGE, 4097),
    fill: fc.nat({ max: 255 }),
    measured: fc.boolean(),
  });
  const rec = fc.record({
    kind: fc.constant("rec" as const),
    pc: fc.nat(),
    x0: fc.nat(),
    runnable: fc.boolean(),
  });
  return fc.oneof({ arbitrary: ripas, weight: 3 }, { arbitrary: data, weight: 2 }, rec);
}

/** Leaves out data that would load a granule twice, or past the end. */
function loadable(steps: readonly Step[], limit: number): readonly Step[] {
  const taken = new Set<number>();
  return steps.filter((step) => {
    if (step.kind !== "data") return true;
    const first = Math.floor(step.ipa / PAGE);
    const last = Math.floor((step.ipa + step.size - 1) / PAGE);
    if ((last + 1) * PAGE > limit || taken.has(first) || taken.has(last)) return false;
    taken.add(first).add(last);
    return true;
  });
}

const scene: fc.Arbitrary<Scene> = fc
  .record({
    rmm: fc.constantFrom("1.0-eac5", "1.0-rel0", "1.1", "2.0"),
    s2sz: fc.constantFrom(32, 33, 34, 35, 36, 39, 40, 41, 43, 44, 48),
    numBps: fc.integer({ min: 1, max: 5 }),
    numWps: fc.integer({ min: 1, max: 5 }),
    sve: fc.boolean(),
    pmu: fc.boolean(),
    algo: fc.constantFrom("sha-256" as const, "sha-384" as const, "sha-512" as const),
  })
  .chain(({ rmm, s2sz, numBps, numWps, sve, pmu, algo }) => {
    const limit = 2 ** (s2sz - 1);
    const realm: Realm = {
      hashAlgo: algo === "sha-384" && rmm !== "2.0" ? "sha-512" : algo,
      s2sz,
      numBps,
      numWps,
      sveVl: sve ? 3 : 0,
      pmuNumCtrs: pmu && rmm !== "2.0" ? 4 : 0,
      flags: { sve, pmu },
    };
    return fc
      .array(stepIn(limit), { maxLength: 7 })
      .map((steps) => ({ rmm, realm, steps: loadable(steps, limit) }));
  });

/** The RIM of the program; undefined if the RMM refuses the launch. */
async function measured(input: Scene): Promise<string | undefined> {
  try {
    return (await measure({ ...manifest(input) }, { hashes: nodeHashes })).rim;
  } catch (error) {
    if (error instanceof CcaRimError && error.code === "RMI_REFUSED") return undefined;
    throw error;
  }
}

test("random launches have the RIM that the plain rules give, or are refused by both", async () => {
  let refused = 0;
  let built = 0;
  await fc.assert(
    fc.asyncProperty(scene, async (input) => {
      const expected = new Naive(input).run();
      expect(await measured(input)).toBe(expected);
      if (expected === undefined) refused += 1;
      else built += 1;
    }),
    { numRuns: 150 },
  );
  // Both outcomes are met, or the launches are not what they are meant to be.
  expect(Math.min(refused, built)).toBeGreaterThan(0);
});
