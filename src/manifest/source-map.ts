/**
 * Where each value of a text document stands, so that every later stage can name the line.
 *
 * @module
 */
import type { ErrorPlace } from "../errors.ts";

/** Which part of a value: its key in the mapping around it, or the value itself. */
export type Part = "key" | "value";

/** Offsets of one value, in UTF-16 units from the start of the text. */
export interface Place {
  /** Where the key starts; absent for the document and for list entries. */
  readonly key?: number;
  readonly value: number;
  /** End of the value as written, for showing scalars. */
  readonly end: number;
}

/** Writes one step of a JSON pointer. @see RFC 6901 section 3 */
export function pointerStep(name: string | number): string {
  return `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** The steps of a JSON pointer, unescaped. @see RFC 6901 section 4 */
export function pointerSteps(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Maps the JSON pointers of a document to lines and columns, both counted from 1. */
export class SourceMap {
  readonly file: string;
  readonly text: string;
  readonly #places = new Map<string, Place>();
  #lineStarts: number[] | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /** Notes where the value at `pointer` stands; the first note wins. */
  add(pointer: string, place: Place): void {
    if (!this.#places.has(pointer)) this.#places.set(pointer, place);
  }

  /** Line and column of an offset into the text. Columns count UTF-16 units. */
  at(offset: number, pointer?: string): ErrorPlace {
    this.#lineStarts ??= lineStarts(this.text);
    const line = upperBound(this.#lineStarts, offset);
    return {
      file: this.file,
      line,
      column: offset - (this.#lineStarts[line - 1] ?? 0) + 1,
      ...(pointer === undefined ? {} : { pointer }),
    };
  }

  /**
   * The place of the value at `pointer`, or of the nearest enclosing one if it is not in the text
   * (a default, for example); the pointer in the answer stays the one asked for.
   */
  locate(pointer: string, part: Part = "value"): ErrorPlace {
    let near = pointer;
    while (near !== "" && !this.#places.has(near)) near = near.slice(0, near.lastIndexOf("/"));
    const place = this.#places.get(near);
    if (place === undefined) return this.at(0, pointer);
    // Asked for something absent inside it: the key says which mapping, its value only where.
    const wanted = part === "key" || near !== pointer ? place.key : undefined;
    return this.at(wanted ?? place.value, pointer);
  }

  /** The value at `pointer` as the text writes it, if it is there and stands on one line. */
  written(pointer: string): string | undefined {
    const place = this.#places.get(pointer);
    if (place === undefined) return undefined;
    const text = this.text.slice(place.value, place.end);
    return text.includes("\n") ? undefined : text;
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** How many entries of the ascending list are not greater than `value`. */
function upperBound(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
