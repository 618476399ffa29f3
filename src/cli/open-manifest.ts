/**
 * A manifest as it lies on the disk: read and checked, its files within reach. Launches of it
 * share files and page digests.
 *
 * @module
 */
import { dirname } from "node:path";
import { CcaRimError } from "../errors.ts";
import type { HashProvider } from "../hash/hasher.ts";
import { PageDigestStore } from "../hash/page-digests.ts";
import { readManifestText, type WrittenText } from "../manifest/load.ts";
import { expandMatrix, type Matrix } from "../manifest/matrix.ts";
import { NodeFiles } from "../manifest/node-files.ts";
import { PageHashing } from "./page-hashing.ts";
import { readBytes, textOf } from "./read-file.ts";

/** Larger files are no manifests. */
const LARGEST = 16 * 1024 * 1024;

/** Names of hash providers, as `--hash` takes them. */
export type ProviderName = "noble" | "node";

/** Digests that one run of the program has, whatever manifest asked for them. */
export interface SharedDigests {
  readonly hashes: HashProvider;
  readonly hashing: PageHashing;
  /** Keeps digests for the launches that follow. */
  readonly store: PageDigestStore;
  /** SHA-256 of files by their identity. */
  readonly fileDigests: Map<string, string>;
}

/** What the launches of a manifest share. Close its files. */
export interface OpenManifest extends SharedDigests {
  readonly text: WrittenText;
  readonly files: NodeFiles;
}

async function providerOf(name: ProviderName): Promise<HashProvider> {
  return name === "noble"
    ? (await import("../hash/noble.ts")).nobleHashes
    : (await import("../hash/node.ts")).nodeHashes;
}

function readManifest(path: string): string {
  const text = textOf(readBytes(path, LARGEST));
  if (text !== undefined) return text;
  throw new CcaRimError("MANIFEST_SYNTAX", "the file is not UTF-8 text", {
    where: { file: path },
    hint: "a launch manifest is YAML or JSON; cca-rim inspect and lint tell what other files are",
  });
}

/**
 * A place for page digests.
 *
 * @param threads how many threads hash; as many as the contents are worth if absent.
 */
export async function newDigests(
  provider: ProviderName = "node",
  threads?: number,
): Promise<SharedDigests> {
  const hashes = await providerOf(provider);
  const hashing = new PageHashing(hashes, threads);
  const store = new PageDigestStore(hashes, hashing.runs);
  return { hashes, hashing, store, fileDigests: new Map() };
}

/**
 * Reads a manifest.
 *
 * @param shared where page digests are kept.
 * @throws CcaRimError MANIFEST_*, FILE_*
 */
export async function openManifest(path: string, digests: SharedDigests): Promise<OpenManifest> {
  const files = new NodeFiles(dirname(path), digests.fileDigests);
  try {
    const text = await readManifestText(readManifest(path), path, files);
    return { ...digests, text, files };
  } catch (error) {
    files.close();
    throw error;
  }
}

/** The matrix of a manifest, spread out; undefined if it has none. @throws CcaRimError MANIFEST_VALUE */
export function matrixOf({ text: { written, blame } }: OpenManifest): Matrix | undefined {
  return written.matrix === undefined ? undefined : expandMatrix(written.matrix, blame);
}
