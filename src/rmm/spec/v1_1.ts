/**
 * RMM 1.1, as TF-RMM 2f49356c implements it with RMM_V1_1: Planes, memory encryption contexts and
 * device assignment are validated; what is measured stays as it was.
 *
 * @module
 */
import { bits } from "../../formats/bitfields.ts";
import { u64 } from "../../units.ts";
import { edited, inputError } from "../command.ts";
import { realmCreate, realmCreatePage } from "../commands/realm-create.ts";
import {
  daRule,
  isMecidTaken,
  PlanesRealmCreateContext,
  planesRules,
  rttAlias,
} from "../commands/realm-create-planes.ts";
import { executable } from "../execute.ts";
import { realmParamsV1_1 } from "../params.ts";
import type { RmmSpec } from "../spec.ts";
import { v1_0_rel0 } from "./v1_0_rel0.ts";

/** RMM 1.1. */
export const v1_1: RmmSpec = {
  ...v1_0_rel0,
  id: "1.1",
  document: "DEN0137 1.0-rel0 as RMM 1.1 continues it",
  // runtime/rmi/version.c:17
  abis: [u64(0x1_0000), u64(0x1_0001)],
  commands: {
    ...v1_0_rel0.commands,
    RMI_REALM_CREATE: executable({
      ...realmCreate,
      context: PlanesRealmCreateContext,
      failures: edited(realmCreatePage, [
        {
          move: "rtt_num_level",
          before: "alias",
          because: "runtime/rmi/realm.c:345 knows the number of tables before it looks at them",
        },
        {
          add: inputError("tfrmm_mecid", isMecidTaken),
          before: "vmid_valid",
          because: "realm.c:446 reserves the MECID; the 1.0 page has none",
        },
        {
          add: rttAlias,
          because: "realm.c:524 takes the tables of all trees, one after another",
        },
      ]),
    }),
  },
  featureRegisters: [
    {
      ...v1_0_rel0.featureRegisters[0],
      daEn: bits(42),
      rttPlane: bits(44, 43),
      maxNumAuxPlanes: bits(48, 45),
      rttS2apIndirect: bits(49),
    },
    // 64 bits, of which TF-RMM fills 32 (lib/smc/include/smc-rmi.h:204)
    { maxMecid: bits(31, 0) },
  ],
  realmParams: realmParamsV1_1,
  realmParamsRules: edited(v1_0_rel0.realmParamsRules, [
    { add: daRule, before: "s2sz.lpa2", because: "runtime/rmi/realm.c:334" },
    ...planesRules.map((rule) => ({
      add: rule,
      before: "hash_algo",
      because: "runtime/rmi/realm.c:351-400",
    })),
  ]),
  // runtime/rmi/rtt.c:1251
  showsDestroyedAddress: true,
};
