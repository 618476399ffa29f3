/**
 * The lookup in a strings block that libfdt shares between its writers.
 *
 * @module
 */

/**
 * The lowest offset at which `name` and a NUL stand in a strings block. Any offset counts, so a
 * name that ends another one is found inside it (`method` in `enable-method`).
 *
 * @param bytes what holds the block, from `start` (inclusive) to `end` (exclusive).
 * @param name a name with its NUL.
 * @returns the offset from `start`, or -1.
 */
export function findString(
  bytes: Uint8Array,
  start: number,
  end: number,
  name: Uint8Array,
): number {
  for (let at = start; at + name.length <= end; at++) {
    let same = 0;
    while (same < name.length && bytes[at + same] === name[same]) same++;
    if (same === name.length) return at - start;
  }
  return -1;
}
