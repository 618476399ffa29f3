/**
 * Texts that are not UTF-8, which some documents have and their readers tolerate.
 *
 * @module
 */

/** Additional information of an initial byte. */
const INFO = 0x1f;
/** Major type 2 in an initial byte. */
const BYTE_STRING = 0x40;

/**
 * An input as the library is shown it, which cannot go past a text that is not UTF-8: byte strings
 * in place of such texts.
 *
 * @param badTexts Offsets of their initial bytes.
 */
export function disguised(bytes: Uint8Array, badTexts: ReadonlySet<number>): Uint8Array {
  if (badTexts.size === 0) return bytes;
  // Not slice(): that of a Buffer shares the bytes, and the caller's input would change.
  const copy = new Uint8Array(bytes);
  for (const at of badTexts) copy[at] = ((copy[at] ?? 0) & INFO) | BYTE_STRING;
  return copy;
}
