/**
 * Files on a disk, for Node: the one place of this program that opens the files of a manifest.
 *
 * A file is read in pieces through its descriptor and never held whole, except when it is
 * decompressed. Files stay open until {@link NodeFiles.close}.
 *
 * @module
 */
import { createHash } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
} from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Gunzip, gunzipSync } from "node:zlib";
import { toHex } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import { type ByteSource, bytesSource } from "../hash/source.ts";
import type { FileAccess } from "./files.ts";

const PIECE_SIZE = 256 * 1024;
/** From `src/manifest/` or `dist/manifest/` to the package. */
const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));

interface OpenFile {
  readonly path: string;
  readonly fd: number;
  readonly stat: BigIntStats;
  readonly source: ByteSource;
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function openError(path: string, error: unknown): CcaRimError {
  const code = errorCode(error);
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new CcaRimError("FILE_NOT_FOUND", `there is no file "${path}"`, { cause: error });
  }
  const reason = code === "EACCES" ? "permission denied" : code || String(error);
  return new CcaRimError("FILE_UNREADABLE", `cannot read "${path}": ${reason}`, { cause: error });
}

function changed(path: string): CcaRimError {
  return new CcaRimError("FILE_CHANGED", `"${path}" changed while it was read`, {
    hint: "nothing may write the file during the measurement; run again",
  });
}

/** Fills `target` from a descriptor. */
function readFully(fd: number, offset: number, target: Uint8Array, path: string): void {
  let done = 0;
  while (done < target.length) {
    const count = readSync(fd, target, done, target.length - done, offset + done);
    if (count === 0) throw changed(path);
    done += count;
  }
}

/** @param isOpen a closed descriptor may already belong to another file. */
function sourceOver(
  path: string,
  fd: number,
  stat: BigIntStats,
  isOpen: () => boolean,
): ByteSource {
  const size = Number(stat.size);
  return {
    identity: `file:${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`,
    size,
    fd,
    read(offset, target) {
      if (offset < 0 || offset + target.length > size) {
        throw new RangeError(`"offset" expected a range within ${size} bytes, got ${offset}`);
      }
      if (!isOpen()) throw new TypeError(`"${path}" was closed before this read`);
      readFully(fd, offset, target, path);
    },
  };
}

function tooBig(limit: number): CcaRimError {
  return new CcaRimError("FILE_FORMAT", `the file holds more than ${limit} bytes decompressed`, {
    hint: "decompress it beforehand: plain files are streamed, whatever their size",
  });
}

function gunzip(source: ByteSource, limit: number): ByteSource {
  if (source.size > limit) throw tooBig(limit);
  const packed = new Uint8Array(source.size);
  source.read(0, packed);
  try {
    // With `info`, Node also tells how many bytes the decompressor took; the types lack it.
    const { buffer, engine } = gunzipSync(packed, {
      maxOutputLength: limit,
      info: true,
    }) as unknown as { buffer: Uint8Array; engine: Gunzip };
    if (engine.bytesWritten !== packed.length) {
      throw new CcaRimError("FILE_FORMAT", "there are bytes after the gzip data");
    }
    const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    return bytesSource(bytes, `gunzip:${source.identity}`);
  } catch (error) {
    if (error instanceof CcaRimError) throw error;
    if (errorCode(error) === "ERR_BUFFER_TOO_LARGE") throw tooBig(limit);
    const reason = error instanceof Error ? error.message : String(error);
    throw new CcaRimError("FILE_FORMAT", `the file is no intact gzip file: ${reason}`, {
      cause: error,
    });
  }
}

function sha256(source: ByteSource): string {
  const hash = createHash("sha256");
  const piece = new Uint8Array(Math.min(PIECE_SIZE, source.size));
  for (let at = 0; at < source.size; at += PIECE_SIZE) {
    const part = piece.subarray(0, Math.min(PIECE_SIZE, source.size - at));
    source.read(at, part);
    hash.update(part);
  }
  return toHex(hash.digest());
}

/** Files below a folder. */
export class NodeFiles implements FileAccess {
  readonly #folder: string;
  readonly #open = new Map<string, OpenFile>();
  readonly #digests: Map<string, string>;
  /** Many launches of one manifest ask again and again. */
  readonly #unpacked = new WeakMap<ByteSource, ByteSource>();

  /**
   * @param folder where relative paths start: the folder of the manifest.
   * @param digests SHA-256 of files by identity, shared by those who read the same files.
   */
  constructor(folder: string, digests: Map<string, string> = new Map()) {
    this.#folder = folder;
    this.#digests = digests;
  }

  open(path: string): ByteSource {
    const full = resolve(this.#folder, path);
    const known = this.#open.get(full);
    if (known !== undefined) return known.source;
    const fd = openForReading(full, path);
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isFile()) {
      closeSync(fd);
      const what = stat.isDirectory() ? "is a directory" : "is no regular file";
      throw new CcaRimError("FILE_UNREADABLE", `"${path}" ${what}`);
    }
    const source = sourceOver(path, fd, stat, () => this.#open.get(full)?.fd === fd);
    this.#open.set(full, { path, fd, stat, source });
    return source;
  }

  shownPath(path: string): string {
    return isAbsolute(path) ? path : join(this.#folder, path);
  }

  sha256(source: ByteSource): string {
    const { identity, fd } = source;
    // Only files have an identity that says more than a name.
    if (fd === undefined) return sha256(source);
    const digest = this.#digests.get(identity) ?? sha256(source);
    this.#digests.set(identity, digest);
    return digest;
  }

  gunzip(source: ByteSource, limit: number): ByteSource {
    const known = this.#unpacked.get(source);
    if (known !== undefined && known.size <= limit) return known;
    const unpacked = gunzip(source, limit);
    this.#unpacked.set(source, unpacked);
    return unpacked;
  }

  packageText(path: string): string | undefined {
    try {
      return readFileSync(resolve(PACKAGE, path), "utf8");
    } catch {
      return undefined;
    }
  }

  packageNames(folder: string): readonly string[] {
    return readdirSync(resolve(PACKAGE, folder)).sort();
  }

  /**
   * Makes sure that no file changed since it was opened: call it after the last read.
   *
   * @throws CcaRimError FILE_CHANGED
   */
  verifyUnchanged(): void {
    for (const { path, fd, stat } of this.#open.values()) {
      const now = fstatSync(fd, { bigint: true });
      if (now.size !== stat.size || now.mtimeNs !== stat.mtimeNs) throw changed(path);
    }
  }

  /** Closes all files; their sources cannot be read any more (`sha256` of an input reads). */
  close(): void {
    for (const { fd } of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }
}

/** Opens without blocking, so that a named pipe is an error instead of a wait. */
function openForReading(full: string, path: string): number {
  try {
    return openSync(full, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw openError(path, error);
  }
}
