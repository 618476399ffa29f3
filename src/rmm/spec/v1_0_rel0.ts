/**
 * RMM 1.0-rel0 (DEN0137), as TF-RMM 1870dfee implements it: the version that the others are
 * overlays of.
 *
 * @module
 */
import { type BitField, bits } from "../../formats/bitfields.ts";
import { u64 } from "../../units.ts";
import { dataCreate } from "../commands/data-create.ts";
import { dataCreateUnknown } from "../commands/data-create-unknown.ts";
import { dataDestroy } from "../commands/data-destroy.ts";
import { createDataRun } from "../commands/data-run.ts";
import { features } from "../commands/features.ts";
import { granuleDelegate } from "../commands/granule-delegate.ts";
import { granuleUndelegate } from "../commands/granule-undelegate.ts";
import { realmActivate } from "../commands/realm-activate.ts";
import { realmCreate } from "../commands/realm-create.ts";
import { realmDestroy } from "../commands/realm-destroy.ts";
import { recAuxCount } from "../commands/rec-aux-count.ts";
import { recCreate } from "../commands/rec-create.ts";
import { recDestroy } from "../commands/rec-destroy.ts";
import { rttCreate } from "../commands/rtt-create.ts";
import { rttDestroy } from "../commands/rtt-destroy.ts";
import { rttFold } from "../commands/rtt-fold.ts";
import { rttInitRipas } from "../commands/rtt-init-ripas.ts";
import { rttMapUnprotected } from "../commands/rtt-map-unprotected.ts";
import { rttReadEntry } from "../commands/rtt-read-entry.ts";
import { rttUnmapUnprotected } from "../commands/rtt-unmap-unprotected.ts";
import { version } from "../commands/version.ts";
import { executable } from "../execute.ts";
import { realmParamsV1_0, recParamsV1_0 } from "../params.ts";
import { realmParamsRulesV1_0 } from "../realm-params.ts";
import type { RmmSpec } from "../spec.ts";

/** Attributes that the host sets in a stage 2 descriptor. */
export const MEM_ATTR: BitField = bits(4, 2);
export const S2AP: BitField = bits(7, 6);

/** RMM 1.0-rel0. */
export const v1_0_rel0: RmmSpec = {
  id: "1.0-rel0",
  document: "DEN0137 1.0-rel0",
  abis: [u64(0x1_0000)],
  commands: {
    RMI_DATA_CREATE: executable(dataCreate),
    RMI_DATA_CREATE_UNKNOWN: executable(dataCreateUnknown),
    RMI_DATA_DESTROY: executable(dataDestroy),
    RMI_FEATURES: executable(features),
    RMI_GRANULE_DELEGATE: executable(granuleDelegate),
    RMI_GRANULE_UNDELEGATE: executable(granuleUndelegate),
    RMI_REALM_ACTIVATE: executable(realmActivate),
    RMI_REALM_CREATE: executable(realmCreate),
    RMI_REALM_DESTROY: executable(realmDestroy),
    RMI_REC_AUX_COUNT: executable(recAuxCount),
    RMI_REC_CREATE: executable(recCreate),
    RMI_REC_DESTROY: executable(recDestroy),
    RMI_RTT_CREATE: executable(rttCreate),
    RMI_RTT_DESTROY: executable(rttDestroy),
    RMI_RTT_FOLD: executable(rttFold),
    RMI_RTT_INIT_RIPAS: executable(rttInitRipas),
    RMI_RTT_MAP_UNPROTECTED: executable(rttMapUnprotected),
    RMI_RTT_READ_ENTRY: executable(rttReadEntry),
    RMI_RTT_UNMAP_UNPROTECTED: executable(rttUnmapUnprotected),
    RMI_VERSION: executable(version),
  },
  createDataRun,
  // B4.4.5 RmiFeatureRegister0
  featureRegisters: [
    {
      s2sz: bits(7, 0),
      lpa2: bits(8),
      sveEn: bits(9),
      sveVl: bits(13, 10),
      numBps: bits(19, 14),
      numWps: bits(25, 20),
      pmuEn: bits(26),
      pmuNumCtrs: bits(31, 27),
      hashSha256: bits(32),
      hashSha512: bits(33),
      gicv3NumLrs: bits(37, 34),
      maxRecsOrder: bits(41, 38),
    },
  ],
  // B4.4.5 NUM_BPS, NUM_WPS
  debugCounts: "count-minus-1",
  realmParams: realmParamsV1_0,
  // B4.3.9.4
  realmParamsMeasured: [
    "flags",
    "s2sz",
    "sve_vl",
    "num_bps",
    "num_wps",
    "pmu_num_ctrs",
    "hash_algo",
  ],
  realmParamsRules: realmParamsRulesV1_0,
  recParams: recParamsV1_0,
  // B4.3.12.4
  recParamsMeasured: ["flags", "pc", "gprs"],
  // B4.4.18 RmiRecMpidr
  mpidr: { aff0: bits(3, 0), aff1: bits(15, 8), aff2: bits(23, 16), aff3: bits(31, 24) },
  // B4.4.7 RmiHashAlgorithm
  hashAlgos: ["sha-256", "sha-512"],
  recAuxCount: 16,
  // A5.5.2: level 1 is the first that is a block level (TF-RMM S2TT_MIN_BLOCK_LEVEL)
  minBlockLevel: 1,
  nsDescriptor: {
    attributes: [MEM_ATTR, S2AP],
    // MemAttr[2:0] 0b100 with FEAT_S2FWB (lib/s2tt/src/s2tt_pvt_defs.h:101)
    reserved: [{ field: MEM_ATTR, value: 0b100 }],
    foldsMixedAttributes: false,
  },
  // runtime/rmi/rtt.c:838
  showsDestroyedAddress: false,
  maxOperations: 0,
};
