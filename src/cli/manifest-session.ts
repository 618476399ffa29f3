/**
 * A manifest in use: its files open, its plan resolved, its errors pointing to lines.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { CcaRimError } from "../errors.ts";
import { hashAhead } from "../hash/hash-ahead.ts";
import type { HashAlgo, HashProvider } from "../hash/hasher.ts";
import type { PageDigestStore } from "../hash/page-digests.ts";
import type { MemoryContent } from "../hash/source.ts";
import type { Ability } from "../host/models.ts";
import type { VmmRequest } from "../host/requests.ts";
import { type LoadedManifest, resolveManifest } from "../manifest/load.ts";
import { applyCombination, type Combination } from "../manifest/matrix.ts";
import type { NodeFiles } from "../manifest/node-files.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import type { TraceEvent } from "../replay/engine.ts";
import { vmmRequests } from "../replay/hosts.ts";
import { type Launch, type LaunchTools, launch, launchTrace } from "../replay/launch.ts";
import { vmmLaunch } from "../replay/vmm.ts";
import type { PlacedTree } from "../report/tree.ts";
import { rmmSpec } from "../rmm/spec/index.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import type { ProgressListener } from "./command.ts";
import { newDigests, type OpenManifest, openManifest, type ProviderName } from "./open-manifest.ts";

/** What is hashed with where nobody says it; a wrong guess costs time only. */
const USUAL_ALGO: HashAlgo = "sha-256";
const ALGOS: readonly HashAlgo[] = ["sha-256", "sha-384", "sha-512"];

/** How a manifest is used. */
export interface SessionOptions {
  readonly provider?: ProviderName | undefined;
  readonly purpose?: Ability;
  /** What to put in place of the manifest's own values. */
  readonly combination?: Combination | undefined;
}

/** What a launch hashes, and with what. */
interface Hashing {
  readonly algo: HashAlgo;
  readonly contents: readonly MemoryContent[];
}

function hashingOfSteps({ launch: steps, realm }: LaunchPlan): Hashing {
  const contents = steps.flatMap((step) =>
    step.step === "data" && step.measure ? [step.content] : [],
  );
  return { algo: realm.hashAlgo ?? USUAL_ALGO, contents };
}

function hashingOfRequests(requests: Iterable<VmmRequest>, { realm }: LaunchPlan): Hashing {
  let algo = realm.hashAlgo;
  const contents: MemoryContent[] = [];
  for (const request of requests) {
    if (request.request === "populate" && request.measure) contents.push(request.content);
    if (request.request === "config" && request.name === "hash_algo") {
      algo ??= ALGOS.find((name) => name === request.value);
    }
  }
  return { algo: algo ?? USUAL_ALGO, contents };
}

/** A manifest and everything that a launch of it needs. Close it. */
export class ManifestSession {
  readonly plan: LaunchPlan;
  readonly #files: NodeFiles;
  /** Line and column of the value at a JSON pointer of the manifest. */
  readonly locate: LoadedManifest["locate"];
  readonly hashes: HashProvider;
  /** Page digests that are known so far. */
  readonly store: PageDigestStore;
  #planned: Hashing | undefined;

  private constructor(loaded: LoadedManifest, { files, hashes, store }: OpenManifest) {
    this.plan = loaded.plan;
    this.locate = loaded.locate;
    this.#files = files;
    this.hashes = hashes;
    this.store = store;
  }

  /**
   * Reads and resolves a manifest.
   *
   * @throws CcaRimError MANIFEST_*, FILE_*, HOST_*
   */
  static async open(path: string, options: SessionOptions = {}): Promise<ManifestSession> {
    const manifest = await openManifest(path, await newDigests(options.provider));
    try {
      return await ManifestSession.of(manifest, options);
    } catch (error) {
      manifest.files.close();
      throw error;
    }
  }

  /**
   * A launch of a manifest that is open. Closing it closes the files of all of them.
   *
   * @throws CcaRimError MANIFEST_*, FILE_*, HOST_*
   */
  static async of(manifest: OpenManifest, options: SessionOptions = {}): Promise<ManifestSession> {
    const { purpose = "measure", combination } = options;
    const { text, files } = manifest;
    const written =
      combination === undefined
        ? text.written
        : applyCombination(text.written, combination, text.blame);
    const loaded = await resolveManifest({ ...text, written }, files, { purpose });
    return new ManifestSession(loaded, manifest);
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

  get #hashing(): Hashing {
    const { host } = this.plan;
    this.#planned ??=
      host.vmm === "none" && host.hypervisor === "direct"
        ? hashingOfSteps(this.plan)
        : hashingOfRequests(this.requests(), this.plan);
    return this.#planned;
  }

  get #tools(): LaunchTools {
    const { algo } = this.#hashing;
    return {
      hashes: this.hashes,
      digests: (content) => this.store.digestsOf(content, algo),
    };
  }

  /** Hashes the launch's page contents, and lets the event loop turn meanwhile. */
  async hashAhead(onProgress: ProgressListener): Promise<void> {
    const { contents, algo } = this.#hashing;
    for (const { done, total } of hashAhead(this.store, contents, algo, this.hashes)) {
      onProgress(done, total);
      await setImmediate();
    }
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
      throw this.#blame(error);
    }
  }

  /** The device tree that the VMM makes. @throws CcaRimError as {@link requests} does */
  tree(): PlacedTree {
    try {
      const { dtb, dtbAddress, assumed } = vmmLaunch(this.plan);
      return { bytes: dtb, address: dtbAddress, assumed };
    } catch (error) {
      throw this.#blame(error);
    }
  }

  /** Measures the launch. @throws CcaRimError with line and column of the step to blame */
  measure(): Launch {
    try {
      return launch(this.plan, this.#tools);
    } catch (error) {
      throw this.#blame(error);
    }
  }

  /** Measures the launch, call by call. @throws CcaRimError as {@link measure} does */
  *trace(): Generator<TraceEvent, Launch, undefined> {
    try {
      return yield* launchTrace(this.plan, this.#tools);
    } catch (error) {
      throw this.#blame(error);
    }
  }

  /** Makes sure that no file changed while it was used. @throws CcaRimError FILE_CHANGED */
  verifyUnchanged(): void {
    this.#files.verifyUnchanged();
  }

  close(): void {
    this.#files.close();
  }

  /** Turns the JSON pointer of an error into a line and a column. */
  #blame(error: unknown): unknown {
    if (!(error instanceof CcaRimError) || error.where?.pointer === undefined) return error;
    if (error.where.line !== undefined) return error;
    const { code, message, hint, cause, where } = error;
    const details = { where: { ...this.locate(where.pointer ?? ""), ...where }, cause };
    return new CcaRimError(code, message, hint === undefined ? details : { ...details, hint });
  }
}
