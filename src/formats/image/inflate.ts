/**
 * Decompression of a raw deflate stream, in portable code for places that have no zlib.
 *
 * @see RFC 1951
 * @module
 */

/** Code lengths of Huffman codes, at most this many bits. */
const MAX_BITS = 15;
const END_OF_BLOCK = 256;
const FIRST_CAPACITY = 1 << 16;

/** A decoder: by the next `bits` bits of input, the symbol times 16 plus its code's length. */
interface Decoder {
  readonly bits: number;
  readonly table: Uint16Array;
}

/** Base value and number of extra bits of lengths (symbols 257..285) and distances (0..29). */
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258,
];
const LENGTH_EXTRA = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** Order in which the code lengths of the code length alphabet are stored. */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Thrown within this module only. */
class BadData extends Error {}

/** Canonical Huffman codes of the given lengths; 0 stands for a symbol without a code. */
function decoderOf(lengths: readonly number[]): Decoder {
  const counts = Array.from({ length: MAX_BITS + 1 }, () => 0);
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
  counts[0] = 0;
  const bits = Math.max(1, ...counts.map((count, length) => (count > 0 ? length : 0)));
  const next = Array.from({ length: MAX_BITS + 2 }, () => 0);
  let code = 0;
  for (let length = 1; length <= MAX_BITS; length++) {
    code = (code + (counts[length - 1] ?? 0)) << 1;
    next[length] = code;
    if (code + (counts[length] ?? 0) > 1 << length) throw new BadData("too many codes");
  }
  const table = new Uint16Array(1 << bits);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    const own = next[length] ?? 0;
    next[length] = own + 1;
    for (let at = reverse(own, length); at < table.length; at += 1 << length) {
      table[at] = (symbol << 4) | length;
    }
  });
  return { bits, table };
}

function reverse(code: number, length: number): number {
  let result = 0;
  for (let bit = 0; bit < length; bit++) result = (result << 1) | ((code >> bit) & 1);
  return result;
}

const FIXED_LITERALS = decoderOf(
  Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
);
const FIXED_DISTANCES = decoderOf(Array.from({ length: 32 }, () => 5));

class Inflater {
  readonly #input: Uint8Array;
  readonly #limit: number;
  #at = 0;
  #held = 0;
  #heldBits = 0;
  #output = new Uint8Array(FIRST_CAPACITY);
  #size = 0;

  constructor(input: Uint8Array, limit: number) {
    this.#input = input;
    this.#limit = limit;
  }

  run(): Uint8Array {
    for (let last = 0; last === 0; ) {
      last = this.#take(1);
      const type = this.#take(2);
      if (type === 0) this.#stored();
      else if (type === 1) this.#compressed(FIXED_LITERALS, FIXED_DISTANCES);
      else if (type === 2) this.#dynamic();
      else throw new BadData("no such block type");
    }
    return this.#output.subarray(0, this.#size);
  }

  /** Makes sure of `count` bits; behind the end of the input there are zeros, which may be needed. */
  #fill(count: number): void {
    while (this.#heldBits < count) {
      this.#held |= (this.#input[this.#at] ?? 0) << this.#heldBits;
      this.#at += 1;
      this.#heldBits += 8;
    }
  }

  #drop(count: number): void {
    this.#held >>>= count;
    this.#heldBits -= count;
    if (this.#at - (this.#heldBits >> 3) > this.#input.length) throw new BadData("cut off");
  }

  #take(count: number): number {
    this.#fill(count);
    const value = this.#held & ((1 << count) - 1);
    this.#drop(count);
    return value;
  }

  #symbol({ bits, table }: Decoder): number {
    this.#fill(bits);
    const entry = table[this.#held & ((1 << bits) - 1)] ?? 0;
    if (entry === 0) throw new BadData("no such code");
    this.#drop(entry & 15);
    return entry >> 4;
  }

  /** Room for `count` more bytes of output. */
  #reserve(count: number): void {
    const needed = this.#size + count;
    if (needed > this.#limit) throw new BadData("longer than allowed");
    if (needed <= this.#output.length) return;
    const grown = new Uint8Array(Math.min(this.#limit, Math.max(needed, 2 * this.#output.length)));
    grown.set(this.#output.subarray(0, this.#size));
    this.#output = grown;
  }

  #stored(): void {
    this.#drop(this.#heldBits & 7);
    const length = this.#take(16);
    if (this.#take(16) !== (length ^ 0xffff)) throw new BadData("bad length");
    const start = this.#at - (this.#heldBits >> 3);
    this.#held = 0;
    this.#heldBits = 0;
    if (start + length > this.#input.length) throw new BadData("cut off");
    this.#reserve(length);
    this.#output.set(this.#input.subarray(start, start + length), this.#size);
    this.#size += length;
    this.#at = start + length;
  }

  #dynamic(): void {
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const stored = this.#take(4) + 4;
    if (literals > 286 || distances > 30) throw new BadData("too many symbols");
    const order = CODE_LENGTH_ORDER.slice(0, stored);
    const own = CODE_LENGTH_ORDER.map(() => 0);
    for (const symbol of order) own[symbol] = this.#take(3);
    const lengths = this.#codeLengths(decoderOf(own), literals + distances);
    if (lengths[END_OF_BLOCK] === 0) throw new BadData("no end of block");
    this.#compressed(decoderOf(lengths.slice(0, literals)), decoderOf(lengths.slice(literals)));
  }

  #codeLengths(decoder: Decoder, count: number): number[] {
    const lengths: number[] = [];
    while (lengths.length < count) {
      const symbol = this.#symbol(decoder);
      if (symbol < 16) {
        lengths.push(symbol);
        continue;
      }
      const previous = lengths.at(-1);
      if (symbol === 16 && previous === undefined) throw new BadData("nothing to repeat");
      const value = symbol === 16 ? (previous ?? 0) : 0;
      const times =
        symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      for (let i = 0; i < times; i++) lengths.push(value);
    }
    if (lengths.length > count) throw new BadData("too many code lengths");
    return lengths;
  }

  #compressed(literals: Decoder, distances: Decoder): void {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol < END_OF_BLOCK) {
        this.#reserve(1);
        this.#output[this.#size] = symbol;
        this.#size += 1;
      } else if (symbol === END_OF_BLOCK) {
        return;
      } else {
        this.#copy(symbol - END_OF_BLOCK - 1, distances);
      }
    }
  }

  #copy(lengthSymbol: number, distances: Decoder): void {
    const base = LENGTH_BASE[lengthSymbol];
    if (base === undefined) throw new BadData("no such length");
    const length = base + this.#take(LENGTH_EXTRA[lengthSymbol] ?? 0);
    const symbol = this.#symbol(distances);
    const nearest = DISTANCE_BASE[symbol];
    if (nearest === undefined) throw new BadData("no such distance");
    const distance = nearest + this.#take(DISTANCE_EXTRA[symbol] ?? 0);
    if (distance > this.#size) throw new BadData("reaches before the start");
    this.#reserve(length);
    const output = this.#output;
    // Source and target may overlap: the bytes just written repeat.
    for (let end = this.#size + length; this.#size < end; this.#size++) {
      output[this.#size] = output[this.#size - distance] ?? 0;
    }
  }
}

/**
 * Decompresses a raw deflate stream. What follows it is not looked at.
 *
 * @param input starts with the stream; anything is survived.
 * @param limit most bytes of output.
 * @returns undefined if the stream is damaged, cut off, or longer than `limit` unpacked.
 */
export function inflate(input: Uint8Array, limit: number): Uint8Array | undefined {
  try {
    return new Inflater(input, limit).run();
  } catch (error) {
    if (error instanceof BadData) return undefined;
    throw error;
  }
}
