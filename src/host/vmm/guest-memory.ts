/**
 * Guest RAM as a VMM fills it before the guest runs: files loaded at addresses, zeros elsewhere.
 *
 * @module
 */
import type { ByteSource, MemoryContent, Segment } from "../../hash/source.ts";

interface Piece {
  readonly start: bigint;
  readonly end: bigint;
  readonly source: ByteSource;
  /** Offset in `source` of the byte at `start`. */
  readonly from: number;
}

/** Memory that starts as zeros and remembers what was loaded where. */
export class GuestMemory {
  /** Ascending, not overlapping. */
  #pieces: readonly Piece[] = [];

  /** Puts all bytes of a source at a guest address, over whatever was there. */
  load(start: bigint, source: ByteSource): void {
    const end = start + BigInt(source.size);
    if (end === start) return;
    const kept = this.#pieces.flatMap((piece) => [
      ...cut(piece, piece.start, start),
      ...cut(piece, end, piece.end),
    ]);
    kept.push({ start, end, source, from: 0 });
    this.#pieces = kept.sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  /** What the `size` bytes from `base` on hold now; later loads do not change it. */
  content(base: bigint, size: bigint): MemoryContent {
    const segments: Segment[] = this.#pieces
      .flatMap((piece) => cut(piece, base, base + size))
      .map(({ start, end, source, from }) => ({
        at: Number(start - base),
        source,
        from,
        length: Number(end - start),
      }));
    return { size: Number(size), segments };
  }
}

/** The part of a piece from `low` up to `high`, if there is any. */
function cut(piece: Piece, low: bigint, high: bigint): readonly Piece[] {
  const start = low > piece.start ? low : piece.start;
  const end = high < piece.end ? high : piece.end;
  if (start >= end) return [];
  const from = piece.from + Number(start - piece.start);
  return [{ start, end, source: piece.source, from }];
}
