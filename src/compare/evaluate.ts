/**
 * Measures many launches that resemble each other: the models run once per shape, pages are
 * hashed once, and launches that begin alike share the beginning of their chains.
 *
 * @module
 */
import { toHex } from "../bytes.ts";
import type { HashAlgo, HashProvider } from "../hash/hasher.ts";
import { readDigests } from "../hash/pages.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import type { LaunchMeasurement } from "../replay/engine.ts";
import {
  descriptorCount,
  type MeasuredPages,
  REM_COUNT,
  RealmMeasurements,
} from "../rmm/measurement.ts";
import { u64 } from "../units.ts";
import {
  ContentDigests,
  type DigestStore,
  type FlatDigests,
  flatDigests,
} from "./content-digests.ts";
import { LaunchRecorder } from "./record.ts";
import type { DataStretch, RecordedLaunch, Stretch } from "./stretches.ts";

/** Beginnings that are remembered. */
const MAX_KNOWN = 50_000;
/** Descriptors from which on remembering is cheaper than hashing again. */
const WORTH_KNOWING = 64;

const NO_DIGESTS: FlatDigests = flatDigests(0, new Uint8Array(0), "sha-256");

/** What a launch measures; how many calls led to it is not counted. */
export type MeasuredValues = Omit<LaunchMeasurement, "calls" | "measuredCalls">;

/** Evaluates launches. */
export class LaunchEvaluator {
  readonly recorder: LaunchRecorder;
  readonly #hashes: HashProvider;
  readonly #contents: ContentDigests;
  readonly #chains = new Map<HashAlgo, RealmMeasurements>();
  /** The RIM after a stretch, by the RIM before it and the stretch. */
  readonly #known = new Map<string, Uint8Array>();
  /** Descriptors hashed so far. */
  hashed = 0;

  /** @param store has, or gets, the page digests of files. */
  constructor(hashes: HashProvider, store: DigestStore) {
    this.#hashes = hashes;
    this.#contents = new ContentDigests(store, hashes);
    this.recorder = new LaunchRecorder(hashes);
  }

  /**
   * The RIM of a launch, as long as its hash.
   *
   * @throws CcaRimError RMI_REFUSED, HOST_*, FILE_* if there is no such launch
   */
  measure(plan: LaunchPlan): Uint8Array {
    return this.rimOf(this.recorder.record(plan));
  }

  /** All that a launch measures that was recorded. */
  valuesOf(launch: RecordedLaunch): MeasuredValues {
    const { rem, rpv } = launch;
    const hashAlgo = hashAlgoOf(launch);
    const measurements = new RealmMeasurements(this.#hashes(hashAlgo));
    for (const { register, data } of rem) {
      measurements.extendRem(register, typeof data === "function" ? data(hashAlgo) : data);
    }
    const rems = Array.from({ length: REM_COUNT }, (_, register) => measurements.rem(register));
    return { hashAlgo, rim: this.rimOf(launch), rem: rems, rpv };
  }

  /** The RIM of a launch that was recorded. */
  rimOf(launch: RecordedLaunch): Uint8Array {
    const algo = hashAlgoOf(launch);
    const chain = this.#chainOf(algo);
    for (const stretch of launch.stretches) this.#extend(chain, launch, stretch, algo);
    return chain.rim;
  }

  /** The digests of a stretch's granules, and which of them is the first. */
  digestsOf(
    launch: RecordedLaunch,
    { content, pages }: DataStretch,
    algo: HashAlgo,
  ): readonly [digests: FlatDigests, first: number] {
    if ("slot" in content) {
      const slot = launch.slots[content.slot];
      const digests = slot === undefined ? NO_DIGESTS : this.#contents.of(slot.content, algo);
      return [digests, content.first];
    }
    const bytes = readDigests(content.digests, this.#hashes(algo), content.first, pages);
    return [flatDigests(-1, bytes, algo), 0];
  }

  #chainOf(algo: HashAlgo): RealmMeasurements {
    let chain = this.#chains.get(algo);
    if (chain === undefined) {
      chain = new RealmMeasurements(this.#hashes(algo));
      this.#chains.set(algo, chain);
    }
    return chain;
  }

  #extend(
    chain: RealmMeasurements,
    launch: RecordedLaunch,
    stretch: Stretch,
    algo: HashAlgo,
  ): void {
    switch (stretch.kind) {
      case "ripas": {
        const { base, top, entrySize } = stretch;
        this.#step(chain, stretch, `ripas ${base} ${top} ${entrySize}`, () => {
          chain.measure(stretch);
        });
        break;
      }
      case "data":
        this.#extendData(chain, launch, stretch, algo);
        break;
      default:
        chain.measure(stretch);
    }
  }

  #extendData(
    chain: RealmMeasurements,
    launch: RecordedLaunch,
    stretch: DataStretch,
    algo: HashAlgo,
  ): void {
    const { base, pages, flags, measured } = stretch;
    const [digests, page] = measured
      ? this.digestsOf(launch, stretch, algo)
      : ([NO_DIGESTS, 0] as const);
    const granules: MeasuredPages = { kind: "data", ipa: u64(base), flags: u64(flags), pages };
    const content = { digests: digests.pages, page };
    const extend = (): void => {
      chain.measure(measured ? { ...granules, content } : granules);
    };
    // Digests without a number are nobody's to compare.
    if (digests.id < 0) extend();
    else this.#step(chain, stretch, `data ${base} ${pages} ${flags} ${digests.id} ${page}`, extend);
  }

  #step(chain: RealmMeasurements, stretch: Stretch, what: string, extend: () => void): void {
    const count = descriptorCount(stretch);
    if (count < WORTH_KNOWING) {
      this.hashed += count;
      extend();
      return;
    }
    const key = `${toHex(chain.rim)} ${what}`;
    const known = this.#known.get(key);
    if (known !== undefined) {
      // What was used last goes last.
      this.#known.delete(key);
      this.#known.set(key, known);
      chain.rim = known;
      return;
    }
    this.hashed += count;
    extend();
    this.#remember(key, chain.rim);
  }

  #remember(key: string, rim: Uint8Array): void {
    if (this.#known.size >= MAX_KNOWN) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(key, rim);
  }
}

/** The hash of a launch, from its Realm's parameters. */
export function hashAlgoOf({ spec, stretches }: RecordedLaunch): HashAlgo {
  const [first] = stretches;
  const params = first?.kind === "realm" ? first.params : undefined;
  if (params === undefined) return "sha-256";
  return spec.hashAlgos[spec.realmParams.decode(params).hash_algo] ?? "sha-256";
}
