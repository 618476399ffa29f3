/**
 * Samsung's calculator `lkvm-rim-measurer` (islet-project/3rd-kvmtool 3cac6a9): a kvmtool that
 * hashes instead of asking a hypervisor. It has no KVM and no RMM, so what it assumes of both is
 * written down here, and its requests are replayed against the real model.
 *
 * @module
 */
import type { PageDigests } from "../hash/pages.ts";
import type { MemoryContent } from "../hash/source.ts";
import { NO_FEATURES, type RmmFeatures } from "../rmm/features.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import { GRANULE_SIZE, type Ipa, type U64 } from "../units.ts";
import { realmParamsOf } from "./direct.ts";
import { configuredWith } from "./kvm/config.ts";
import type { ConfigItem } from "./kvm/facts.ts";
import { mpidrOf } from "./kvm/rec.ts";
import type { HostOutcome, HostPart, HostProcess } from "./process.ts";
import type { RealmFields } from "./realm-fields.ts";
import { RealmHost } from "./realm-host.ts";
import type { VmmRequest } from "./requests.ts";
import { startLevelFor } from "./stage2.ts";

/** The calculator checks none of these and writes them into 32 bits. */
const ANY_NUMBER = 0xffff_ffff;

/** The RMM that the calculator has in mind: everything on, at its largest. */
export const RIM_MEASURER_FEATURES: RmmFeatures = {
  ...NO_FEATURES,
  sveEn: true,
  sveVl: ANY_NUMBER,
  numBps: 15,
  numWps: 15,
  pmuEn: true,
  pmuNumCtrs: ANY_NUMBER,
  hpmn0: true,
};

/** The width of IPA space that it writes into every Realm's parameters. */
const IPA_BITS = 33;
const PAGE = BigInt(GRANULE_SIZE);

/** What the calculator gets from outside. */
export interface RimMeasurerEnvironment {
  readonly spec: RmmSpec;
  /** Fields that override its own. */
  readonly realm: RealmFields;
  /** Hashes of the granules of a content. */
  readonly digests: (content: MemoryContent) => PageDigests;
}

class RimMeasurer extends RealmHost {
  readonly #env: RimMeasurerEnvironment;
  #configured: RealmFields = {};

  constructor(env: RimMeasurerEnvironment) {
    super(env.spec);
    this.#env = env;
  }

  *serve(request: VmmRequest): HostPart {
    const { origin } = request;
    switch (request.request) {
      case "config":
        return this.#configure(request);
      case "create_realm":
        return yield* this.#createRealm(origin);
      case "init_ripas":
        return yield* this.#initRipas(request.base, request.size, origin);
      case "populate":
        return yield* this.createData(
          request.base,
          this.#env.digests(request.content),
          request.measure,
          origin,
        );
      case "vcpu_finalize":
        // It hashes other RECs, too, which no RMM has done since 2023-08; the first is the only
        // one that an RMM measures, and the only one of which it knows the MPIDR.
        if (request.vcpu !== 0) return undefined;
        return yield* this.createRec({ ...request, mpidr: mpidrOf(0) }, origin);
      case "activate":
        return yield* this.activate(origin);
      default:
        return undefined;
    }
  }

  #configure(request: VmmRequest & { readonly request: "config" }): HostOutcome | undefined {
    const item = request.name as ConfigItem;
    const { value } = request;
    const after = configuredWith(this.#configured, item, value, RIM_MEASURER_FEATURES);
    if ("errno" in after) {
      return { kind: "host-error", message: `the calculator refuses ${item}: ${after.why}` };
    }
    this.#configured = after;
    return undefined;
  }

  *#createRealm(origin: string | undefined): HostPart {
    const { spec, realm } = this.#env;
    const configured = this.#configured;
    const flags = { ...configured.flags, ...realm.flags };
    const fields = { ...configured, s2sz: IPA_BITS, ...realm, flags };
    const start = startLevelFor(fields.s2sz);
    const build = (rttBase: Parameters<typeof realmParamsOf>[3]): Uint8Array =>
      realmParamsOf(spec, fields, start, rttBase);
    return yield* this.createRealm(start, build, origin);
  }

  /** One call for each page. */
  *#initRipas(base: Ipa, size: U64, origin: string | undefined): HostPart {
    for (let at = base; at < base + size; at = (at + PAGE) as Ipa) {
      const failed = yield* this.initRipas(at, (at + PAGE) as Ipa, origin);
      if (failed !== undefined) return failed;
    }
    return undefined;
  }
}

/** Serves the requests of kvmtool as the calculator does. */
export function* launchRimMeasurer(
  requests: Iterable<VmmRequest>,
  env: RimMeasurerEnvironment,
): HostProcess {
  const host = new RimMeasurer(env);
  for (const request of requests) {
    const end = yield* host.serve(request);
    if (end !== undefined) return end;
  }
  return { kind: "done", rd: host.rd };
}
