/**
 * What a complaint of cbor2 means, in our own words: its texts are no interface.
 *
 * @module
 */

/** The clause for a text that is not UTF-8. */
export const NOT_UTF8 = "text is not UTF-8";

/** One clause for an error that the library threw while it read a token. */
export function explain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError) return "the data ends in the middle of an item";
  if (/Unexpected end of stream|mix BigInt|Invalid typed array/.test(text)) {
    return "a string is longer than the data";
  }
  if (/encoded data was not valid/.test(text)) return NOT_UTF8;
  if (/Unmatched major type|New stream started/.test(text)) {
    return "a chunk of a string is of another type";
  }
  if (/Invalid simple/.test(text)) return "a simple value is written in two bytes";
  return `malformed (${text})`;
}
