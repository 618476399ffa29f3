/**
 * A version of the RMM as data: which commands it has, how its structures and registers are laid
 * out, which fields it measures. One file in `spec/` per version, each an overlay of another.
 *
 * @module
 */
import type { BitField } from "../formats/bitfields.ts";
import type { Layout } from "../formats/layout.ts";
import type { HashAlgo } from "../hash/hasher.ts";
import type { U64 } from "../units.ts";
import type { DataRun } from "./commands/data-run.ts";
import type { ExecutableCommand } from "./execute.ts";
import type { FeatureRegister } from "./features.ts";
import type { RealmParamsFields, RecParamsFields } from "./params.ts";
import type { RealmParamsRule } from "./realm-params.ts";
import type { RmiCommandName } from "./rmi.ts";
import type { Rmm } from "./rmm.ts";

/** Affinity fields of an RmiRecMpidr. @see RMM 1.0-rel0 B4.4.18 */
export interface MpidrFields {
  readonly aff0: BitField;
  readonly aff1: BitField;
  readonly aff2: BitField;
  readonly aff3: BitField;
}

/** What a host may write into the descriptor of an unprotected mapping, beside the address. */
export interface NsDescriptor {
  readonly attributes: readonly BitField[];
  /** Field values that are reserved. */
  readonly reserved: readonly { readonly field: BitField; readonly value: number }[];
  /** Whether a table folds although its entries have different attributes. */
  readonly foldsMixedAttributes: boolean;
}

/** One version of the RMM. */
export interface RmmSpec {
  /** As manifests name it, e.g. "1.0-rel0". */
  readonly id: string;
  /** Title of the specification that section numbers refer to. */
  readonly document: string;
  /** RMI ABI revisions, ascending: major in bits 30:16, minor in bits 15:0. */
  readonly abis: readonly U64[];
  readonly commands: Readonly<Partial<Record<RmiCommandName, ExecutableCommand>>>;
  /**
   * Loads pages as the commands that delegate a granule and create a Data Granule of it do, one
   * after the other, as far as none is refused; returns how many.
   */
  readonly createDataRun: (rmm: Rmm, run: DataRun) => number;
  /** Feature registers 0, 1, ...: where they have their fields. */
  readonly featureRegisters: readonly FeatureRegister[];
  /** What numbers of breakpoints and watchpoints stand for, in registers and in RmiRealmParams. */
  readonly debugCounts: "count" | "count-minus-1";
  readonly realmParams: Layout<RealmParamsFields>;
  /** Fields of RmiRealmParams that the initial RIM covers. */
  readonly realmParamsMeasured: readonly (keyof RealmParamsFields)[];
  /** What RmiRealmParams must satisfy, in the order in which it is decided. */
  readonly realmParamsRules: readonly RealmParamsRule[];
  readonly recParams: Layout<RecParamsFields>;
  /** Fields of RmiRecParams that a runnable REC's descriptor covers. */
  readonly recParamsMeasured: readonly (keyof RecParamsFields)[];
  readonly mpidr: MpidrFields;
  /** Hash algorithms by their encoding. */
  readonly hashAlgos: readonly HashAlgo[];
  /** Auxiliary granules that a REC needs. */
  readonly recAuxCount: number;
  /** Smallest RTT level whose entries can map a block. */
  readonly minBlockLevel: number;
  readonly nsDescriptor: NsDescriptor;
  /** Whether RMI_RTT_READ_ENTRY shows the address of an ASSIGNED DESTROYED entry. */
  readonly showsDestroyedAddress: boolean;
  /** Operations that can be in progress at once; 0 where every command is one call. */
  readonly maxOperations: number;
}
