/**
 * What two launches measure differently: a closed list of kinds, each with what it is about.
 * Addresses are `0x...` text, so that the data can be printed as it is.
 *
 * @module
 */

/** Addresses from `base` up to `top`. */
export interface AddressRange {
  readonly base: string;
  readonly top: string;
}

/** Entries of one size. */
export interface EntryCount {
  /** Bytes of an RTT entry, e.g. "0x200000". */
  readonly entrySize: string;
  readonly count: number;
}

/** A byte of guest memory and where it comes from. */
export interface BytePlace {
  /** Name of the file that is loaded there; null for zeros around it and for what a model made. */
  readonly file: string | null;
  /** Offset in that file, or in what the model made; null for zeros around it. */
  readonly offset: number | null;
  readonly value: number;
}

/** The first byte in which two loaded contents differ. */
export interface FirstByte {
  /** Guest address in the first launch. */
  readonly ipa: string;
  /** Offset from the start of the loaded content. */
  readonly offset: number;
  readonly a: BytePlace;
  readonly b: BytePlace;
}

/** One difference between two device trees. */
export interface TreeDifference {
  readonly change: "added" | "removed" | "changed" | "order";
  /** A node's path; null for the header and the reservations. */
  readonly path: string | null;
  /** A property, a field of the header, or null for a node as a whole. */
  readonly name: string | null;
  readonly a: string | null;
  readonly b: string | null;
}

/** What two device trees differ in. `residue`: padding and leftovers alone. */
export interface TreeComparison {
  readonly kind: "residue" | "header" | "tree";
  readonly differences: readonly TreeDifference[];
  /** What stands at the first differing byte, e.g. "padding behind /chosen bootargs". */
  readonly place: string;
}

/** One thing that is measured differently. */
export type Effect =
  /** A field of RmiRealmParams, as manifests name it. */
  | { readonly kind: "parameter"; readonly field: string; readonly a: string; readonly b: string }
  /** RAM that one launch measures and the other does not. */
  | {
      readonly kind: "ripas-ranges";
      readonly onlyA: readonly AddressRange[];
      readonly onlyB: readonly AddressRange[];
    }
  /** The same RAM in entries of other sizes. */
  | {
      readonly kind: "ripas-granularity";
      readonly a: readonly EntryCount[];
      readonly b: readonly EntryCount[];
      readonly first: AddressRange;
    }
  /** Entries of RAM that are measured a second time. */
  | { readonly kind: "ripas-again"; readonly a: number; readonly b: number }
  /** Loaded by one of the launches alone. */
  | {
      readonly kind: "presence";
      readonly side: "a" | "b";
      readonly label: string;
      readonly base: string;
      readonly pages: number;
    }
  /** Loaded at another address. */
  | { readonly kind: "place"; readonly label: string; readonly a: string; readonly b: string }
  /** Another number of granules. */
  | { readonly kind: "extent"; readonly label: string; readonly a: number; readonly b: number }
  /** Content that is measured in one launch and not in the other. */
  | { readonly kind: "measured"; readonly label: string; readonly a: boolean; readonly b: boolean }
  /** Other bytes. */
  | {
      readonly kind: "content";
      readonly label: string;
      /** Granules that differ, of those that both launches have. */
      readonly pages: number;
      readonly of: number;
      readonly first: FirstByte;
      /** Set if both contents are device trees. */
      readonly tree: TreeComparison | null;
    }
  /** `pc`, `x0` .. `x7` or `flags` of a REC. */
  | { readonly kind: "rec"; readonly register: string; readonly a: string; readonly b: string }
  /** How many RECs are measured. */
  | { readonly kind: "rec-count"; readonly a: number; readonly b: number }
  /** The same things in another order. */
  | { readonly kind: "order"; readonly a: readonly string[]; readonly b: readonly string[] };

/** How many measurement descriptors of a kind two launches have. */
export interface DescriptorCount {
  readonly a: number;
  readonly b: number;
  /** In both, whatever the order. */
  readonly common: number;
}

/** Descriptors by kind. */
export interface DescriptorCounts {
  readonly ripas: DescriptorCount;
  readonly data: DescriptorCount;
  readonly rec: DescriptorCount;
}
