/**
 * A small world to try RMI commands in: an RMM of any version with memory, and a host that gets
 * Realms, tables, data and RECs built by the shortest way, whatever the version calls its commands.
 */
import { nodeHashes } from "../../src/hash/node.ts";
import type { PageRef } from "../../src/hash/pages.ts";
import { pageRef } from "../../src/replay/patterns.ts";
import { encodeRange } from "../../src/rmm/address-range.ts";
import { type FeatureRegister, NO_FEATURES, type RmmFeatures } from "../../src/rmm/features.ts";
import type { GranuleState } from "../../src/rmm/granules.ts";
import { apply } from "../../src/rmm/machine.ts";
import type { RealmParams } from "../../src/rmm/params.ts";
import type { RealmState } from "../../src/rmm/realm.ts";
import type { RmiCall, RmiCommandName, RmiResult } from "../../src/rmm/rmi.ts";
import { Rmm } from "../../src/rmm/rmm.ts";
import type { RmmSpec } from "../../src/rmm/spec.ts";
import { ipa, type Pa, pa, type U64, u64 } from "../../src/units.ts";

export const PAGE = 4096;
export const PAGE_SIZE: bigint = 4096n;
/** Where the world's memory begins; 2^49 bytes, so that some of it lies above 2^48. */
export const MEMORY = { base: 0x8000_0000, size: 2 ** 49 } as const;

/** Features that leave room to break every limit. */
export const FEATURES: RmmFeatures = {
  ...NO_FEATURES,
  s2sz: 48,
  numBps: 5,
  numWps: 3,
  pmuEn: true,
  pmuNumCtrs: 8,
  sveEn: true,
  sveVl: 3,
  hpmn0: false,
};

/** The features that a version's registers encode; the others are off, as decoding has them. */
export function featuresOf(spec: RmmSpec, changes: Partial<RmmFeatures> = {}): RmmFeatures {
  const fields = new Set(spec.featureRegisters.flatMap((r: FeatureRegister) => Object.keys(r)));
  const known = Object.entries({ ...FEATURES, ...changes }).filter(
    ([name]) => fields.has(name) || name in { hpmn0: 0, vmid16: 0 },
  );
  return { ...NO_FEATURES, ...Object.fromEntries(known) };
}

/** A page filled with one byte. */
export function content(fill: number): PageRef {
  return pageRef(new Uint8Array(PAGE).fill(fill), nodeHashes);
}

/** What a new Realm is like unless a test says otherwise: 40 bits, one table at level 0. */
export const REALM = {
  s2sz: 40,
  num_bps: 1,
  num_wps: 1,
  rtt_level_start: 0n,
  rtt_num_start: 1,
} as const;

export class World {
  readonly rmm: Rmm;
  readonly spec: RmmSpec;
  #next = MEMORY.base + 0x100_0000;

  constructor(spec: RmmSpec, features: Partial<RmmFeatures> = {}) {
    this.spec = spec;
    this.rmm = new Rmm({
      spec,
      features: featuresOf(spec, features),
      memory: MEMORY,
      hashes: nodeHashes,
    });
  }

  has(command: RmiCommandName): boolean {
    return this.spec.commands[command] !== undefined;
  }

  call(call: RmiCall): RmiResult {
    return apply(this.rmm, call);
  }

  /** A call that has to succeed. */
  ok(call: RmiCall): RmiResult {
    const result = this.call(call);
    if (result.status !== "RMI_SUCCESS" && result.status !== "RMI_INCOMPLETE") {
      throw new Error(`${call.command}: ${result.status}, ${result.failed}`);
    }
    return result;
  }

  /** `count` consecutive granules that stay with the host, aligned to all of them. */
  ns(count = 1): Pa {
    const size = 2 ** Math.ceil(Math.log2(count)) * PAGE;
    const first = Math.ceil(this.#next / size) * size;
    this.#next = first + count * PAGE;
    return pa(first);
  }

  delegate(addr: Pa): void {
    if (this.has("RMI_GRANULE_DELEGATE")) {
      this.ok({ command: "RMI_GRANULE_DELEGATE", input: { addr } });
    } else {
      const top = pa(addr + PAGE_SIZE);
      this.ok({ command: "RMI_GRANULE_RANGE_DELEGATE", input: { base: addr, top } });
    }
  }

  /** A granule of the Secure PAS. */
  secure(): Pa {
    const granule = this.ns();
    this.rmm.granules.set(Number(granule), "SECURE");
    return granule;
  }

  /** A granule in any state. */
  granuleIn(state: GranuleState): Pa {
    switch (state) {
      case "RD":
        return this.realm();
      case "REC":
        return this.rec(this.realm());
      case "RTT":
        return pa(this.rmm.realmAt(this.realm()).stage2.roots[0]?.pa ?? 0);
      case "DATA": {
        const rd = this.realm();
        this.tables(rd, 0n);
        return this.data(rd, 0n);
      }
      case "SECURE":
        return this.secure();
      default:
        return state === "UNDELEGATED" ? this.ns() : this.granules();
    }
  }

  /** A delegated granule above 2^48. */
  highGranule(): Pa {
    const high = pa(2 ** 48);
    this.delegate(high);
    return high;
  }

  /** `count` consecutive delegated granules. */
  granules(count = 1): Pa {
    const first = this.ns(count);
    for (let i = 0; i < count; i++) this.delegate(pa(first + BigInt(i * PAGE)));
    return first;
  }

  realmParams(values: Partial<RealmParams> = {}): Uint8Array {
    const start = values.rtt_num_start ?? REALM.rtt_num_start;
    const rtt_base = values.rtt_base ?? this.granules(Math.max(start, 1));
    const vmid = this.rmm.vmids.size;
    return this.spec.realmParams.encode({ ...REALM, vmid, rtt_base, ...values });
  }

  realmCall(values: Partial<RealmParams> = {}): RmiCall<"RMI_REALM_CREATE"> {
    const params = this.realmParams(values);
    const input = { rd: this.granules(), params_ptr: this.ns(), params };
    return { command: "RMI_REALM_CREATE", input };
  }

  /** Creates a Realm and returns its RD. */
  realm(values: Partial<RealmParams> = {}): Pa {
    const call = this.realmCall(values);
    this.ok(call);
    return call.input.rd;
  }

  /** Creates the tables down to `level` above `at`. */
  tables(rd: Pa, at: bigint, level = 3): void {
    const { startLevel } = this.rmm.realmAt(rd).stage2;
    for (let next = startLevel + 1; next <= level; next++) {
      const size = 1n << BigInt(12 + 9 * (4 - next));
      const input = { rd, rtt: this.granules(), ipa: ipa((at / size) * size), level: next };
      const { status } = this.call({ command: "RMI_RTT_CREATE", input });
      if (status !== "RMI_SUCCESS" && status !== "RMI_ERROR_RTT") throw new Error(status);
    }
  }

  dataCall(rd: Pa, at: bigint, fill = 1, flags = 1n): RmiCall {
    const input = {
      rd,
      data: this.granules(),
      ipa: ipa(at),
      src: this.ns(),
      flags: u64(flags),
      content: content(fill),
    };
    return this.has("RMI_DATA_CREATE")
      ? { command: "RMI_DATA_CREATE", input }
      : { command: "RMI_RTT_DATA_MAP_INIT", input };
  }

  /** Creates a page of data; tables above it are there already. */
  data(rd: Pa, at: bigint, fill = 1, flags = 1n): Pa {
    const call = this.dataCall(rd, at, fill, flags);
    this.ok(call);
    return (call.input as { data: Pa }).data;
  }

  /** Creates a page of unknown content at `at`, of `data` if given. */
  unknown(rd: Pa, at: bigint, data: Pa = this.granules()): Pa {
    if (this.has("RMI_DATA_CREATE_UNKNOWN")) {
      this.ok({ command: "RMI_DATA_CREATE_UNKNOWN", input: { rd, data, ipa: ipa(at) } });
    } else {
      const input = { rd, base: ipa(at), top: ipa(at + PAGE_SIZE), flags: u64(1) };
      const oaddr = encodeRange({ base: Number(data), count: 1, level: 3 });
      this.ok({ command: "RMI_RTT_DATA_MAP", input: { ...input, oaddr } });
    }
    return data;
  }

  /** Removes the page at `at`. */
  remove(rd: Pa, at: bigint): RmiResult {
    if (this.has("RMI_DATA_DESTROY")) {
      return this.ok({ command: "RMI_DATA_DESTROY", input: { rd, ipa: ipa(at) } });
    }
    const input = { rd, base: ipa(at), top: ipa(at + PAGE_SIZE), flags: u64(1), oaddr: u64(0) };
    return this.ok({ command: "RMI_RTT_DATA_UNMAP", input });
  }

  ripas(rd: Pa, base: bigint, top: bigint): RmiResult {
    const input = { rd, base: ipa(base), top: ipa(top) };
    return this.ok({ command: "RMI_RTT_INIT_RIPAS", input });
  }

  recParams(mpidr: bigint, aux: Pa, flags = 1n, pc = 0x8000_0000n): Uint8Array {
    return this.spec.recParams.encode({
      flags: u64(flags),
      mpidr: u64(mpidr),
      pc: u64(pc),
      gprs: [],
      num_aux: u64(16),
      aux: Array.from({ length: 16 }, (_, i) => u64(aux + BigInt(i * PAGE))),
    });
  }

  recCall(rd: Pa, mpidr = 0n, aux: Pa = this.granules(16)): RmiCall<"RMI_REC_CREATE"> {
    const input = {
      rd,
      rec: this.granules(),
      params_ptr: this.ns(),
      params: this.recParams(mpidr, aux),
    };
    return { command: "RMI_REC_CREATE", input };
  }

  /** Carries an operation on that a call started: donates `aux`, takes memory back. */
  finish(first: RmiResult, aux: Pa): RmiResult {
    const handle = u64(first.outputs["handle"] ?? 0);
    let result = first;
    for (let calls = 0; result.status === "RMI_INCOMPLETE" && calls < 64; calls++) {
      result = this.call(this.#nextCall(result.index, handle, aux));
    }
    return result;
  }

  /** Calls RMI_REC_CREATE and all that follows from it. */
  recResult(call: RmiCall<"RMI_REC_CREATE">, aux: Pa): RmiResult {
    return this.finish(this.call(call), aux);
  }

  rec(rd: Pa, mpidr = 0n): Pa {
    const aux = this.granules(16);
    const call = this.recCall(rd, mpidr, aux);
    const result = this.recResult(call, aux);
    if (result.status !== "RMI_SUCCESS") throw new Error(`REC: ${result.status} ${result.failed}`);
    return call.input.rec;
  }

  destroyRec(rec: Pa): RmiResult {
    return this.finish(this.ok({ command: "RMI_REC_DESTROY", input: { rec } }), pa(0));
  }

  activate(rd: Pa): void {
    this.ok({ command: "RMI_REALM_ACTIVATE", input: { rd } });
  }

  /** Puts a Realm into a state that no call of the model leads to. */
  setState(rd: Pa, state: RealmState): void {
    this.rmm.realmAt(rd).state = state;
  }

  rim(rd: Pa): string {
    return Buffer.from(this.rmm.rimOf(rd) ?? []).toString("hex");
  }

  read(rd: Pa, at: bigint, level = 3): RmiResult {
    return this.ok({ command: "RMI_RTT_READ_ENTRY", input: { rd, ipa: ipa(at), level } });
  }

  #nextCall(request: number, handle: U64, aux: Pa): RmiCall {
    const list_ptr = this.ns();
    if (request === 1) {
      const list = [encodeRange({ base: Number(aux), count: 16, level: 3 })];
      return { command: "RMI_OP_MEM_DONATE", input: { handle, list_ptr, list } };
    }
    if (request === 2) {
      return { command: "RMI_OP_MEM_RECLAIM", input: { handle, list_ptr, list_count: 512 } };
    }
    return { command: "RMI_OP_CONTINUE", input: { handle, flags: u64(0) } };
  }
}
