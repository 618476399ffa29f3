/**
 * A manifest in use: its files open, its plan resolved, its errors pointing to lines.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import type { LaunchEvaluator, MeasuredValues } from "../compare/evaluate.ts";
import { CcaRimError } from "../errors.ts";
import type { HashProvider } from "../hash/hasher.ts";
import { contentDigests } from "../hash/page-digests.ts";
import type { PageDigests } from "../hash/pages.ts";
import type { MemoryContent } from "../hash/source.ts";
import type { Ability } from "../host/models.ts";
import type { VmmRequest } from "../host/requests.ts";
import { placed } from "../manifest/blame.ts";
import { type LoadedManifest, resolveManifest, type WrittenManifest } from "../manifest/load.ts";
import { applyCombination, type Combination } from "../manifest/matrix.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import type { TraceEvent } from "../replay/engine.ts";
import { vmmRequests, vmmWarnings } from "../replay/hosts.ts";
import { type Launch, type LaunchTools, launchInSlices, launchTrace } from "../replay/launch.ts";
import { vmmLaunch } from "../replay/vmm.ts";
import type { PlacedTree } from "../report/tree.ts";
import { rmmSpec } from "../rmm/spec/index.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import type { ProgressListener } from "./command.ts";
import { newDigests, type OpenManifest, openManifest, type ProviderName } from "./open-manifest.ts";
import { PageCounter } from "./page-hashing.ts";

/** How a manifest is used. */
export interface SessionOptions {
  readonly provider?: ProviderName | undefined;
  /** How many threads hash; as many as the contents are worth if absent. */
  readonly threads?: number | undefined;
  readonly purpose?: Ability;
  /** What to put in place of the manifest's own values. */
  readonly combination?: Combination | undefined;
  /** What to launch in place of what the text says. */
  readonly written?: WrittenManifest | undefined;
}

function contentsOfSteps({ launch: steps }: LaunchPlan): readonly MemoryContent[] {
  return steps.flatMap((step) => (step.step === "data" && step.measure ? [step.content] : []));
}

function contentsOfRequests(requests: readonly VmmRequest[]): readonly MemoryContent[] {
  return requests.flatMap((request) =>
    request.request === "populate" && request.measure ? [request.content] : [],
  );
}

function load(
  { text, files }: OpenManifest,
  { purpose = "measure", combination, written: other = text.written }: SessionOptions,
): Promise<LoadedManifest> {
  const written =
    combination === undefined ? other : applyCombination(other, combination, text.blame);
  return resolveManifest({ ...text, written }, files, { purpose });
}

/** A manifest and everything that a launch of it needs. Close it. */
export class ManifestSession {
  readonly plan: LaunchPlan;
  /** As it is launched. */
  readonly written: WrittenManifest;
  readonly #manifest: OpenManifest;
  /** Line and column of the value at a JSON pointer of the manifest. */
  readonly locate: LoadedManifest["locate"];
  readonly #digests: LaunchTools["digests"];
  #counter: PageCounter | undefined;

  private constructor(
    loaded: LoadedManifest,
    manifest: OpenManifest,
    digests: LaunchTools["digests"],
  ) {
    this.plan = loaded.plan;
    this.written = loaded.manifest;
    this.locate = loaded.locate;
    this.#manifest = manifest;
    this.#digests = digests;
  }

  /**
   * Reads and resolves a manifest that is launched once: its page digests are not kept.
   *
   * @throws CcaRimError MANIFEST_*, FILE_*, HOST_*
   */
  static async open(path: string, options: SessionOptions = {}): Promise<ManifestSession> {
    const { provider, threads } = options;
    const manifest = await openManifest(path, await newDigests(provider, threads));
    const { hashes, hashing } = manifest;
    try {
      const loaded = await load(manifest, options);
      return new ManifestSession(loaded, manifest, (content) =>
        contentDigests(content, hashes, hashing.runs),
      );
    } catch (error) {
      manifest.files.close();
      throw error;
    }
  }

  /**
   * One of the launches of a manifest that is open: they share page digests. Closing it closes the
   * files of all of them.
   *
   * @throws CcaRimError MANIFEST_*, FILE_*, HOST_*
   */
  static async of(manifest: OpenManifest, options: SessionOptions = {}): Promise<ManifestSession> {
    const { store } = manifest;
    const loaded = await load(manifest, options);
    return new ManifestSession(loaded, manifest, (content) => store.digestsOf(content));
  }

  /** What it hashes with. */
  get hashes(): HashProvider {
    return this.#manifest.hashes;
  }

  /** The RMM version that the plan names. @throws CcaRimError HOST_UNKNOWN_MODEL */
  get spec(): RmmSpec {
    const { rmm } = this.plan;
    const spec = rmmSpec(rmm);
    if (spec !== undefined) return spec;
    throw new CcaRimError("HOST_UNKNOWN_MODEL", `RMM version ${rmm} is not modelled`, {
      where: this.locate("/rmm"),
    });
  }

  get #tools(): LaunchTools {
    const digests = (content: MemoryContent): PageDigests => {
      const own = this.#digests(content);
      return this.#counter === undefined ? own : this.#counter.count(own);
    };
    return { hashes: this.#manifest.hashes, digests };
  }

  /** Makes ready to hash the launch's page contents. */
  async startHashing(onProgress: ProgressListener): Promise<void> {
    const { host } = this.plan;
    const contents =
      host.vmm === "none" && host.hypervisor === "direct"
        ? contentsOfSteps(this.plan)
        : contentsOfRequests(this.requests());
    this.#counter = new PageCounter(contents, onProgress);
    await this.#manifest.hashing.start(contents);
  }

  /**
   * What the VMM asks of KVM.
   *
   * @throws CcaRimError HOST_*, FILE_* with line and column
   */
  requests(): readonly VmmRequest[] {
    try {
      return [...vmmRequests(this.plan)];
    } catch (error) {
      throw placed(error, this.locate);
    }
  }

  /** What a user should know about the model of the VMM. @throws CcaRimError as requests() does */
  warnings(): readonly string[] {
    try {
      return vmmWarnings(this.plan);
    } catch (error) {
      throw placed(error, this.locate);
    }
  }

  /** The device tree that the VMM makes. @throws CcaRimError as {@link requests} does */
  tree(): PlacedTree {
    try {
      const { dtb, dtbAddress, assumed, warnings = [] } = vmmLaunch(this.plan);
      return { bytes: dtb, address: dtbAddress, assumed, warnings };
    } catch (error) {
      throw placed(error, this.locate);
    }
  }

  /**
   * Measures the launch, and lets the event loop turn meanwhile.
   *
   * @throws CcaRimError with line and column of the step to blame
   */
  async measure(): Promise<Launch> {
    try {
      const run = launchInSlices(this.plan, this.#tools);
      let next = run.next();
      while (next.done !== true) {
        await setImmediate();
        next = run.next();
      }
      return next.value;
    } catch (error) {
      throw placed(error, this.locate);
    }
  }

  /**
   * Measures the launch as {@link measure} does, only faster if it resembles others that the
   * evaluator has measured.
   *
   * @throws CcaRimError as {@link measure} does
   */
  async measureWith(evaluator: LaunchEvaluator): Promise<MeasuredValues> {
    try {
      await setImmediate();
      const launch = evaluator.recorder.record(this.plan);
      await this.#manifest.hashing.start(launch.slots.map(({ content }) => content));
      return evaluator.valuesOf(launch);
    } catch {
      // The models tell, call by call, what is wrong and where.
      return this.measure();
    }
  }

  /** Measures the launch, call by call. @throws CcaRimError as {@link measure} does */
  *trace(): Generator<TraceEvent, Launch, undefined> {
    try {
      return yield* launchTrace(this.plan, this.#tools);
    } catch (error) {
      throw placed(error, this.locate);
    }
  }

  /** Makes sure that no file changed while it was used. @throws CcaRimError FILE_CHANGED */
  verifyUnchanged(): void {
    this.#manifest.files.verifyUnchanged();
  }

  close(): void {
    this.#manifest.files.close();
  }
}
