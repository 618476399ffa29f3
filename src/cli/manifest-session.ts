/**
 * A manifest in use: its files open, its plan resolved, its errors pointing to lines.
 *
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { CcaRimError } from "../errors.ts";
import { hashAhead } from "../hash/hash-ahead.ts";
import type { HashAlgo, HashProvider } from "../hash/hasher.ts";
import { PageDigestStore } from "../hash/page-digests.ts";
import type { MemoryContent } from "../hash/source.ts";
import type { Ability } from "../host/models.ts";
import type { VmmRequest } from "../host/requests.ts";
import { type LoadedManifest, loadManifest } from "../manifest/load.ts";
import { NodeFiles } from "../manifest/node-files.ts";
import type { LaunchPlan } from "../manifest/plan.ts";
import type { TraceEvent } from "../replay/engine.ts";
import { vmmRequests } from "../replay/hosts.ts";
import { type Launch, type LaunchTools, launch, launchTrace } from "../replay/launch.ts";
import { vmmLaunch } from "../replay/vmm.ts";
import type { PlacedTree } from "../report/tree.ts";
import { rmmSpec } from "../rmm/spec/index.ts";
import type { RmmSpec } from "../rmm/spec.ts";
import type { ProgressListener } from "./command.ts";

/** Larger files are no manifests. */
const LARGEST = 16 * 1024 * 1024;
/** What is hashed with where nobody says it; a wrong guess costs time only. */
const USUAL_ALGO: HashAlgo = "sha-256";
const ALGOS: readonly HashAlgo[] = ["sha-256", "sha-384", "sha-512"];

/** Names of hash providers, as `--hash` takes them. */
type ProviderName = "noble" | "node";

/** How a manifest is used. */
export interface SessionOptions {
  readonly provider?: ProviderName | undefined;
  readonly purpose?: Ability;
}

async function providerOf(name: ProviderName): Promise<HashProvider> {
  return name === "noble"
    ? (await import("../hash/noble.ts")).nobleHashes
    : (await import("../hash/node.ts")).nodeHashes;
}

function readManifest(path: string): string {
  const where = { file: path };
  let bytes: Uint8Array;
  try {
    const { size } = statSync(path);
    if (size > LARGEST) {
      throw new CcaRimError("MANIFEST_SYNTAX", `${size} bytes are too many for a manifest`, {
        where,
      });
    }
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof CcaRimError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw code === "ENOENT" || code === "ENOTDIR"
      ? new CcaRimError("FILE_NOT_FOUND", "no such file", { where, cause: error })
      : new CcaRimError("FILE_UNREADABLE", `cannot be read (${code})`, { where, cause: error });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new CcaRimError("MANIFEST_SYNTAX", "the file is not UTF-8 text", { where, cause: error });
  }
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
  readonly #locate: LoadedManifest["locate"];
  readonly #hashes: HashProvider;
  readonly #store: PageDigestStore;
  #planned: Hashing | undefined;

  private constructor(loaded: LoadedManifest, files: NodeFiles, hashes: HashProvider) {
    this.plan = loaded.plan;
    this.#locate = loaded.locate;
    this.#files = files;
    this.#hashes = hashes;
    this.#store = new PageDigestStore(hashes);
  }

  /**
   * Reads and resolves a manifest.
   *
   * @throws CcaRimError MANIFEST_*, FILE_*, HOST_*
   */
  static async open(path: string, options: SessionOptions = {}): Promise<ManifestSession> {
    const { provider = "node", purpose = "measure" } = options;
    const files = new NodeFiles(dirname(path));
    try {
      const loaded = await loadManifest(readManifest(path), path, files, { purpose });
      return new ManifestSession(loaded, files, await providerOf(provider));
    } catch (error) {
      files.close();
      throw error;
    }
  }

  /** The RMM version that the plan names. @throws CcaRimError HOST_UNKNOWN_MODEL */
  get spec(): RmmSpec {
    const { rmm } = this.plan;
    const spec = rmmSpec(rmm);
    if (spec !== undefined) return spec;
    throw new CcaRimError("HOST_UNKNOWN_MODEL", `RMM version ${rmm} is not modelled`, {
      where: this.#locate("/rmm"),
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
      hashes: this.#hashes,
      digests: (content) => this.#store.digestsOf(content, algo),
    };
  }

  /** Hashes the launch's page contents, and lets the event loop turn meanwhile. */
  async hashAhead(onProgress: ProgressListener): Promise<void> {
    const { contents, algo } = this.#hashing;
    for (const { done, total } of hashAhead(this.#store, contents, algo, this.#hashes)) {
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
    const details = { where: { ...this.#locate(where.pointer ?? ""), ...where }, cause };
    return new CcaRimError(code, message, hint === undefined ? details : { ...details, hint });
  }
}
