/**
 * The rolling hash over measurement descriptors, as lean as it gets: one descriptor that is
 * rewritten in place, page digests from one array. The same bytes as {@link RealmMeasurements}
 * hashes call by call; a test compares the two.
 *
 * @see RMM 1.0-rel0 A7.1, C1.11 - C1.13
 * @module
 */
import { viewOf } from "../bytes.ts";
import type { Hasher } from "../hash/hasher.ts";
import {
  DESCRIPTOR_SIZE,
  DESCRIPTOR_TYPE,
  dataDescriptor,
  recDescriptor,
  ripasDescriptor,
} from "../rmm/measurement.ts";
import { GRANULE_SIZE, type U64 } from "../units.ts";
import type { DataStretch, RipasStretch } from "./stretches.ts";

const { rim: RIM, len: LENGTH, desc_type: TYPE, ipa: IPA, flags: FLAGS } = dataDescriptor.fields;
const DATA_CONTENT = dataDescriptor.fields.content;
const REC_CONTENT = recDescriptor.fields.content;
const { base: BASE, top: TOP } = ripasDescriptor.fields;
const HIGH = 2 ** 32;

const WORD = Uint32Array.BYTES_PER_ELEMENT;
const CONTENT_WORD = DATA_CONTENT.offset / WORD;

type Kind = keyof typeof DESCRIPTOR_TYPE;

/** A RIM that grows. */
export class RimChain {
  readonly hasher: Hasher;
  readonly #descriptor = new Uint8Array(DESCRIPTOR_SIZE);
  readonly #view = viewOf(this.#descriptor);
  readonly #words = wordsOf(this.#descriptor);
  #kind: Kind | undefined;

  constructor(hasher: Hasher) {
    this.hasher = hasher;
    LENGTH.set(this.#view, this.#descriptor, BigInt(DESCRIPTOR_SIZE) as U64);
  }

  /** A copy of the RIM, as long as the hash. */
  get rim(): Uint8Array {
    return this.#descriptor.slice(RIM.offset, RIM.offset + this.hasher.size);
  }

  /** Goes on from a RIM that was reached before. */
  set rim(value: Uint8Array) {
    this.#descriptor.set(value, RIM.offset);
  }

  /** The initial value: the hash of the Realm's measured parameters. */
  start(params: Uint8Array): void {
    this.hasher.digestInto(params, this.#descriptor, RIM.offset);
  }

  /**
   * Extends by data granules.
   *
   * @param digests the hashes of the stretch's granules, one after the other, from the one at
   * index `first` on; not looked at if the content is not measured.
   */
  extendData(stretch: DataStretch, digests: Uint8Array, first: number): void {
    this.#become("data");
    const descriptor = this.#descriptor;
    const words = this.#words;
    const view = this.#view;
    const { hasher } = this;
    const { base, pages, flags, measured } = stretch;
    view.setUint32(FLAGS.offset, flags, true);
    words.fill(0, CONTENT_WORD, CONTENT_WORD + DATA_CONTENT.size / WORD);
    // Words in the machine's own order, copied as they are: faster than bytes.
    const length = measured ? hasher.size / WORD : 0;
    const from = wordsOf(digests);
    let at = first * length;
    for (let page = 0; page < pages; page++) {
      setAddress(view, IPA.offset, base + page * GRANULE_SIZE);
      for (let i = 0; i < length; i++) words[CONTENT_WORD + i] = from[at + i] ?? 0;
      at += length;
      hasher.digestInto(descriptor, descriptor, RIM.offset);
    }
  }

  /** Extends by RIPAS entries. */
  extendRipas({ base, top, entrySize }: RipasStretch): void {
    this.#become("ripas");
    for (let at = base; at < top; at += entrySize) {
      setAddress(this.#view, BASE.offset, at);
      setAddress(this.#view, TOP.offset, at + entrySize);
      this.hasher.digestInto(this.#descriptor, this.#descriptor, RIM.offset);
    }
  }

  /** Extends by a REC, of which the measured parameters are given. */
  extendRec(params: Uint8Array): void {
    this.#become("rec");
    this.hasher.digestInto(params, this.#descriptor, REC_CONTENT.offset);
    this.hasher.digestInto(this.#descriptor, this.#descriptor, RIM.offset);
  }

  #become(kind: Kind): void {
    if (this.#kind === kind) return;
    this.#kind = kind;
    this.#descriptor.fill(0, RIM.offset + RIM.size);
    TYPE.set(this.#view, this.#descriptor, DESCRIPTOR_TYPE[kind]);
  }
}

/** The same bytes as words, copied if they do not begin on one. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  // slice() of a Buffer would be no copy.
  const aligned = bytes.byteOffset % WORD === 0 ? bytes : new Uint8Array(bytes);
  const { buffer, byteOffset, length } = aligned;
  return new Uint32Array(buffer, byteOffset, Math.floor(length / WORD));
}

/** A number below 2^52, little-endian; much faster than a bigint. */
function setAddress(view: DataView, offset: number, address: number): void {
  view.setUint32(offset, address % HIGH, true);
  view.setUint32(offset + 4, Math.floor(address / HIGH), true);
}
