/** Runs requests on a series of KVM and the RMM that goes with it. */
import { toHex } from "../../../src/bytes.ts";
import { granulesOf } from "../../../src/hash/content.ts";
import { nodeHashes } from "../../../src/hash/node.ts";
import { bytesSource } from "../../../src/hash/source.ts";
import { HOST_MEMORY } from "../../../src/host/granule-allocator.ts";
import {
  type KvmAssumption,
  launchKvm,
  type RefusedRequest,
} from "../../../src/host/kvm/launch.ts";
import type { Platform } from "../../../src/host/platform.ts";
import type { HostOutcome } from "../../../src/host/process.ts";
import type { RealmFields } from "../../../src/host/realm-fields.ts";
import type { VmmRequest } from "../../../src/host/requests.ts";
import type { Answer } from "../../../src/rmm/execute.ts";
import { apply } from "../../../src/rmm/machine.ts";
import type { RealmParams } from "../../../src/rmm/params.ts";
import { platformFeatures } from "../../../src/rmm/platform-features.ts";
import type { RmiCall } from "../../../src/rmm/rmi.ts";
import { Rmm } from "../../../src/rmm/rmm.ts";
import { rmmSpec } from "../../../src/rmm/spec/index.ts";
import { ipa, u64 } from "../../../src/units.ts";
import { plainDigests } from "../../tools/measure.ts";

export const MIB: number = 1024 * 1024;
/** Where the RAM of these tests starts. */
export const RAM = 0x8000_0000;

export const PLATFORM: Platform = {
  breakpoints: 6,
  watchpoints: 4,
  pmuCounters: 6,
  sveVectorBits: 512,
  maxIpaBits: 48,
  lpa2: true,
};

export interface RunOptions {
  /** RMM version; by default the one that the series is made for. */
  readonly rmm?: string;
  readonly platform?: Platform;
  readonly realm?: RealmFields;
  /** Goes on when a request fails. */
  readonly goesOn?: boolean;
}

export interface Run {
  readonly calls: readonly { readonly call: RmiCall; readonly answer: Answer }[];
  readonly refused: readonly RefusedRequest[];
  readonly outcome: HostOutcome;
  readonly assumed: readonly KvmAssumption[];
  readonly params: RealmParams | undefined;
  readonly rim: string | undefined;
}

/** The RMM version that a series is made for. */
export function rmmOf(series: string): string {
  if (/^(?:2023-08|eac5|v[23])$/.test(series)) return "1.0-eac5";
  return /^v1[3-6]$/.test(series) ? "2.0" : "1.0-rel0";
}

/** Runs requests to the end of the launch. */
export function run(
  series: string,
  requests: readonly VmmRequest[],
  options: RunOptions = {},
): Run {
  const { rmm: version = rmmOf(series), platform = PLATFORM, realm = {}, goesOn } = options;
  const spec = rmmSpec(version);
  if (spec === undefined) throw new Error(`RMM ${version} is not modelled`);
  const features = platformFeatures(spec, platform);
  const refused: RefusedRequest[] = [];
  const assumed: KvmAssumption[] = [];
  const host = launchKvm(`linux-kvm/${series}`, requests, {
    spec,
    platform,
    features,
    realm,
    digests: plainDigests(nodeHashes),
    onAssumed: (assumption) => assumed.push(assumption),
    onRefused: (request) => {
      refused.push(request);
      return goesOn === true ? "continue" : "stop";
    },
  });
  const memory = HOST_MEMORY;
  const rmm = new Rmm({ spec, features: features.features, memory, hashes: nodeHashes });
  const calls: { call: RmiCall; answer: Answer }[] = [];
  let params: RealmParams | undefined;
  let next = host.next();
  while (next.done !== true) {
    const { call } = next.value;
    const answer = apply(rmm, call);
    calls.push({ call, answer });
    if (call.command === "RMI_REALM_CREATE") params = spec.realmParams.decode(call.input.params);
    next = host.next(answer);
  }
  const outcome = next.value;
  const bytes = outcome.kind === "done" ? rmm.rimOf(outcome.rd) : undefined;
  const rim = bytes === undefined ? undefined : toHex(bytes);
  return { calls, refused, outcome, assumed, params, rim };
}

/** Commands of a run, without granules changing sides. */
export function commandsOf({ calls }: Run): string[] {
  return calls.map(({ call }) => call.command).filter((command) => !command.includes("DELEGATE"));
}

/** Measured RIPAS descriptors of a run as [base, size of entry, number of entries]. */
export function ripasOf({ calls }: Run): [number, number, number][] {
  return calls.flatMap(({ answer }) =>
    answer.descriptors.flatMap((measured): [number, number, number][] =>
      measured.kind === "ripas"
        ? [[measured.base, measured.entrySize, (measured.top - measured.base) / measured.entrySize]]
        : [],
    ),
  );
}

export const createVm = (ipaBits = 40): VmmRequest => ({
  request: "create_vm",
  ipaBits,
  realm: true,
});

export const slot = (id: number, base: number, size: number, guestMemfd = true): VmmRequest => ({
  request: "memslot",
  id,
  base: ipa(base),
  size: u64(size),
  guestMemfd,
});

export const createRealm: VmmRequest = { request: "create_realm" };

export const initRipas = (base: number, size: number): VmmRequest => ({
  request: "init_ripas",
  base: ipa(base),
  size: u64(size),
});

export const populate = (base: number, size: number): VmmRequest => ({
  request: "populate",
  base: ipa(base),
  size: u64(size),
  measure: true,
  content: granulesOf(bytesSource(new Uint8Array(size).fill(7))),
  label: "test",
});

export const vcpu = (id: number): VmmRequest => ({
  request: "vcpu_finalize",
  vcpu: id,
  pc: u64(id === 0 ? RAM : 0),
  gprs: Array.from({ length: 8 }, (_, i) => u64(i)),
  runnable: id === 0,
});

export const activate: VmmRequest = { request: "activate" };

/** A launch that every series with that kind of order takes: one slot, some pages, two vCPUs. */
export function plainLaunch(series: string, before: readonly VmmRequest[] = []): VmmRequest[] {
  const start = [createVm(), slot(0, RAM, 16 * MIB), ...before];
  const content = populate(RAM, 0x3000);
  return /^v1[2-6]$/.test(series)
    ? [...start, vcpu(0), vcpu(1), content, activate]
    : [...start, createRealm, initRipas(RAM, 16 * MIB), content, vcpu(0), vcpu(1), activate];
}
