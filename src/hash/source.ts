/**
 * Where the bytes of guest memory come from, without holding them: a source is read piece by
 * piece, a content lays pieces of sources out over whole granules, zero elsewhere.
 *
 * @module
 */

/** Bytes that can be read anywhere: a file, an array, a device tree just generated. */
export interface ByteSource {
  /** Two sources with the same identity have the same bytes (a memo key, never shown). */
  readonly identity: string;
  /** Length in bytes. */
  readonly size: number;
  /**
   * Fills `target` with the bytes from `offset` on.
   *
   * @throws RangeError if `offset + target.length` exceeds `size`.
   */
  read(offset: number, target: Uint8Array): void;
  /** An open file descriptor with the same bytes at the same offsets, if there is one. */
  readonly fd?: number;
}

/** One piece of a source, placed at `at` bytes from the start of a content. */
export interface Segment {
  readonly at: number;
  readonly source: ByteSource;
  /** First byte of the source that is used. */
  readonly from: number;
  /** How many bytes of it. */
  readonly length: number;
}

/** The bytes of a run of granules: ascending, non-overlapping segments, zero between them. */
export interface MemoryContent {
  /** Length in bytes, a multiple of the granule size. */
  readonly size: number;
  readonly segments: readonly Segment[];
}

let anonymous = 0;

/** A source over an array. The array must not change afterwards. */
export function bytesSource(bytes: Uint8Array, identity?: string): ByteSource {
  anonymous += 1;
  return {
    identity: identity ?? `bytes:${anonymous}`,
    size: bytes.length,
    read(offset, target) {
      if (offset < 0 || offset + target.length > bytes.length) {
        throw new RangeError(
          `"offset" expected a range within ${bytes.length} bytes, got ${offset}`,
        );
      }
      target.set(bytes.subarray(offset, offset + target.length));
    },
  };
}
