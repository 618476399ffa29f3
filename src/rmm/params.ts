/**
 * The structures that the host passes in Non-secure memory, as TF-RMM reads them.
 *
 * TF-RMM reads 32-bit fields where the specification has 8 or 16 bits; what it reads is what it
 * measures, so its widths are the ones here (lib/smc/include/smc-rmi.h:407-456).
 *
 * @module
 */

import { type BitField, bits } from "../formats/bitfields.ts";
import {
  bytesAt,
  type Decoded,
  type Field,
  i64At,
  type Layout,
  layout,
  u8At,
  u16At,
  u16sAt,
  u32At,
  u64At,
  u64sAt,
} from "../formats/layout.ts";
import type { U64 } from "../units.ts";

/**
 * Fields of RmiRealmParams. The optional ones are not in every version; the version's layout says
 * which it has. What later versions call `flags0` is `flags` in all of them here.
 *
 * @see RMM 1.0-rel0 B4.4.12
 */
export type RealmParamsFields = {
  readonly flags: Field<U64>;
  readonly s2sz: Field<number>;
  readonly sve_vl: Field<number>;
  readonly num_bps: Field<number>;
  readonly num_wps: Field<number>;
  readonly pmu_num_ctrs: Field<number>;
  readonly hash_algo: Field<number>;
  readonly rpv: Field<Uint8Array>;
  readonly vmid?: Field<number>;
  readonly rtt_base: Field<U64>;
  readonly rtt_level_start: Field<bigint>;
  readonly rtt_num_start: Field<number>;
  /** Planes beside Plane 0. */
  readonly num_aux_planes?: Field<number>;
  readonly ats_plane?: Field<U64>;
  readonly flags1?: Field<U64>;
  readonly mecid?: Field<U64>;
  readonly aux_vmid?: Field<readonly number[]>;
  readonly aux_rtt_base?: Field<readonly U64[]>;
};

/** A decoded RmiRealmParams. */
export type RealmParams = Decoded<RealmParamsFields>;

/** Length of RmiRealmParams and of RmiRecParams: one granule. */
const PARAMS_SIZE = 0x1000;
/** Length of a Realm Personalization Value in bytes. @see RMM 1.0-rel0 A2.1.3 */
export const RPV_SIZE = 64;
/** Planes that a Realm can have beside Plane 0 (TF-RMM MAX_AUX_PLANES). */
const MAX_AUX_PLANES = 3;

/** What all versions have at the same place. */
const REALM_PARAMS: RealmParamsFields = {
  flags: u64At(0x0),
  s2sz: u32At(0x8),
  sve_vl: u32At(0x10),
  num_bps: u32At(0x18),
  num_wps: u32At(0x20),
  pmu_num_ctrs: u32At(0x28),
  hash_algo: u8At(0x30),
  rpv: bytesAt(0x400, RPV_SIZE),
  rtt_base: u64At(0x808),
  rtt_level_start: i64At(0x810),
  rtt_num_start: u32At(0x818),
};

/** RmiRealmParams of RMM 1.0: 4096 bytes. */
export const realmParamsV1_0: Layout<RealmParamsFields> = layout<RealmParamsFields>(PARAMS_SIZE, {
  ...REALM_PARAMS,
  vmid: u16At(0x800),
});

/** RmiRealmParams of RMM 1.1 (TF-RMM 2f49356c lib/smc/include/smc-rmi.h:890). */
export const realmParamsV1_1: Layout<RealmParamsFields> = layout<RealmParamsFields>(PARAMS_SIZE, {
  ...realmParamsV1_0.fields,
  num_aux_planes: u32At(0x38),
  ats_plane: u64At(0x440),
  flags1: u64At(0x820),
  mecid: u64At(0x828),
  aux_vmid: u16sAt(0xf00, MAX_AUX_PLANES),
  aux_rtt_base: u64sAt(0xf80, MAX_AUX_PLANES),
});

/** RmiRealmParams of RMM 2.0: the RMM picks VMIDs and MECIDs (TF-RMM 9a7f8ef4 smc-rmi.h:1355). */
export const realmParamsV2_0: Layout<RealmParamsFields> = layout<RealmParamsFields>(PARAMS_SIZE, {
  ...REALM_PARAMS,
  num_aux_planes: u32At(0x38),
  ats_plane: u64At(0x440),
  flags1: u64At(0x820),
  aux_rtt_base: u64sAt(0xf80, MAX_AUX_PLANES),
});

/** Bits of RmiRealmFlags that hosts set. @see RMM 1.0-rel0 B4.4.10 */
export const REALM_FLAGS: Readonly<Record<"lpa2" | "sve" | "pmu", BitField>> = {
  lpa2: bits(0),
  sve: bits(1),
  pmu: bits(2),
};

/** Bits of `flags` that later versions add: device assignment, MEC policy (2.0). */
export const REALM_FLAGS_LATER: Readonly<Record<"da" | "mecPolicy", BitField>> = {
  da: bits(3),
  mecPolicy: bits(8, 7),
};

/** Bits of `flags1`, 1.1 and later: a tree per Plane, indirect S2AP encoding. */
export const REALM_FLAGS1: Readonly<Record<"rttTreePp" | "s2apIndirect", BitField>> = {
  rttTreePp: bits(0),
  s2apIndirect: bits(1),
};

/** Fields of RmiRecParams. From 2.0 on there is no list of auxiliary granules. @see B4.4.19 */
export type RecParamsFields = {
  readonly flags: Field<U64>;
  readonly mpidr: Field<U64>;
  readonly pc: Field<U64>;
  readonly gprs: Field<readonly U64[]>;
  readonly num_aux?: Field<U64>;
  readonly aux?: Field<readonly U64[]>;
};

/** A decoded RmiRecParams. */
export type RecParams = Decoded<RecParamsFields>;

/** General-purpose registers that a host sets in a new REC: x0 .. x7. */
export const REC_CREATE_GPRS = 8;
/** Entries of the list of auxiliary granules. */
export const REC_PARAMS_AUX = 16;

/** RmiRecParams of RMM 2.0: auxiliary granules are donated (TF-RMM 9a7f8ef4 smc-rmi.h:1399). */
export const recParamsV2_0: Layout<RecParamsFields> = layout<RecParamsFields>(PARAMS_SIZE, {
  flags: u64At(0x0),
  mpidr: u64At(0x100),
  pc: u64At(0x200),
  gprs: u64sAt(0x300, REC_CREATE_GPRS),
});

/** RmiRecParams of RMM 1.0: 4096 bytes. */
export const recParamsV1_0: Layout<RecParamsFields> = layout<RecParamsFields>(PARAMS_SIZE, {
  ...recParamsV2_0.fields,
  num_aux: u64At(0x800),
  aux: u64sAt(0x808, REC_PARAMS_AUX),
});

/** RmiRecCreateFlags: the REC may run. @see RMM 1.0-rel0 B4.4.16 */
export const REC_FLAG_RUNNABLE = 1n;
