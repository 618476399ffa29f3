/**
 * Files by the names that a VMM's arguments use: how host models reach bytes without touching a
 * file system.
 *
 * @module
 */
import type { ByteSource } from "../hash/source.ts";

/** The bytes behind a name of the VMM's arguments. */
export interface ResolvedFile {
  readonly name: string;
  /** The bytes that are loaded (after `decompress`). Of a stand-in: its header, then zeros. */
  readonly source: ByteSource;
  /** Whether only header and length are real: good for `dtb` and the host layer, not for hashing. */
  readonly standIn: boolean;
}

/** Finds files by the name that a VMM's arguments use, byte for byte. */
export interface FileLookup {
  /**
   * The file of that name: its entry in `files`, else the path itself, relative to the manifest.
   * The same name gives the same object; the file then counts as an input of the measurement.
   *
   * @param pointer JSON pointer of the place that names it (`/host/args/9`), for errors.
   * @throws CcaRimError FILE_NOT_FOUND, FILE_UNREADABLE (a directory, too), FILE_DIGEST, FILE_FORMAT
   */
  resolve(name: string, pointer?: string): ResolvedFile;
  /** Whether `files` marks the name as a directory. Opens nothing. */
  isDirectory(name: string): boolean;
  /** Whether `files` has an entry of that name. Opens nothing. */
  isListed(name: string): boolean;
}
