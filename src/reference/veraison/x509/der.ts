/**
 * DER as Go's cryptobyte reads it: one octet of tag, the shortest form of each length, minimal
 * integers. What stands behind the elements that are asked for is nobody's business.
 *
 * @module
 */

/** Tags. */
export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The bytes are not what they should be. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

/** Ends the reading unless something holds. @throws Malformed */
export function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Malformed(what);
}

/** A tag of the context, as `[n]`. */
export function context(number: number, isConstructed = false): number {
  return 0x80 | (isConstructed ? 0x20 : 0) | number;
}

/** An element. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With tag and length. */
  readonly whole: Uint8Array;
}

const HIGH_TAG = 0x1f;
const LONG = 0x80;
const MAX_LENGTH_OCTETS = 4;
/** Octets of a subidentifier, and its largest value, in an OID. */
const MAX_OID_OCTETS = 5;
const MAX_SUBIDENTIFIER = 2 ** 31 - 1;

/** Reads elements one behind the other. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isEmpty(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Whether the next element has that tag. */
  isNext(tag: number): boolean {
    return this.#bytes[this.#at] === tag;
  }

  /** The next element, whatever it is. @throws Malformed */
  any(): DerElement {
    const start = this.#at;
    const [tag, short] = this.#bytes.subarray(start, start + 2);
    demand(tag !== undefined && short !== undefined, "the data ends");
    demand((tag & HIGH_TAG) !== HIGH_TAG, "a tag of several octets");
    const extra = short < LONG ? 0 : short & 0x7f;
    demand(short !== LONG && extra <= MAX_LENGTH_OCTETS, "a length that is none");
    const octets = this.#bytes.subarray(start + 2, start + 2 + extra);
    demand(octets.length === extra, "the data ends");
    const length = extra === 0 ? short : octets.reduce((sum, octet) => sum * 256 + octet, 0);
    demand(extra === 0 || (length >= LONG && octets[0] !== 0), "a length is too long");
    const content = start + 2 + extra;
    demand(content + length <= this.#bytes.length, "the data ends");
    this.#at = content + length;
    return {
      tag,
      content: this.#bytes.subarray(content, this.#at),
      whole: this.#bytes.subarray(start, this.#at),
    };
  }

  /** The next element, which has that tag. @throws Malformed */
  element(tag: number): DerElement {
    const element = this.any();
    demand(element.tag === tag, `tag ${element.tag} in place of ${tag}`);
    return element;
  }

  /** Content of the next element, which has that tag. @throws Malformed */
  content(tag: number): Uint8Array {
    return this.element(tag).content;
  }

  /** A reader for what is inside the next element. @throws Malformed */
  inside(tag: number): DerReader {
    return new DerReader(this.content(tag));
  }

  /** As {@link inside}, undefined if the next element has another tag. @throws Malformed */
  optional(tag: number): DerReader | undefined {
    return this.isNext(tag) ? this.inside(tag) : undefined;
  }

  /** @throws Malformed */
  boolean(): boolean {
    const [value, ...others] = this.content(DER.boolean);
    demand(others.length === 0 && (value === 0 || value === 0xff), "a BOOLEAN");
    return value !== 0;
  }

  /** An integer of any size. @throws Malformed */
  integer(tag: number = DER.integer): bigint {
    const bytes = this.content(tag);
    const [first, second] = bytes;
    demand(first !== undefined, "an INTEGER without octets");
    const isPadded =
      second !== undefined && (first === 0 ? second < 0x80 : first === 0xff && second >= 0x80);
    demand(!isPadded, "an INTEGER is too long");
    let value = 0n;
    for (const octet of bytes) value = (value << 8n) | BigInt(octet);
    return BigInt.asIntN(8 * bytes.length, value);
  }

  /** Content octets of an OID in hex. @throws Malformed */
  oid(): string {
    const bytes = this.content(DER.oid);
    demand(bytes.length > 0, "an OID without octets");
    let [value, length] = [0, 0];
    for (const octet of bytes) {
      demand(length > 0 || octet !== 0x80, "an OID is too long");
      length += 1;
      value = value * 128 + (octet & 0x7f);
      demand(length <= MAX_OID_OCTETS && value <= MAX_SUBIDENTIFIER, "an OID is too large");
      if (octet < 0x80) [value, length] = [0, 0];
    }
    demand(length === 0, "an OID ends");
    return Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join("");
  }

  /** A bit string as whole octets, shifted to the right if bits are unused. @throws Malformed */
  bits(): Uint8Array {
    const [unused, ...octets] = this.content(DER.bitString);
    demand(unused !== undefined && unused <= 7, "a BIT STRING");
    const last = octets.at(-1);
    demand(last !== undefined || unused === 0, "a BIT STRING without bits");
    demand(((last ?? 0) & ((1 << unused) - 1)) === 0, "unused bits are set");
    return Uint8Array.from(octets, (octet, i) =>
      unused === 0 ? octet : (((octets[i - 1] ?? 0) << (8 - unused)) & 0xff) | (octet >> unused),
    );
  }
}
