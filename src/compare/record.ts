/**
 * Runs the models of a launch without hashing, and remembers what would be measured.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import { DIGEST_SIZE, type HashAlgo, type Hasher, type HashProvider } from "../hash/hasher.ts";
import type { DigestRun, PageDigests, PageRef } from "../hash/pages.ts";
import type { MemoryContent } from "../hash/source.ts";
import type { HostOutcome, HostTurn } from "../host/process.ts";
import type { VmmRequest } from "../host/requests.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import { inRuns } from "../replay/engine.ts";
import { vmmRequests } from "../replay/hosts.ts";
import { prepareLaunch } from "../replay/launch.ts";
import { apply } from "../rmm/machine.ts";
import { descriptorCount, type Measured, type MeasuredPages } from "../rmm/measurement.ts";
import { RPV_SIZE } from "../rmm/params.ts";
import type { RmiCall } from "../rmm/rmi.ts";
import type { Rmm } from "../rmm/rmm.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import { GRANULE_SIZE } from "../units.ts";
import { recCount, shapeKey, shapeOfParams, slotsOf } from "./shape.ts";
import { joined, type RecordedLaunch, type Slot, type Stretch } from "./stretches.ts";

/** Stretches behind the Realm's, or the reason why there are none. */
type Shape = readonly Stretch[] | CcaRimError;

function idleHasher(algo: HashAlgo): Hasher {
  const size = DIGEST_SIZE[algo];
  return { algo, size, digest: () => new Uint8Array(size), digestInto: () => undefined };
}

const IDLE: Readonly<Record<HashAlgo, Hasher>> = {
  "sha-256": idleHasher("sha-256"),
  "sha-384": idleHasher("sha-384"),
  "sha-512": idleHasher("sha-512"),
};
const idleHashes: HashProvider = (algo) => IDLE[algo];

/** Stands for a hash of any length. */
const UNHASHED: DigestRun = { bytes: new Uint8Array(64), at: 0, pages: 1 };

/** Stands for the digests of one slot while nothing is hashed. */
class SlotDigests implements PageDigests {
  readonly slot: number;
  readonly pages: number;

  constructor(slot: number, pages: number) {
    this.slot = slot;
    this.pages = pages;
  }

  digestsFrom(): DigestRun {
    return UNHASHED;
  }
}

/** A stretch of granules that may go on. */
interface OpenStretch {
  readonly base: number;
  pages: number;
  readonly flags: number;
  readonly measured: boolean;
  readonly content: { readonly slot: number; readonly first: number };
}

/** Puts what calls measure into stretches. */
class Recorder {
  readonly stretches: Stretch[] = [];
  #open: OpenStretch | undefined;

  /** @param turn what is measured is the answer to it. */
  add(turn: HostTurn, measured: Measured): void {
    switch (measured.kind) {
      case "data":
        this.#addPages(turn, measured);
        break;
      case "ripas":
        this.#add(measured);
        break;
      default:
        this.#add({ kind: measured.kind, params: measured.params.slice() });
    }
  }

  /** All stretches so far. */
  finish(): readonly Stretch[] {
    this.#close();
    return this.stretches;
  }

  /** By far the most frequent: grows a stretch in place. */
  #addPages(turn: HostTurn, measured: MeasuredPages): void {
    const base = Number(measured.ipa);
    const flags = Number(measured.flags);
    const { pages } = measured;
    const { digests, page: first } = contentOf(turn);
    const known = { base, pages, flags, measured: measured.content !== undefined };
    if (!(digests instanceof SlotDigests)) {
      this.#add({ kind: "data", ...known, content: { digests, first } });
      return;
    }
    const { slot } = digests;
    const open = this.#open;
    if (
      open !== undefined &&
      open.content.slot === slot &&
      open.flags === flags &&
      open.base + open.pages * GRANULE_SIZE === base
    ) {
      open.pages += pages;
      return;
    }
    this.#close();
    this.#open = { ...known, content: { slot, first } };
  }

  #add(stretch: Stretch): void {
    this.#close();
    const last = this.stretches.at(-1);
    const both = last === undefined ? undefined : joined(last, stretch);
    if (both === undefined) this.stretches.push(stretch);
    else this.stretches[this.stretches.length - 1] = both;
  }

  #close(): void {
    if (this.#open === undefined) return;
    this.stretches.push({ kind: "data", ...this.#open });
    this.#open = undefined;
  }
}

const NO_PAGES: PageDigests = { pages: 0, digestsFrom: () => UNHASHED };

function contentOf({ call, run }: HostTurn): PageRef {
  if (run !== undefined) return run.content;
  return "content" in call.input ? call.input.content : { digests: NO_PAGES, page: 0 };
}

function refusalOf(outcome: HostOutcome): CcaRimError | undefined {
  switch (outcome.kind) {
    case "done":
      return undefined;
    case "host-error":
      return new CcaRimError("HOST_REFUSED", outcome.message);
    case "refused": {
      const { turn, result } = outcome;
      return new CcaRimError(
        "RMI_REFUSED",
        `${turn.call.command} is refused with ${result.status}: ${result.failed ?? ""}`,
      );
    }
  }
}

/** An RMI call of a dry run. */
export interface DryCall {
  /** Counts from 1. */
  readonly n: number;
  readonly call: RmiCall;
  readonly spec: RmmSpec;
  /** How many measurement descriptors it makes; the Realm's parameters count as one. */
  readonly descriptors: number;
}

/** A launch in the middle of its recording. */
interface Running {
  readonly plan: LaunchPlan;
  readonly rmm: Rmm;
  readonly requests: readonly VmmRequest[] | undefined;
  readonly slots: readonly Slot[];
}

/** Records launches; those of one shape run once. */
export class LaunchRecorder {
  readonly #hashes: HashProvider;
  readonly #shapes = new Map<string, Shape>();

  /** @param hashes hashes pages that `rmi` steps name by a pattern. */
  constructor(hashes: HashProvider) {
    this.#hashes = hashes;
  }

  /** Shapes that the models have run so far. */
  get shapes(): number {
    return this.#shapes.size;
  }

  /**
   * Records a launch.
   *
   * @throws CcaRimError RMI_REFUSED, HOST_* if there is no such launch
   */
  record(plan: LaunchPlan): RecordedLaunch {
    const known = new Map<MemoryContent, SlotDigests>();
    const digests = (content: MemoryContent): PageDigests =>
      known.get(content) ?? { pages: content.size / GRANULE_SIZE, digestsFrom: () => UNHASHED };
    const tools = { hashes: this.#hashes, digests };
    const { host, rmm, rem } = prepareLaunch(plan, tools, idleHashes);
    const requests = plan.host.hypervisor === "direct" ? undefined : [...vmmRequests(plan)];
    const slots = slotsOf(plan, requests);
    for (const [i, { content }] of slots.entries()) {
      known.set(content, new SlotDigests(i, content.size / GRANULE_SIZE));
    }
    const stretches = this.#run({ plan, rmm, requests, slots }, host);
    const [realm] = rmm.realms.values();
    const rpv = realm?.rpv ?? new Uint8Array(RPV_SIZE);
    return { spec: rmm.spec, stretches, slots, recs: recCount(plan, requests), rpv, rem };
  }

  /** The RMI calls of a launch, as far as it gets, without any hash. */
  *calls(plan: LaunchPlan): Generator<DryCall, undefined, undefined> {
    const digests = (content: MemoryContent): PageDigests =>
      new SlotDigests(0, content.size / GRANULE_SIZE);
    const { host, rmm } = prepareLaunch(plan, { hashes: this.#hashes, digests }, idleHashes);
    let n = 0;
    let next = host.next();
    while (next.done !== true) {
      const { call } = next.value;
      const answer = apply(rmm, call);
      n += 1;
      const descriptors = answer.descriptors.reduce((sum, each) => sum + descriptorCount(each), 0);
      yield { n, call, spec: rmm.spec, descriptors };
      next = host.next(answer);
    }
    return undefined;
  }

  #run(running: Running, host: ReturnType<typeof prepareLaunch>["host"]): readonly Stretch[] {
    const { plan, rmm, requests } = running;
    const prefix = shapeKey(plan, requests, rmm);
    const recorder = new Recorder();
    let key: string | undefined;
    let next = host.next();
    while (next.done !== true) {
      const turn = next.value;
      const answer = inRuns(rmm, turn);
      for (const measured of answer.descriptors) {
        recorder.add(turn, measured);
        if (measured.kind !== "realm" || prefix === undefined) continue;
        key = `${prefix}\n${shapeOfParams(rmm, measured.params)}`;
        const shape = this.#shapes.get(key);
        if (shape !== undefined) return withRealm(recorder.finish(), shape);
      }
      next = host.next(answer);
    }
    const refusal = refusalOf(next.value);
    const stretches = recorder.finish();
    if (key !== undefined) this.#shapes.set(key, refusal ?? stretches.slice(1));
    if (refusal !== undefined) throw refusal;
    return stretches;
  }
}

function withRealm(realm: readonly Stretch[], shape: Shape): readonly Stretch[] {
  if (shape instanceof CcaRimError) throw shape;
  return [...realm, ...shape];
}
