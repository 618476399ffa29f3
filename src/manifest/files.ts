/**
 * The files of a manifest: names to bytes, through an access that the caller gives.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import { describeImage, readHead } from "../formats/image/describe.ts";
import { standInSource } from "../hash/content.ts";
import type { ByteSource } from "../hash/source.ts";
import { nearest } from "../nearest.ts";
import type { Blame } from "./blame.ts";
import { readablePath } from "./explain.ts";
import type { FileEntry } from "./manifest.ts";
import type { FileLookup, InputFile, ResolvedFile } from "./plan.ts";
import { pointerStep } from "./source-map.ts";
import { readU64 } from "./values.ts";

/** Decompressed files may have this many bytes at most: they are held in memory. */
export const MAX_DECOMPRESSED: number = 2 ** 30;

/**
 * How a manifest reaches files. Paths are as manifests write them, relative to the manifest; what
 * they mean is up to the implementation (a disk, a map of arrays).
 */
export interface FileAccess {
  /** @throws CcaRimError FILE_NOT_FOUND, FILE_UNREADABLE */
  open(path: string): ByteSource;
  /** How errors name a file to the user; absent: as the manifest does. */
  shownPath?(path: string): string;
  /** SHA-256 of a whole source, 64 lower-case hex digits. */
  sha256(source: ByteSource): string;
  /**
   * Decompresses a gzip file of one or more members.
   *
   * @throws CcaRimError FILE_FORMAT if it is none, is damaged, has bytes after its last member, or
   *   holds more than `limit` bytes
   */
  gunzip(source: ByteSource, limit: number): ByteSource;
  /** A text file of this package (`schemas/...`, `platforms/...`), undefined if there is none. */
  packageText(path: string): string | undefined;
  /** Names of the files in a folder of this package. */
  packageNames(folder: string): readonly string[];
}

/** Header of a stand-in: more is never looked at. */
const STAND_IN_HEAD = 4096;

interface Opened {
  readonly file: ResolvedFile;
  readonly input: InputFile;
}

/** Finds, opens and checks the files that a launch uses, and remembers which they were. */
export class FileTable implements FileLookup {
  readonly #entries: Readonly<Record<string, FileEntry>>;
  readonly #access: FileAccess;
  readonly #blame: Blame;
  readonly #standIns: boolean;
  readonly #opened = new Map<string, ResolvedFile>();
  readonly #inputs: InputFile[] = [];

  /** @param standIns whether entries without content will do, since nothing hashes it. */
  constructor(
    entries: Readonly<Record<string, FileEntry>>,
    access: FileAccess,
    blame: Blame,
    standIns: boolean,
  ) {
    this.#entries = entries;
    this.#access = access;
    this.#blame = blame;
    this.#standIns = standIns;
  }

  /** Files in use, in order of first use. */
  get inputs(): readonly InputFile[] {
    return this.#inputs;
  }

  isListed(name: string): boolean {
    return Object.hasOwn(this.#entries, name);
  }

  isDirectory(name: string): boolean {
    return this.isListed(name) && this.#entries[name]?.directory === true;
  }

  resolve(name: string, pointer?: string): ResolvedFile {
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const { file, input } = this.#open(name, pointer);
    this.#opened.set(name, file);
    this.#inputs.push(input);
    return file;
  }

  #open(name: string, pointer = ""): Opened {
    const at = `/files${pointerStep(name)}`;
    const entry = this.isListed(name) ? this.#entries[name] : undefined;
    if (entry === undefined) return this.#openUnlisted(name, pointer);
    if (entry.size !== undefined) return this.#standIn(name, entry, at);
    if (entry.path !== undefined) return this.#openListed(name, entry, entry.path, at);
    throw this.#blame("FILE_UNREADABLE", pointer, `"${name}" is a directory, a file is needed`, {
      hint: `give ${readablePath(at)} a path`,
    });
  }

  #openUnlisted(name: string, pointer: string): Opened {
    const near = nearest(name, Object.keys(this.#entries));
    const hint =
      near === undefined
        ? `list it under files: {${JSON.stringify(name)}: {path: ...}}`
        : `did you mean "${near}", which is listed under files?`;
    const source = this.#attempt(() => this.#access.open(name), pointer, hint);
    return this.#loaded(name, name, source, source);
  }

  #openListed(name: string, entry: FileEntry, path: string, at: string): Opened {
    const stored = this.#openPath(path, entry.sha256, at);
    if (entry.decompress === undefined) return this.#loaded(name, path, stored, stored);
    const bytes = this.#attempt(
      () => this.#access.gunzip(stored, MAX_DECOMPRESSED),
      `${at}/decompress`,
      'remove "decompress" to load the file as it is',
    );
    return this.#loaded(name, path, stored, bytes);
  }

  /** Opens a path that an entry at `at` gives, and checks its digest if there is one. */
  #openPath(path: string, sha256: string | undefined, at: string): ByteSource {
    const hint = "paths are relative to the folder of the manifest";
    const source = this.#attempt(() => this.#access.open(path), `${at}/path`, hint);
    if (sha256 === undefined) return source;
    const actual = this.#access.sha256(source);
    if (actual !== sha256.toLowerCase()) {
      throw this.#blame("FILE_DIGEST", `${at}/sha256`, `"${path}" has another SHA-256: ${actual}`, {
        hint: "the file is not the one the manifest was written for; update sha256 if it should be",
      });
    }
    return source;
  }

  #standIn(name: string, entry: FileEntry, at: string): Opened {
    if (!this.#standIns) {
      throw this.#blame("FILE_UNREADABLE", at, `"${name}" is a stand-in, which has no content`, {
        hint: "give a path: a stand-in is good for `dtb` and `trace --layer host` only",
        part: "key",
      });
    }
    const size = this.#standInSize(entry.size ?? 0, `${at}/size`);
    const { header } = entry;
    const stored =
      header === undefined ? undefined : this.#openPath(header.path, header.sha256, `${at}/header`);
    const head = stored === undefined ? new Uint8Array(0) : readHead(stored, STAND_IN_HEAD);
    const source = standInSource(head.subarray(0, size), size, `stand-in:${name}:${size}`);
    return {
      file: { name, source, standIn: true },
      input: inputFile({ name, path: header?.path ?? name, sha256: () => "", size }, source, true),
    };
  }

  #standInSize(size: number | string, at: string): number {
    const value = typeof size === "number" ? BigInt(size) : readU64(size, at, this.#blame);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw this.#blame("MANIFEST_VALUE", at, `no file has ${value} bytes`);
  }

  #loaded(name: string, path: string, stored: ByteSource, source: ByteSource): Opened {
    const sha256 = (): string => this.#access.sha256(stored);
    return {
      file: { name, source, standIn: false },
      input: inputFile({ name, path, sha256, size: stored.size }, source, false, stored !== source),
    };
  }

  /** Runs an access and puts the place into its error, which knows none. */
  #attempt<T>(access: () => T, pointer: string, hint: string): T {
    try {
      return access();
    } catch (error) {
      if (!(error instanceof CcaRimError) || error.where !== undefined) throw error;
      throw this.#blame(error.code, pointer, error.message, {
        hint: error.hint ?? hint,
        cause: error.cause,
      });
    }
  }
}

function inputFile(
  facts: {
    readonly name: string;
    readonly path: string;
    readonly sha256: () => string;
    readonly size: number;
  },
  source: ByteSource,
  standIn: boolean,
  decompressed = false,
): InputFile {
  const content = describeImage(source);
  const format = decompressed
    ? { kind: "gzip", decompressedSize: source.size, ...(content ? { content } : {}) }
    : content;
  let digest: string | undefined;
  return {
    name: facts.name,
    path: facts.path,
    get sha256(): string {
      digest ??= facts.sha256();
      return digest;
    },
    size: facts.size,
    ...(format === undefined ? {} : { format }),
    ...(standIn ? { standIn: true } : {}),
  };
}
