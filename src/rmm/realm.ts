/**
 * Realms and RECs: what the RMM keeps in RD and REC granules, as far as RMI calls can see it.
 *
 * @see RMM 1.0-rel0 C1.16 RmmRealm, C1.19 RmmRec
 * @module
 */
import type { RealmMeasurements } from "./measurement.ts";
import type { Rtt, Stage2 } from "./rtt.ts";

/** State of a Realm. @see RMM 1.0-rel0 C1.18 RmmRealmState */
export type RealmState =
  | "REALM_NEW"
  | "REALM_ACTIVE"
  | "REALM_SYSTEM_OFF"
  // RMM 2.0, after RMI_REALM_TERMINATE
  | "REALM_ZOMBIE";

/** A Realm, by its RD. */
export interface Realm {
  state: RealmState;
  readonly stage2: Stage2;
  /** First IPA of the unprotected half. @see RMM 1.0-rel0 A5.2.1 Realm IPA space */
  readonly protectedTop: number;
  readonly featLpa2: boolean;
  /** Of Plane 0, then of the others. */
  readonly vmids: readonly number[];
  /** Starting-level tables of the trees that other Planes have of their own. */
  readonly auxRoots: readonly Rtt[];
  /** A MECID that no other Realm may have meanwhile. */
  readonly mecid?: number;
  /** Realm Personalization Value, 64 bytes. */
  readonly rpv: Uint8Array;
  readonly measurements: RealmMeasurements;
  /** RECs created since the Realm was, whether or not they still exist. */
  recIndex: number;
  /** RECs that exist. */
  numRecs: number;
}

/** A REC. */
export interface Rec {
  /** PA of the RD of its Realm. */
  readonly owner: number;
  /** PAs of its auxiliary granules. */
  readonly aux: readonly number[];
}

/** Whether an IPA is in the protected half; a number may be rounded. @see RMM 1.0-rel0 B3.4 AddrIsProtected */
export function isProtected(ipa: bigint | number, realm: Realm): boolean {
  // Rounding an IPA above 2^53 to a number does not bring it below a power of two.
  return Number(ipa) < realm.protectedTop;
}

/** Whether an IPA is outside the Realm's IPA space altogether. */
export function exceedsIpaSpace(ipa: bigint, realm: Realm): boolean {
  return ipa >> BigInt(realm.stage2.ipaWidth) !== 0n;
}
