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
  u32At,
  u64At,
  u64sAt,
} from "../formats/layout.ts";
import type { U64 } from "../units.ts";

/** Fields of RmiRealmParams, RMM 1.0. @see RMM 1.0-rel0 B4.4.12 */
export type RealmParamsFields = {
  readonly flags: Field<U64>;
  readonly s2sz: Field<number>;
  readonly sve_vl: Field<number>;
  readonly num_bps: Field<number>;
  readonly num_wps: Field<number>;
  readonly pmu_num_ctrs: Field<number>;
  readonly hash_algo: Field<number>;
  readonly rpv: Field<Uint8Array>;
  readonly vmid: Field<number>;
  readonly rtt_base: Field<U64>;
  readonly rtt_level_start: Field<bigint>;
  readonly rtt_num_start: Field<number>;
};

/** A decoded RmiRealmParams. */
export type RealmParams = Decoded<RealmParamsFields>;

/** RmiRealmParams of RMM 1.0: 4096 bytes. */
export const realmParamsV1_0: Layout<RealmParamsFields> = layout(0x1000, {
  flags: u64At(0x0),
  s2sz: u32At(0x8),
  sve_vl: u32At(0x10),
  num_bps: u32At(0x18),
  num_wps: u32At(0x20),
  pmu_num_ctrs: u32At(0x28),
  hash_algo: u8At(0x30),
  rpv: bytesAt(0x400, 64),
  vmid: u16At(0x800),
  rtt_base: u64At(0x808),
  rtt_level_start: i64At(0x810),
  rtt_num_start: u32At(0x818),
});

/** Bits of RmiRealmFlags. @see RMM 1.0-rel0 B4.4.10 */
export const REALM_FLAGS: Readonly<Record<"lpa2" | "sve" | "pmu", BitField>> = {
  lpa2: bits(0),
  sve: bits(1),
  pmu: bits(2),
};

/** Fields of RmiRecParams, RMM 1.0. @see RMM 1.0-rel0 B4.4.19 */
export type RecParamsFields = {
  readonly flags: Field<U64>;
  readonly mpidr: Field<U64>;
  readonly pc: Field<U64>;
  readonly gprs: Field<readonly U64[]>;
  readonly num_aux: Field<U64>;
  readonly aux: Field<readonly U64[]>;
};

/** A decoded RmiRecParams. */
export type RecParams = Decoded<RecParamsFields>;

/** General-purpose registers that a host sets in a new REC: x0 .. x7. */
export const REC_CREATE_GPRS = 8;
/** Entries of the list of auxiliary granules. */
export const REC_PARAMS_AUX = 16;

/** RmiRecParams of RMM 1.0: 4096 bytes. */
export const recParamsV1_0: Layout<RecParamsFields> = layout(0x1000, {
  flags: u64At(0x0),
  mpidr: u64At(0x100),
  pc: u64At(0x200),
  gprs: u64sAt(0x300, REC_CREATE_GPRS),
  num_aux: u64At(0x800),
  aux: u64sAt(0x808, REC_PARAMS_AUX),
});

/** RmiRecCreateFlags: the REC may run. @see RMM 1.0-rel0 B4.4.16 */
export const REC_FLAG_RUNNABLE = 1n;
