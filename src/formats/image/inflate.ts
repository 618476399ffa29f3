/**
 * Decompression of a raw deflate stream, as zlib does it for QEMU's loader: `inflate` of everything
 * at once, with Z_FINISH, into a buffer of a fixed size.
 *
 * @see RFC 1951; QEMU hw/core/loader.c (gunzip)
 * @module
 */
import { Z_BUF_ERROR, Z_FINISH, Z_STREAM_END, ZStream, zlibInflate, zlibInflateInit2 } from "pako";

/** Neither header nor trailer, and the largest window there is: zlib's -MAX_WBITS. */
const RAW = -15;
const FIRST_CAPACITY = 1 << 16;

/**
 * Decompresses a raw deflate stream. What follows it is not looked at.
 *
 * @param input starts with the stream; anything is survived.
 * @param limit most bytes of output, and of memory but for a constant factor.
 * @returns undefined if the stream is damaged, cut off, or longer than `limit` unpacked.
 */
export function inflate(input: Uint8Array, limit: number): Uint8Array | undefined {
  const stream = new ZStream();
  zlibInflateInit2(stream, RAW);
  stream.input = input;
  stream.avail_in = input.length;
  // QEMU allocates all of the limit; here the buffer grows, and only what a stream fills is taken.
  for (let capacity = Math.min(limit, FIRST_CAPACITY); ; capacity = Math.min(limit, 2 * capacity)) {
    const output = new Uint8Array(capacity);
    if (stream.next_out > 0) output.set(stream.output);
    stream.output = output;
    stream.avail_out = capacity - stream.next_out;
    const status = zlibInflate(stream, Z_FINISH);
    if (status === Z_STREAM_END) return output.subarray(0, stream.next_out);
    const full = status === Z_BUF_ERROR && stream.avail_out === 0;
    if (!full || capacity === limit) return undefined;
  }
}
