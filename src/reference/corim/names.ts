/**
 * Names and numbers of CoRIM documents for CCA Realms, all three generations.
 *
 * @see draft-ietf-rats-corim-11, draft-ydb-rats-cca-endorsements-00 .. -04
 * @module
 */
import type { HashAlgo } from "../../hash/hasher.ts";

/** 0: draft -00; 1: drafts -02 and -03; 2: draft -04. */
export type Generation = 0 | 1 | 2;

/** CBOR tags. */
export const TAG = {
  time: 1,
  uri: 32,
  uuid: 37,
  oid: 111,
  corim: 501,
  comid: 506,
  bytes: 560,
} as const;

/** Keys of maps. */
export const KEY = {
  corim: { id: 0, tags: 1, dependentRims: 2, profile: 3, validity: 4, entities: 5 },
  validity: { notBefore: 0, notAfter: 1 },
  entity: { name: 0, uri: 1, roles: 2 },
  comid: { language: 0, identity: 1, entities: 2, linkedTags: 3, triples: 4 },
  identity: { id: 0, version: 1 },
  triples: { reference: 0 },
  environment: { class: 0, instance: 1, group: 2 },
  class: { id: 0 },
  measurement: { key: 0, value: 1, authorizedBy: 2 },
  value: { digests: 2, raw: 4, integrityRegisters: 14 },
} as const;

/** Profiles of realm documents. */
export const REALM_PROFILE: Readonly<Record<Generation, string>> = {
  0: "http://arm.com/cca/realm/1",
  1: "tag:arm.com,2025:cca_realm#1.0.0",
  2: "tag:arm.com,2025:endorsements/cca_realm#1.0.0",
};

/** Profiles of platform documents; generation 0 has none of its own. */
export const PLATFORM_PROFILE: Readonly<Record<1 | 2, string>> = {
  1: "tag:arm.com,2025:cca_platform#1.0.0",
  2: "tag:arm.com,2025:endorsements/cca_platform#1.0.0",
};

/** Measurement keys of generations 1 and 2. */
export const MKEY = {
  rim: "cca.rim",
  rem: ["cca.rem0", "cca.rem1", "cca.rem2", "cca.rem3"],
  rpv: "cca.rpv",
} as const;

/** Keys of integrity registers in generation 0. */
export const REGISTER = { rim: "rim", rem: ["rem0", "rem1", "rem2", "rem3"] } as const;

/** Numbers of the IANA registry "Named Information Hash Algorithm". */
export const HASH_ID: Readonly<Record<HashAlgo, number>> = {
  "sha-256": 1,
  "sha-384": 7,
  "sha-512": 8,
};

/** Role 1 of a CoRIM entity. */
export const MANIFEST_CREATOR = 1;
