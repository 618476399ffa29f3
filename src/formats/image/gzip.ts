/**
 * The header of a gzip member, for telling what a file is. Nothing here decompresses.
 *
 * @see RFC 1952 section 2.3
 * @module
 */

/** The fixed part of a member header is this many bytes long. */
const FIXED_SIZE = 10;
const DEFLATE = 8;

/** FLG bits. @see RFC 1952 section 2.3.1 */
const FEXTRA = 4;
const FNAME = 8;
const RESERVED = 0xe0;

/** What a gzip header says. */
export interface GzipHeader {
  /** Modification time in seconds since 1970, 0 if unknown. */
  readonly mtime: number;
  /** Name of the original file (ISO 8859-1), if it is there and within the bytes given. */
  readonly name?: string;
}

/**
 * Decodes a gzip header.
 *
 * @param head the first bytes of a file; anything is survived.
 * @returns undefined if they are no gzip member with the deflate method.
 */
export function parseGzipHeader(head: Uint8Array): GzipHeader | undefined {
  if (head.length < FIXED_SIZE || head[0] !== 0x1f || head[1] !== 0x8b) return undefined;
  const flags = head[3] ?? 0;
  if (head[2] !== DEFLATE || (flags & RESERVED) !== 0) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const name = (flags & FNAME) === 0 ? undefined : readName(head, flags);
  return { mtime: view.getUint32(4, true), ...(name === undefined ? {} : { name }) };
}

function readName(head: Uint8Array, flags: number): string | undefined {
  let at = FIXED_SIZE;
  if ((flags & FEXTRA) !== 0) at += 2 + (head[at] ?? 0) + 256 * (head[at + 1] ?? 0);
  const end = head.indexOf(0, at);
  if (at >= head.length || end < 0) return undefined;
  return String.fromCharCode(...head.subarray(at, Math.min(end, at + 255)));
}
