/**
 * The state of one RMM: granules, Realms, RECs, and what it was built to offer.
 *
 * @module
 */
import type { HashAlgo, HashProvider } from "../hash/hasher.ts";
import { numberOf, type Pa } from "../units.ts";
import type { RmmFeatures } from "./features.ts";
import { type GranuleRange, Granules } from "./granules.ts";
import { Operations } from "./operations.ts";
import type { Realm, Rec } from "./realm.ts";
import type { RmmSpec } from "./spec.ts";

/** What an RMM is built on. */
export interface RmmOptions {
  readonly spec: RmmSpec;
  readonly features: RmmFeatures;
  /** Memory that can be delegated. */
  readonly memory: GranuleRange;
  readonly hashes: HashProvider;
}

/** One RMM. */
export class Rmm {
  readonly spec: RmmSpec;
  readonly features: RmmFeatures;
  readonly granules: Granules;
  readonly hashes: HashProvider;
  /** By the PA of the RD. */
  readonly realms: Map<number, Realm> = new Map();
  /** By the PA of the REC granule. */
  readonly recs: Map<number, Rec> = new Map();
  /** VMIDs in use. */
  readonly vmids: Set<number> = new Set();
  /** MECIDs in use by one Realm alone. */
  readonly mecids: Set<number> = new Set();
  /** Operations in progress. */
  readonly operations: Operations;

  constructor(options: RmmOptions) {
    this.spec = options.spec;
    this.features = options.features;
    this.granules = new Granules(options.memory);
    this.hashes = options.hashes;
    this.operations = new Operations(options.spec.maxOperations);
  }

  /** VMIDs that the CPU has: 0 .. this - 1. */
  get vmidCount(): number {
    return this.features.vmid16 ? 0x10000 : 0x100;
  }

  /** The Realm of an RD. @throws RangeError if `rd` is not the address of an RD. */
  realmAt(rd: Pa): Realm {
    const realm = this.realms.get(numberOf(rd));
    if (realm === undefined) throw new RangeError(`"rd" expected the address of an RD, got ${rd}`);
    return realm;
  }

  /** The RIM of a Realm, as long as its hash; undefined if `rd` is not an RD. */
  rimOf(rd: Pa): Uint8Array | undefined {
    return this.realms.get(Number(rd))?.measurements.rim;
  }

  /** The hash algorithm with a given encoding; undefined if this version has none. */
  hashAlgo(encoding: number): HashAlgo | undefined {
    return this.spec.hashAlgos[encoding];
  }
}
