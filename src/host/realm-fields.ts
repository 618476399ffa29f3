/**
 * Raw fields of RmiRealmParams, as a launch description may set them.
 *
 * @module
 */
import type { HashAlgo } from "../hash/hasher.ts";

/** Raw RmiRealmParams fields as manifests name them; undefined where the host decides. */
export interface RealmFields {
  readonly hashAlgo?: HashAlgo;
  /** 64 bytes, zero-filled on the right. */
  readonly rpv?: Uint8Array;
  readonly s2sz?: number;
  readonly numBps?: number;
  readonly numWps?: number;
  readonly flags?: { readonly lpa2?: boolean; readonly sve?: boolean; readonly pmu?: boolean };
  readonly sveVl?: number;
  readonly pmuNumCtrs?: number;
}
