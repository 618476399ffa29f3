/**
 * Where the compressed data of a gzip member begins, as QEMU's loader finds it (hw/core/loader.c
 * gunzip). What follows from its way of unpacking: only the first member counts, the checksum and
 * length behind it are not looked at, and what comes after is ignored.
 *
 * @see RFC 1952 section 2.3
 * @module
 */
import type { ByteSource } from "../../hash/source.ts";

const FIXED_SIZE = 10;
const DEFLATE = 8;
/** FLG bits. @see RFC 1952 section 2.3.1 */
const FHCRC = 2;
const FEXTRA = 4;
const FNAME = 8;
const FCOMMENT = 16;
const RESERVED = 0xe0;
const CHUNK = 4096;

/**
 * The offset of the raw deflate stream.
 *
 * @param source starts with a gzip member (QEMU has looked at 1f 8b already); anything is survived.
 * @returns undefined where QEMU calls the data bad; a kernel is then taken as it is.
 */
export function gzipPayloadOffset(source: ByteSource): number | undefined {
  const head = new Uint8Array(Math.min(12, source.size));
  source.read(0, head);
  const [, , method, flags] = head;
  if (flags === undefined || method !== DEFLATE || (flags & RESERVED) !== 0) return undefined;
  let at = FIXED_SIZE;
  if ((flags & FEXTRA) !== 0) {
    if (head.length < 12) return undefined;
    at = 12 + (head[10] ?? 0) + 256 * (head[11] ?? 0);
  }
  if ((flags & FNAME) !== 0) at = behindNul(source, at);
  if ((flags & FCOMMENT) !== 0) at = behindNul(source, at);
  if ((flags & FHCRC) !== 0) at += 2;
  return at < source.size ? at : undefined;
}

/** The offset behind the next NUL, or the source's size if there is none. */
function behindNul(source: ByteSource, start: number): number {
  const chunk = new Uint8Array(CHUNK);
  for (let at = start; at < source.size; at += CHUNK) {
    const part = chunk.subarray(0, Math.min(CHUNK, source.size - at));
    source.read(at, part);
    const nul = part.indexOf(0);
    if (nul >= 0) return at + nul + 1;
  }
  return Math.max(start, source.size);
}
