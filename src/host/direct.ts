/**
 * The hypervisor "direct": the steps of a launch go to the RMM as they are, in their order; only
 * granules are picked and missing tables created on the way, as Linux KVM does it.
 *
 * @module
 */
import { insert } from "../formats/bitfields.ts";
import type { PageDigests } from "../hash/pages.ts";
import type { MemoryContent } from "../hash/source.ts";
import { REALM_FLAGS } from "../rmm/params.ts";
import type { RmiCall } from "../rmm/rmi.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import { type Pa, u64 } from "../units.ts";
import type { HostPart, HostProcess } from "./process.ts";
import type { RealmFields } from "./realm-fields.ts";
import { RealmHost, refused } from "./realm-host.ts";
import { finishOperation } from "./rmi-calls.ts";
import { granulesToPick, type NamedCall } from "./rmi-step.ts";
import { startLevelFor } from "./stage2.ts";
import type { LaunchStep } from "./steps.ts";

/** What a host model gets from outside. */
export interface HostEnvironment {
  readonly spec: RmmSpec;
  /** Hashes of the granules of a content. */
  readonly digests: (content: MemoryContent) => PageDigests;
  /** Builds the call of an `rmi` step. */
  readonly callOf: (step: NamedCall) => RmiCall;
}

/** RmiRealmParams of the manifest's `realm` fields. */
export function realmParamsOf(
  spec: RmmSpec,
  realm: RealmFields,
  start: { readonly level: number; readonly tables: number },
  rttBase: Pa,
): Uint8Array {
  const { flags = {} } = realm;
  const flagBits = (Object.keys(REALM_FLAGS) as (keyof typeof REALM_FLAGS)[]).reduce(
    (sum, name) => sum | insert(flags[name] === true ? 1 : 0, REALM_FLAGS[name]),
    0n,
  );
  return spec.realmParams.encode({
    flags: u64(flagBits),
    s2sz: realm.s2sz ?? 0,
    sve_vl: realm.sveVl ?? 0,
    num_bps: realm.numBps ?? 0,
    num_wps: realm.numWps ?? 0,
    pmu_num_ctrs: realm.pmuNumCtrs ?? 0,
    hash_algo: spec.hashAlgos.indexOf(realm.hashAlgo ?? "sha-256"),
    rpv: realm.rpv ?? new Uint8Array(0),
    rtt_base: rttBase,
    rtt_level_start: BigInt(start.level),
    rtt_num_start: start.tables,
  });
}

class DirectHost extends RealmHost {
  readonly #env: HostEnvironment;

  constructor(env: HostEnvironment) {
    super(env.spec);
    this.#env = env;
  }

  /** The calls of a step; undefined if it makes none. */
  step(step: LaunchStep): HostPart | undefined {
    const { pointer } = step;
    switch (step.step) {
      case "ripas":
        return this.initRipas(step.base, step.top, pointer);
      case "data":
        return this.createData(step.base, this.#env.digests(step.content), step.measure, pointer);
      case "rec":
        return this.createRec(step, pointer);
      case "activate":
        return this.activate(pointer);
      case "rmi":
        return this.#rmi(step);
      case "memslot":
        // Memory slots belong to KVM; the manifest's schema does not let one come this far.
        return undefined;
    }
  }

  *#rmi(step: LaunchStep & { readonly step: "rmi" }): HostPart {
    const { command, args, pointer } = step;
    const picked: Record<string, Pa> = { rd: this.rd };
    for (const { name, count, delegated } of granulesToPick(this.spec, command, args)) {
      picked[name] = delegated ? yield* this.delegated(count, pointer) : this.granules.take(count);
    }
    const call = this.#env.callOf({ command, given: args, picked, pointer });
    const result = yield* finishOperation(this, yield* this.call(call, pointer), pointer);
    return result.status === "RMI_SUCCESS" ? undefined : refused(call, result, pointer);
  }
}

/** Launches a Realm as its description says, step by step. */
export function* launchDirect(
  realm: RealmFields,
  steps: readonly LaunchStep[],
  env: HostEnvironment,
): HostProcess {
  const host = new DirectHost(env);
  const start = startLevelFor(realm.s2sz ?? 0);
  const failed = yield* host.createRealm(
    start,
    (rttBase) => realmParamsOf(env.spec, realm, start, rttBase),
    "/realm",
  );
  if (failed !== undefined) return failed;
  for (const step of steps) {
    const calls = host.step(step);
    const end = calls && (yield* calls);
    if (end !== undefined) return end;
  }
  return { kind: "done", rd: host.rd };
}
