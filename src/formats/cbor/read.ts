/**
 * Reading CBOR of unknown origin.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import { NOT_UTF8 } from "./explain.ts";
import type { CborNode } from "./node.ts";
import { type CborReading, TreeReader } from "./tree.ts";

export type { CborReading };

/** How many texts that are not UTF-8 are tolerated: each costs reading from the start again. */
const MAX_BAD_TEXTS = 16;
/** How many items may be read in all of these attempts before another one is made. */
const MAX_REREAD = 300_000;

/**
 * Reads one item that is all of the input.
 *
 * @throws CcaRimError CBOR_FORMAT, CBOR_LIMIT with the offset
 */
export function readCbor(bytes: Uint8Array, reading: CborReading): CborNode {
  const node = readCborItem(bytes, 0, reading);
  const { length } = node.encoded;
  if (length === bytes.length) return node;
  throw new CcaRimError(
    "CBOR_FORMAT",
    `${reading.what}: ${bytes.length - length} bytes behind the end`,
    { where: { offset: (reading.base ?? 0) + length } },
  );
}

/**
 * Reads the item at `start` of an input; what follows it may be anything.
 *
 * @throws CcaRimError CBOR_FORMAT, CBOR_LIMIT with the offset
 */
export function readCborItem(bytes: Uint8Array, start: number, reading: CborReading): CborNode {
  const badTexts = new Set<number>();
  let spent = 0;
  for (;;) {
    const reader = new TreeReader(bytes, start, reading, badTexts);
    if (start >= bytes.length) throw reader.fail("there is no data");
    try {
      return reader.read();
    } catch (error) {
      const at = reader.position;
      const isTolerable = error instanceof CcaRimError && error.message.endsWith(NOT_UTF8);
      spent += reader.count;
      const isCheap = badTexts.size < MAX_BAD_TEXTS && spent < MAX_REREAD;
      const canRetry = reading.strict === false && isCheap;
      if (!isTolerable || !canRetry || badTexts.has(at)) throw error;
      badTexts.add(at);
    }
  }
}
