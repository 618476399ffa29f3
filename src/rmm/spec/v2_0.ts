/**
 * RMM 2.0 (alpha), as TF-RMM 9a7f8ef4 implements it: data is mapped and unmapped by new commands,
 * RIPAS is not measured, memory for RECs is donated in operations of several calls, Realms are
 * terminated before they are destroyed, and the RMM picks VMIDs and MECIDs.
 *
 * @module
 */
import { bits } from "../../formats/bitfields.ts";
import { u64 } from "../../units.ts";
import { edited } from "../command.ts";
import { granuleRangeDelegate, granuleRangeUndelegate } from "../commands/granule-range.ts";
import { opCancel, opContinue, opMemDonate, opMemReclaim } from "../commands/operation-calls.ts";
import { mecPolicyRule, realmCreateAllocated } from "../commands/realm-create-allocated.ts";
import { realmDestroyTerminated } from "../commands/realm-destroy-terminated.ts";
import { realmTerminate } from "../commands/realm-terminate.ts";
import { recCreateDonated, recDestroyReclaimed } from "../commands/rec-donation.ts";
import { rttDataMap } from "../commands/rtt-data-map.ts";
import { rttDataMapInit } from "../commands/rtt-data-map-init.ts";
import { rttDataUnmap } from "../commands/rtt-data-unmap.ts";
import { rttInitRipasUnmeasured } from "../commands/rtt-init-ripas-unmeasured.ts";
import { executable } from "../execute.ts";
import { realmParamsV2_0, recParamsV2_0 } from "../params.ts";
import type { RmiCommandName } from "../rmi.ts";
import type { RmmSpec } from "../spec.ts";
import { v1_1 } from "./v1_1.ts";

/** Commands that are gone (runtime/core/handler.c:106). */
const GONE: ReadonlySet<string> = new Set<RmiCommandName>([
  "RMI_DATA_CREATE",
  "RMI_DATA_CREATE_UNKNOWN",
  "RMI_DATA_DESTROY",
  "RMI_GRANULE_DELEGATE",
  "RMI_GRANULE_UNDELEGATE",
  "RMI_REC_AUX_COUNT",
  "RMI_RTT_MAP_UNPROTECTED",
  "RMI_RTT_UNMAP_UNPROTECTED",
]);

/** RMM 2.0. */
export const v2_0: RmmSpec = {
  ...v1_1,
  id: "2.0",
  document: "DEN0137 1.0-rel0 as RMM 2.0 continues it",
  // runtime/rmi/version.c:17
  abis: [u64(0x2_0000)],
  commands: {
    ...Object.fromEntries(Object.entries(v1_1.commands).filter(([name]) => !GONE.has(name))),
    RMI_GRANULE_RANGE_DELEGATE: executable(granuleRangeDelegate),
    RMI_GRANULE_RANGE_UNDELEGATE: executable(granuleRangeUndelegate),
    RMI_OP_CANCEL: executable(opCancel),
    RMI_OP_CONTINUE: executable(opContinue),
    RMI_OP_MEM_DONATE: executable(opMemDonate),
    RMI_OP_MEM_RECLAIM: executable(opMemReclaim),
    RMI_REALM_CREATE: executable(realmCreateAllocated),
    RMI_REALM_DESTROY: executable(realmDestroyTerminated),
    RMI_REALM_TERMINATE: executable(realmTerminate),
    RMI_REC_CREATE: executable(recCreateDonated),
    RMI_REC_DESTROY: executable(recDestroyReclaimed),
    RMI_RTT_DATA_MAP: executable(rttDataMap),
    RMI_RTT_DATA_MAP_INIT: executable(rttDataMapInit),
    RMI_RTT_DATA_UNMAP: executable(rttDataUnmap),
    RMI_RTT_INIT_RIPAS: executable(rttInitRipasUnmeasured),
  },
  // lib/smc/include/smc-rmi.h:200-296; the PMU is compiled out (runtime/rmi/feature.c:67).
  featureRegisters: [
    {
      s2sz: bits(7, 0),
      lpa2: bits(8),
      sveEn: bits(9),
      sveVl: bits(13, 10),
      numBps: bits(19, 14),
      numWps: bits(25, 20),
    },
    {
      granSz4k: bits(0),
      granSz16k: bits(1),
      granSz64k: bits(2),
      hashSha256: bits(3),
      hashSha384: bits(4),
      hashSha512: bits(5),
      maxRecsOrder: bits(9, 6),
      l0gptsz: bits(13, 10),
      pps: bits(16, 14),
    },
    {
      daEn: bits(0),
      daCoh: bits(1),
      vsmmu: bits(2),
      ats: bits(3),
      maxVdevsOrder: bits(7, 4),
      vdevKrou: bits(8),
      nonTeeStream: bits(9),
    },
    { maxNumAuxPlanes: bits(3, 0), rttPlane: bits(5, 4), rttS2apIndirect: bits(6) },
    // 64 bits, of which TF-RMM fills 32
    { mecCount: bits(31, 0) },
  ],
  realmParams: realmParamsV2_0,
  realmParamsRules: edited(v1_1.realmParamsRules, [
    { add: mecPolicyRule, before: "s2sz.lpa2", because: "runtime/rmi/realm.c:346" },
  ]),
  recParams: recParamsV2_0,
  // lib/smc/include/smc-rmi.h:130
  hashAlgos: ["sha-256", "sha-512", "sha-384"],
  // MAX_CPUS (16 unless a platform says otherwise) times SRO_CTX_PER_CPU
  maxOperations: 160,
};
