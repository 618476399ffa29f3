/**
 * The steps of a launch that no VMM model makes: what a manifest with vmm "none" lists.
 *
 * @module
 */
import type { ByteSource, MemoryContent } from "../hash/source.ts";
import type { Ipa, U64 } from "../units.ts";

/** Bytes that a `data` step loads. */
export type DataSource =
  | { readonly kind: "file"; readonly name: string; readonly source: ByteSource }
  | { readonly kind: "fill"; readonly byte: number; readonly size: U64 };

/** One step of a launch with vmm "none". `pointer` is the JSON pointer of the step. */
export type LaunchStep = { readonly pointer: string } & (
  | {
      readonly step: "memslot";
      readonly id: number;
      readonly base: Ipa;
      readonly size: U64;
      readonly guestMemfd: boolean;
    }
  | { readonly step: "ripas"; readonly base: Ipa; readonly top: Ipa }
  | {
      readonly step: "data";
      readonly data: DataSource;
      /** Where the first byte goes, as the manifest says it; may lie inside a granule. */
      readonly ipa: Ipa;
      /** `ipa` rounded down to a granule: where `content` starts. */
      readonly base: Ipa;
      /** The granules from `base` on: the bytes, and zeros around them in the first and last one. */
      readonly content: MemoryContent;
      readonly measure: boolean;
    }
  | {
      readonly step: "rec";
      readonly mpidr: U64;
      readonly pc: U64;
      /** x0 .. x7, absent ones zero. */
      readonly gprs: readonly U64[];
      readonly runnable: boolean;
    }
  | {
      readonly step: "rmi";
      readonly command: string;
      readonly args: Readonly<Record<string, unknown>>;
    }
  | { readonly step: "activate" }
);
