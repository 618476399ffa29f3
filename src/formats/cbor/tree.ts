/**
 * From the tokens of cbor2 to a tree: limits and offsets are kept here, and every complaint of the
 * library becomes an error with a code and an offset.
 *
 * @module
 */
import { SequenceEvents } from "cbor2";
import { concatBytes } from "../../bytes.ts";
import { CcaRimError, type ErrorCode } from "../../errors.ts";
import { disguised } from "./bad-text.ts";
import { explain } from "./explain.ts";
import { isShortestFloat } from "./float.ts";
import { ARGUMENT_SIZE, BREAK_OR_SIMPLE, FLOAT_16, INDEFINITE, isLong, MAJOR } from "./head.ts";
import { type CborEntry, type CborNode, keyIdentity } from "./node.ts";

/** How deep arrays and maps may nest; a tag within a tag counts, too. */
const MAX_DEPTH = 32;
/** How many items one array or map may have. */
const MAX_COUNT = 131_072;
/** How many items there may be in all: a bound on memory, whatever the input. */
const MAX_ITEMS = 250_000;

/** How an input is read. */
export interface CborReading {
  /** What is read, for messages, e.g. "the token". */
  readonly what: string;
  /** Offset of the first byte in the file that the user named. Default 0. */
  readonly base?: number;
  /**
   * Whether duplicate keys, indefinite lengths and heads that are longer than needed are refused.
   * Keys in any order are accepted. Default true.
   */
  readonly strict?: boolean;
}

interface Frame {
  readonly kind: "array" | "map" | "tag" | "bytes" | "text";
  readonly start: number;
  readonly long: boolean;
  readonly indefinite: boolean;
  readonly depth: number;
  /** Items that are still to come; undefined until a break code. */
  left: number | undefined;
  readonly tag: bigint;
  readonly items: CborNode[];
}

/** Where an item stands and how it is written. */
type Span = Pick<CborNode, "offset" | "encoded" | "indefinite" | "long">;

/** Reads one item of an input. */
export class TreeReader {
  readonly #bytes: Uint8Array;
  readonly #reading: CborReading;
  readonly #events: SequenceEvents;
  readonly #start: number;
  readonly #badTexts: ReadonlySet<number>;
  readonly #stack: Frame[] = [];
  #next: number;
  #items = 0;

  /** @param badTexts Where texts stand that are known not to be UTF-8. */
  constructor(
    bytes: Uint8Array,
    start: number,
    reading: CborReading,
    badTexts: ReadonlySet<number>,
  ) {
    this.#badTexts = badTexts;
    this.#bytes = bytes;
    this.#reading = reading;
    this.#start = start;
    this.#next = start;
    // Depth is limited here; the library's own limit only has to be out of the way.
    this.#events = new SequenceEvents(disguised(bytes, badTexts).subarray(start), {
      maxDepth: 16 * MAX_DEPTH,
      encoding: null,
    });
  }

  /** How many items were read so far. */
  get count(): number {
    return this.#items;
  }

  /** Where the next token begins. */
  get position(): number {
    return this.#next;
  }

  /** An error about the input. @param at Offset in it; default: where the next token begins. */
  fail(problem: string, at: number = this.#next, code: ErrorCode = "CBOR_FORMAT"): CcaRimError {
    const { what, base = 0 } = this.#reading;
    return new CcaRimError(code, `${what}: ${problem}`, { where: { offset: base + at } });
  }

  /** Reads one item; anything behind it is left alone. */
  read(): CborNode {
    for (;;) {
      const event = this.#event();
      if (event === undefined) throw this.fail("the data ends in the middle of an item");
      const [major, info, value, offset, length] = event;
      const start = this.#start + offset;
      this.#items += 1;
      if (this.#items > MAX_ITEMS) {
        throw this.fail(`more than ${MAX_ITEMS} items`, start, "CBOR_LIMIT");
      }
      this.#next = start + 1 + (ARGUMENT_SIZE[info] ?? 0);
      // The library reads a half-precision float past the end as if zeros followed.
      if (this.#next > this.#bytes.length) {
        throw this.fail("the data ends in the middle of an item", start);
      }
      const done =
        major === BREAK_OR_SIMPLE && info === INDEFINITE
          ? this.#break(start)
          : this.#item(major, info, value, start, Number(length));
      if (done !== undefined) return done;
    }
  }

  #event(): ReturnType<SequenceEvents["read"]> {
    try {
      return this.#events.read();
    } catch (error) {
      throw this.fail(explain(error));
    }
  }

  #item(
    major: number,
    info: number,
    value: unknown,
    start: number,
    length: number,
  ): CborNode | undefined {
    const kind = MAJOR[major] ?? "simple";
    const indefinite = info === INDEFINITE;
    if (kind === "array" || kind === "map" || kind === "tag") {
      return this.#open(kind, info, value, start);
    }
    if (indefinite && (kind === "bytes" || kind === "text")) {
      return this.#open(kind, info, Number.POSITIVE_INFINITY, start);
    }
    if (kind === "bytes" || kind === "text") this.#next += length;
    return this.#add(this.#leaf(kind, info, value, start, length));
  }

  #leaf(
    kind: "uint" | "nint" | "bytes" | "text" | "simple",
    info: number,
    value: unknown,
    start: number,
    length: number,
  ): CborNode {
    const isFloat = kind === "simple" && info >= FLOAT_16;
    const argument = kind === "nint" ? -1n - BigInt(value as bigint) : undefined;
    const long = isFloat
      ? !isShortestFloat(value as number, info)
      : kind !== "simple" && isLong(info, argument ?? (kind === "uint" ? value : length));
    const span = this.#span(start, false, long);
    if (isFloat) return { ...span, kind: "float", value: value as number };
    switch (kind) {
      case "uint":
      case "nint":
        return { ...span, kind, value: BigInt(value as number | bigint) };
      case "bytes": {
        if (this.#badTexts.has(start)) return { ...span, kind: "badText" };
        const contentOffset = (this.#reading.base ?? 0) + this.#next - length;
        return { ...span, kind, value: value as Uint8Array, contentOffset };
      }
      case "text":
        return { ...span, kind, value: value as string };
      default:
        return { ...span, kind, value: length };
    }
  }

  #span(start: number, indefinite: boolean, long: boolean): Span {
    if (long && this.#reading.strict !== false) {
      throw this.fail("an item is encoded longer than needed", start);
    }
    return {
      offset: (this.#reading.base ?? 0) + start,
      encoded: this.#bytes.subarray(start, this.#next),
      indefinite,
      long,
    };
  }

  #open(kind: Frame["kind"], info: number, value: unknown, start: number): CborNode | undefined {
    const parent = this.#stack.at(-1);
    const indefinite = info === INDEFINITE;
    const isDeeper = kind === "tag" ? parent?.kind === "tag" : kind === "array" || kind === "map";
    const depth = (parent?.depth ?? 0) + (isDeeper ? 1 : 0);
    if (depth > MAX_DEPTH) {
      throw this.fail(`nested deeper than ${MAX_DEPTH} levels`, start, "CBOR_LIMIT");
    }
    if (indefinite && this.#reading.strict !== false) {
      throw this.fail("an item of indefinite length", start);
    }
    const count = kind === "tag" ? 1 : Number(value);
    if (!indefinite && count > MAX_COUNT) {
      throw this.fail(`more than ${MAX_COUNT} items in one`, start, "CBOR_LIMIT");
    }
    const long = !indefinite && isLong(info, value);
    const left = indefinite ? undefined : kind === "map" ? 2 * count : count;
    const tag = kind === "tag" ? BigInt(value as number | bigint) : 0n;
    this.#stack.push({ kind, start, long, indefinite, depth, left, tag, items: [] });
    return left === 0 ? this.#close() : undefined;
  }

  /** Puts an item into the innermost open one; gives the whole tree once it is complete. */
  #add(item: CborNode): CborNode | undefined {
    const frame = this.#stack.at(-1);
    if (frame === undefined) return item;
    frame.items.push(item);
    if (
      frame.items.length > 2 * MAX_COUNT ||
      (frame.kind === "array" && frame.items.length > MAX_COUNT)
    ) {
      throw this.fail(`more than ${MAX_COUNT} items in one`, frame.start, "CBOR_LIMIT");
    }
    if (frame.left === undefined) return undefined;
    frame.left -= 1;
    return frame.left === 0 ? this.#close() : undefined;
  }

  #break(start: number): CborNode | undefined {
    const frame = this.#stack.at(-1);
    if (frame?.left !== undefined || frame === undefined) {
      throw this.fail("a break code where no item of indefinite length is open", start);
    }
    if (frame.kind === "map" && frame.items.length % 2 === 1) {
      throw this.fail("a map ends behind a key", start);
    }
    return this.#close();
  }

  #close(): CborNode | undefined {
    const frame = this.#stack.pop();
    if (frame === undefined) throw this.fail("a break code without a beginning");
    const span = this.#span(frame.start, frame.indefinite, frame.long);
    return this.#add(this.#build(frame, span));
  }

  #build(frame: Frame, span: Span): CborNode {
    const { kind, items } = frame;
    switch (kind) {
      case "array":
        return { ...span, kind, items };
      case "map":
        return { ...span, kind, entries: this.#entries(items) };
      case "tag":
        return { ...span, kind, tag: frame.tag, content: only(items) };
      case "text":
        return {
          ...span,
          kind,
          value: items.map((i) => (i.kind === "text" ? i.value : "")).join(""),
        };
      default:
        return {
          ...span,
          kind,
          value: concatBytes(...items.map(chunkOf)),
          contentOffset: span.offset,
        };
    }
  }

  #entries(items: readonly CborNode[]): readonly CborEntry[] {
    const entries: CborEntry[] = [];
    for (let i = 0; i + 1 < items.length; i += 2) {
      const [key, value] = items.slice(i, i + 2);
      if (key !== undefined && value !== undefined) entries.push({ key, value });
    }
    if (this.#reading.strict === false) return entries;
    const seen = new Set<string>();
    for (const { key } of entries) {
      const identity = keyIdentity(key);
      if (seen.has(identity)) {
        const at = key.offset - (this.#reading.base ?? 0);
        throw this.fail(`the key ${identity} stands twice in one map`, at);
      }
      seen.add(identity);
    }
    return entries;
  }
}

function chunkOf(item: CborNode): Uint8Array {
  return item.kind === "bytes" ? item.value : new Uint8Array(0);
}

function only(items: readonly CborNode[]): CborNode {
  const [item] = items;
  if (item === undefined) throw new CcaRimError("BUG_INTERNAL", "a tag without content was read");
  return item;
}
