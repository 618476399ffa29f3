/**
 * Numbers in sentences.
 *
 * @module
 */

/** A number with its noun, e.g. "2 calls". */
export function plural(count: number, noun: string, nouns: string = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}
