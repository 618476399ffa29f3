/**
 * The RIM and the REMs of one Realm: measurement descriptors and the rolling hash over them.
 *
 * @see RMM 1.0-rel0 A7.1, C1.11 - C1.13; TF-RMM lib/measurement/src/rim.c
 * @module
 */
import { viewOf } from "../bytes.ts";
import { bytesAt, type Field, type Layout, layout, u8At, u64At } from "../formats/layout.ts";
import type { Hasher } from "../hash/hasher.ts";
import { copyDigest, type DigestRun, type PageRef } from "../hash/pages.ts";
import { GRANULE_SIZE, numberOf, type U64 } from "../units.ts";

/** Length of every measurement descriptor in bytes, which is also what its `len` field says. */
export const DESCRIPTOR_SIZE = 0x100;
/** Room for a measurement in descriptors and in the Realm Descriptor: 512 bits. */
const MEASUREMENT_ROOM = 64;
/** Realm Extensible Measurements of a Realm: REM0 .. REM3. */
export const REM_COUNT = 4;
const HALF = 2 ** 32;

type DescriptorHead = {
  readonly desc_type: Field<number>;
  readonly len: Field<U64>;
  readonly rim: Field<Uint8Array>;
};

/** Fields that all descriptors begin with. */
const HEAD: DescriptorHead = { desc_type: u8At(0x0), len: u64At(0x8), rim: bytesAt(0x10, 64) };

/** RmmMeasurementDescriptorData. @see RMM 1.0-rel0 C1.11 */
export const dataDescriptor: Layout<
  DescriptorHead & {
    readonly ipa: Field<U64>;
    readonly flags: Field<U64>;
    readonly content: Field<Uint8Array>;
  }
> = layout(DESCRIPTOR_SIZE, {
  ...HEAD,
  ipa: u64At(0x50),
  flags: u64At(0x58),
  content: bytesAt(0x60, 64),
});

/** RmmMeasurementDescriptorRec. @see RMM 1.0-rel0 C1.12 */
export const recDescriptor: Layout<DescriptorHead & { readonly content: Field<Uint8Array> }> =
  layout(DESCRIPTOR_SIZE, { ...HEAD, content: bytesAt(0x50, 64) });

/** RmmMeasurementDescriptorRipas. @see RMM 1.0-rel0 C1.13 */
export const ripasDescriptor: Layout<
  DescriptorHead & { readonly base: Field<U64>; readonly top: Field<U64> }
> = layout(DESCRIPTOR_SIZE, { ...HEAD, base: u64At(0x50), top: u64At(0x58) });

/** `desc_type` of each kind of descriptor. */
export const DESCRIPTOR_TYPE: Readonly<Record<"data" | "rec" | "ripas", number>> = {
  data: 0,
  rec: 1,
  ripas: 2,
};

/** The initial value of the RIM. */
export interface MeasuredRealm {
  readonly kind: "realm";
  /** 4096 bytes: RmiRealmParams with the measured fields alone. */
  readonly params: Uint8Array;
}

/** One descriptor per granule, from `ipa` on. */
export interface MeasuredPages {
  readonly kind: "data";
  readonly ipa: U64;
  readonly flags: U64;
  /** How many granules. */
  readonly pages: number;
  /** The first one's. Absent: the content is not measured, its field stays zero. */
  readonly content?: PageRef;
}

/** One REC. */
export interface MeasuredRec {
  readonly kind: "rec";
  /** 4096 bytes: RmiRecParams with the measured fields alone. */
  readonly params: Uint8Array;
}

/** One descriptor per RTT entry: [base, base + entrySize), ... up to top. Numbers below 2^52. */
export interface MeasuredRipas {
  readonly kind: "ripas";
  readonly base: number;
  readonly top: number;
  readonly entrySize: number;
}

/** What is measured, before it is hashed: data for traces and explanations. */
export type Measured = MeasuredRealm | MeasuredPages | MeasuredRec | MeasuredRipas;

/** How many descriptors something measured takes; a Realm's parameters count as one. */
export function descriptorCount(
  measured: Exclude<Measured, MeasuredPages> | Pick<MeasuredPages, "kind" | "pages">,
): number {
  switch (measured.kind) {
    case "data":
      return measured.pages;
    case "ripas":
      return (measured.top - measured.base) / measured.entrySize;
    default:
      return 1;
  }
}

/** The measurements of one Realm. */
export class RealmMeasurements {
  readonly hasher: Hasher;
  /** One descriptor, reused: the RIM lives in its `rim` field, where the next one needs it. */
  readonly #descriptor = new Uint8Array(DESCRIPTOR_SIZE);
  readonly #view = viewOf(this.#descriptor);
  readonly #rems: Uint8Array[];
  #last: Measured["kind"] = "realm";

  constructor(hasher: Hasher) {
    this.hasher = hasher;
    this.#rems = Array.from({ length: REM_COUNT }, () => new Uint8Array(hasher.size));
    HEAD.len.set(this.#view, this.#descriptor, BigInt(DESCRIPTOR_SIZE) as U64);
  }

  /** A copy of the RIM, as long as the hash. */
  get rim(): Uint8Array {
    const { offset } = HEAD.rim;
    return this.#descriptor.slice(offset, offset + this.hasher.size);
  }

  /** Goes on from a RIM that was reached before. */
  set rim(value: Uint8Array) {
    this.#descriptor.set(value, HEAD.rim.offset);
  }

  /** A copy of REM `register` (0 .. 3), as long as the hash. */
  rem(register: number): Uint8Array {
    return (this.#rems[register] ?? new Uint8Array(this.hasher.size)).slice();
  }

  /** Applies what a command measures: initialises (REALM_CREATE) or extends the RIM. */
  measure(measured: Measured): void {
    if (measured.kind !== this.#last) this.#clear(measured.kind);
    switch (measured.kind) {
      case "realm":
        // B3.48 RimInit: the hash of the parameters themselves, no descriptor.
        this.hasher.digestInto(measured.params, this.#descriptor, HEAD.rim.offset);
        break;
      case "data":
        this.#extendData(measured);
        break;
      case "rec":
        this.#extendRec(measured);
        break;
      case "ripas":
        this.#extendRipas(measured);
        break;
    }
  }

  /**
   * RSI_MEASUREMENT_EXTEND: REM = H(REM || data). The specification pads `data` to 512 bits
   * (B3.42 RemExtend); TF-RMM hashes the given bytes alone (lib/measurement/src/measurement.c:126).
   *
   * @param register 0 .. 3, which is the RSI's index minus 1.
   * @param data At most 64 bytes.
   */
  extendRem(register: number, data: Uint8Array): void {
    const { size } = this.hasher;
    const old = this.#rems[register];
    if (old === undefined) {
      throw new RangeError(`"register" expected 0 .. ${REM_COUNT - 1}, got ${register}`);
    }
    if (data.length > MEASUREMENT_ROOM) {
      throw new RangeError(`"data" expected at most 64 bytes, got ${data.length}`);
    }
    const message = new Uint8Array(size + data.length);
    message.set(old);
    message.set(data, size);
    this.hasher.digestInto(message, old, 0);
  }

  #clear(kind: Measured["kind"]): void {
    this.#descriptor.fill(0, HEAD.rim.offset + HEAD.rim.size);
    if (kind !== "realm") HEAD.desc_type.set(this.#view, this.#descriptor, DESCRIPTOR_TYPE[kind]);
    this.#last = kind;
  }

  /**
   * Writes an address below 2^52; as halves, which is much faster than as a bigint. What does not
   * fit a half is cut off, above and behind the point.
   */
  #setAddress(offset: number, address: number): void {
    this.#view.setUint32(offset, address, true);
    this.#view.setUint32(offset + 4, address / HALF, true);
  }

  #extend(): void {
    this.hasher.digestInto(this.#descriptor, this.#descriptor, HEAD.rim.offset);
  }

  #extendData(measured: MeasuredPages): void {
    const { flags, content } = dataDescriptor.fields;
    const { pages, content: first } = measured;
    const base = numberOf(measured.ipa);
    this.#view.setBigUint64(flags.offset, measured.flags, true);
    if (first === undefined) {
      this.#descriptor.fill(0, content.offset, content.offset + content.size);
    }
    for (let done = 0; done < pages; ) {
      const found = first?.digests.digestsFrom(this.hasher.algo, first.page + done);
      const count = Math.min(pages - done, found?.pages ?? pages);
      this.#extendPages(base + done * GRANULE_SIZE, count, found);
      done += count;
    }
  }

  /** @param digests of at least so many pages; absent: what is hashed is in the descriptor. */
  #extendPages(base: number, pages: number, digests: DigestRun | undefined): void {
    const { ipa, content } = dataDescriptor.fields;
    const { size } = this.hasher;
    for (let n = 0; n < pages; n++) {
      this.#setAddress(ipa.offset, base + n * GRANULE_SIZE);
      if (digests !== undefined) {
        const { bytes, at } = digests;
        copyDigest(bytes, at + n * size, size, this.#descriptor, content.offset);
      }
      this.#extend();
    }
  }

  #extendRec(measured: MeasuredRec): void {
    const { content } = recDescriptor.fields;
    this.hasher.digestInto(measured.params, this.#descriptor, content.offset);
    this.#extend();
  }

  #extendRipas(measured: MeasuredRipas): void {
    const { base, top } = ripasDescriptor.fields;
    for (let at = measured.base; at < measured.top; at += measured.entrySize) {
      this.#setAddress(base.offset, at);
      this.#setAddress(top.offset, at + measured.entrySize);
      this.#extend();
    }
  }
}
