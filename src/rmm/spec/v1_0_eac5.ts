/**
 * RMM 1.0-eac5, as TF-RMM 06786a9b implements it: 1.0-rel0 without LPA2, with another feature
 * register and another MPIDR.
 *
 * @module
 */
import { type BitField, bits } from "../../formats/bitfields.ts";
import { edited } from "../command.ts";
import { dataCreate } from "../commands/data-create.ts";
import { dataCreateUnknown } from "../commands/data-create-unknown.ts";
import { recCreate } from "../commands/rec-create.ts";
import { rttCreate } from "../commands/rtt-create.ts";
import { executable } from "../execute.ts";
import type { RmmSpec } from "../spec.ts";
import { MEM_ATTR, S2AP, v1_0_rel0 } from "./v1_0_rel0.ts";

/** Shareability: part of the descriptor, as there is no LPA2. */
const SH: BitField = bits(9, 8);

const because = "06786a9b has no LPA2, so that no address is compared with 2^48";

/** RMM 1.0-eac5. */
export const v1_0_eac5: RmmSpec = {
  ...v1_0_rel0,
  id: "1.0-eac5",
  document: "DEN0137 1.0-eac5",
  commands: {
    ...v1_0_rel0.commands,
    RMI_DATA_CREATE: executable({
      ...dataCreate,
      failures: edited(dataCreate.failures, [{ remove: "data_bound2", because }]),
    }),
    RMI_DATA_CREATE_UNKNOWN: executable({
      ...dataCreateUnknown,
      failures: edited(dataCreateUnknown.failures, [{ remove: "data_bound2", because }]),
    }),
    RMI_REC_CREATE: executable({
      ...recCreate,
      failures: edited(recCreate.failures, [
        { remove: "num_recs", because: "06786a9b counts RECs in 64 bits (runtime/rmi/rec.c:272)" },
      ]),
    }),
    RMI_RTT_CREATE: executable({
      ...rttCreate,
      failures: edited(rttCreate.failures, [{ remove: "rtt_bound2", because }]),
    }),
  },
  // lib/smc/include/smc-rmi.h:134; bit 8, LPA2, is always 0 (runtime/rmi/feature.c:18)
  featureRegisters: [
    {
      s2sz: bits(7, 0),
      sveEn: bits(9),
      sveVl: bits(13, 10),
      numBps: bits(17, 14),
      numWps: bits(21, 18),
      pmuEn: bits(22),
      pmuNumCtrs: bits(27, 23),
      hashSha256: bits(28),
      hashSha512: bits(29),
    },
  ],
  // The counts themselves, 0 included; later versions have the count minus 1, and 0 is reserved.
  debugCounts: "count",
  realmParamsRules: edited(v1_0_rel0.realmParamsRules, [
    { remove: "num_bps.reserved", because: "runtime/rmi/realm.c:201 knows no reserved value" },
    { remove: "num_wps.reserved", because: "runtime/rmi/realm.c:203 knows no reserved value" },
  ]),
  // lib/arch/include/arch.h:863
  mpidr: { aff0: bits(3, 0), aff1: bits(15, 8), aff2: bits(23, 16), aff3: bits(39, 32) },
  // lib/realm/include/table.h:18
  minBlockLevel: 2,
  nsDescriptor: {
    attributes: [MEM_ATTR, S2AP, SH],
    reserved: [
      { field: MEM_ATTR, value: 0b100 },
      { field: SH, value: 0b01 },
    ],
    // lib/realm/src/s2tt.c:1040 compares an entry's attributes with themselves.
    foldsMixedAttributes: true,
  },
};
