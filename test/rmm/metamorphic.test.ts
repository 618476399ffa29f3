/** Relations between measurements that hold without knowing any of them. */
import { describe, expect, test } from "vitest";
import type { HashAlgo } from "../../src/hash/hasher.ts";
import { DIGEST_SIZE } from "../../src/hash/hasher.ts";
import type { RealmParams } from "../../src/rmm/params.ts";
import { rmmSpecs } from "../../src/rmm/spec/index.ts";
import { type Pa, u64 } from "../../src/units.ts";
import { World } from "./world.ts";

type Step = (w: World, rd: Pa) => void;

const data =
  (at: bigint, fill = 1, flags = 1n): Step =>
  (w, rd) => {
    w.data(rd, at, fill, flags);
  };
const rec =
  (mpidr = 0n): Step =>
  (w, rd) => {
    w.rec(rd, mpidr);
  };
const ripas =
  (base: bigint, top: bigint): Step =>
  (w, rd) => {
    w.ripas(rd, base, top);
  };

describe.each(rmmSpecs.map((spec) => [spec.id, spec] as const))("RMM %s", (_, spec) => {
  /** The RIM of a Realm with tables above IPA 0 and 2 MiB after some steps. */
  function rimAfter(steps: readonly Step[], params: Partial<RealmParams> = {}): string {
    const w = new World(spec);
    const rd = w.realm(params);
    w.tables(rd, 0n);
    w.tables(rd, 0x20_0000n);
    for (const step of steps) step(w, rd);
    return w.rim(rd);
  }

  const measuresRipas = spec.id !== "2.0";

  test("the same steps give the same RIM", () => {
    const steps = [ripas(0n, 0x2000n), data(0n), rec()];
    expect(rimAfter(steps)).toBe(rimAfter(steps));
  });

  test("order matters: a REC before data or after it", () => {
    expect(rimAfter([rec(), data(0n)])).not.toBe(rimAfter([data(0n), rec()]));
  });

  test("order matters: two pages", () => {
    const [a, b] = [data(0n, 1), data(0x1000n, 2)];
    expect(rimAfter([a, b])).not.toBe(rimAfter([b, a]));
  });

  test.each([
    ["IPA width", { s2sz: 41, rtt_level_start: 0n }],
    ["breakpoints", { num_bps: 2 }],
    ["watchpoints", { num_wps: 2 }],
    ["SVE", { flags: u64(2), sve_vl: 1 }],
    ["vector length, though SVE is off", { sve_vl: 1 }],
    ["PMU counters, though the PMU is off", { pmu_num_ctrs: 3 }],
    ["undefined flags", { flags: u64(1n << 40n) }],
    ["hash algorithm", { hash_algo: 1 }],
  ] as const)("other %s, other RIM", (__, params) => {
    expect(rimAfter([], params)).not.toBe(rimAfter([]));
  });

  test.each([
    ["Realm Personalization Value", { rpv: new Uint8Array(64).fill(7) }],
    ["VMID", { vmid: 9 }],
    ["ATS plane", { ats_plane: u64(0) }],
    ["flags1", { flags1: u64(1n << 9n) }],
    ["MECID", { mecid: u64(1) }],
  ] as const)("other %s, same RIM", (__, params) => {
    expect(rimAfter([], params)).toBe(rimAfter([]));
  });

  test("starting level and concatenation are not measured", () => {
    const concatenated = { s2sz: 40, rtt_level_start: 1n, rtt_num_start: 2 };
    expect(rimAfter([], concatenated)).toBe(rimAfter([]));
  });

  test("content is measured if asked; without, the page still is", () => {
    expect(rimAfter([data(0n, 1)])).not.toBe(rimAfter([data(0n, 2)]));
    expect(rimAfter([data(0n, 1, 0n)])).toBe(rimAfter([data(0n, 2, 0n)]));
    expect(rimAfter([data(0n, 1, 0n)])).not.toBe(rimAfter([]));
  });

  test("a REC that may not run is not measured", () => {
    const idle: Step = (w, rd) => {
      const aux = w.granules(16);
      const call = w.recCall(rd, 0n, aux);
      const params = w.recParams(0n, aux, 0n);
      const result = w.recResult({ ...call, input: { ...call.input, params } }, aux);
      expect(result.status).toBe("RMI_SUCCESS");
    };
    expect(rimAfter([idle])).toBe(rimAfter([]));
  });

  test("pages of unknown content, tables and what is not protected are not measured", () => {
    const unmeasured: Step = (w, rd) => {
      w.unknown(rd, 0n);
      w.tables(rd, 0x4000_0000n);
      w.tables(rd, 1n << 39n);
    };
    expect(rimAfter([unmeasured])).toBe(rimAfter([]));
  });

  test("RIPAS is measured entry by entry, so that its granularity shows", () => {
    const pages = rimAfter([ripas(0n, 0x20_0000n)]);
    const block: Step = (w, rd) => {
      w.ok({ command: "RMI_RTT_FOLD", input: { rd, ipa: 0n as never, level: 3 } });
      w.ripas(rd, 0n, 0x20_0000n);
    };
    expect(rimAfter([block]) === pages).toBe(!measuresRipas);
    expect(rimAfter([ripas(0n, 0x1000n)]) === rimAfter([])).toBe(!measuresRipas);
  });

  test("RAM is measured again when it is initialised again", () => {
    const once = rimAfter([ripas(0n, 0x1000n)]);
    expect(rimAfter([ripas(0n, 0x1000n), ripas(0n, 0x1000n)]) === once).toBe(!measuresRipas);
  });

  test("ACTIVATE freezes the RIM and does not change it", () => {
    const w = new World(spec);
    const rd = w.realm();
    w.tables(rd, 0n);
    w.data(rd, 0n);
    const before = w.rim(rd);
    w.activate(rd);
    expect(w.rim(rd)).toBe(before);
    expect(w.call(w.dataCall(rd, 0x1000n)).status).toBe("RMI_ERROR_REALM");
    w.unknown(rd, 0x1000n);
    w.remove(rd, 0x1000n);
    w.remove(rd, 0n);
    w.tables(rd, 0x4000_0000n);
    expect(w.rim(rd)).toBe(before);
  });

  test("REMs are zero when the Realm starts to run, and are extended from there", () => {
    const w = new World(spec);
    const rd = w.realm();
    w.activate(rd);
    const { measurements } = w.rmm.realmAt(rd);
    const zero = new Uint8Array(32);
    expect([0, 1, 2, 3].map((n) => measurements.rem(n))).toEqual([zero, zero, zero, zero]);
    measurements.extendRem(1, new Uint8Array([1, 2, 3]));
    expect(measurements.rem(0)).toEqual(zero);
    expect(measurements.rem(1)).not.toEqual(zero);
  });

  test.each(spec.hashAlgos.map((algo, encoding) => [algo, encoding] as [HashAlgo, number]))(
    "measurements are as long as %s",
    (algo, encoding) => {
      expect(rimAfter([data(0n)], { hash_algo: encoding })).toHaveLength(2 * DIGEST_SIZE[algo]);
    },
  );

  test("a Realm that is destroyed and created again starts afresh", () => {
    const w = new World(spec);
    const call = w.realmCall();
    w.ok(call);
    const { rd } = call.input;
    const first = w.rim(rd);
    const rec0 = w.rec(rd);
    expect(w.rim(rd)).not.toBe(first);
    w.destroyRec(rec0);
    if (w.has("RMI_REALM_TERMINATE")) w.ok({ command: "RMI_REALM_TERMINATE", input: { rd } });
    w.ok({ command: "RMI_REALM_DESTROY", input: { rd } });
    expect(w.rmm.rimOf(rd)).toBeUndefined();
    w.ok(call);
    expect(w.rim(rd)).toBe(first);
  });
});
