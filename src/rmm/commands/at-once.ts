/**
 * The calls that a launch makes for every granule, when they succeed: what their files say
 * condition by condition is here one expression. It may accept less than the conditions do, never
 * more, in any version that uses it; `test/rmm/at-once.test.ts` compares.
 *
 * @module
 */
import { GRANULE_SIZE, isGranuleAligned, numberOf } from "../../units.ts";
import { type Answer, type AtOnce, DONE, measuredAnswer } from "../execute.ts";
import { isProtected } from "../realm.ts";
import type { RmiInputs } from "../rmi.ts";
import type { Rmm } from "../rmm.ts";
import { entryOf, hipasOf, RTT_PAGE_LEVEL, walkRtt } from "../rtt.ts";
import {
  assignData,
  LPA2_PA,
  type MeasuredDataName,
  NOT_MEASURED,
  RMI_MEASURE_CONTENT,
} from "./data-create.ts";

/** RMI_GRANULE_DELEGATE of an undelegated granule. */
export const delegateAtOnce: AtOnce<"RMI_GRANULE_DELEGATE"> = ({ granules }, { addr }) => {
  if (granules.stateOf(addr) !== "UNDELEGATED") return undefined;
  granules.set(numberOf(addr), "DELEGATED");
  return DONE;
};

const GRANULE = BigInt(GRANULE_SIZE);

/** RMI_GRANULE_RANGE_DELEGATE of one undelegated granule. */
export const delegateRangeAtOnce: AtOnce<"RMI_GRANULE_RANGE_DELEGATE"> = (rmm, { base, top }) => {
  if (rmm.granules.stateOf(base) !== "UNDELEGATED" || top !== base + GRANULE) return undefined;
  rmm.granules.set(numberOf(base), "DELEGATED");
  return { ...DONE, outputs: { out_top: top } };
};

/** RMI_DATA_CREATE, or RMI_RTT_DATA_MAP_INIT, of a page without LPA2 whose table exists. */
export function createDataAtOnce(rmm: Rmm, input: RmiInputs[MeasuredDataName]): Answer | undefined {
  const { rd, data, ipa, src, flags } = input;
  const { granules } = rmm;
  if (
    (flags !== RMI_MEASURE_CONTENT && flags !== NOT_MEASURED) ||
    granules.stateOf(src) !== "UNDELEGATED" ||
    granules.stateOf(data) !== "DELEGATED" ||
    granules.stateOf(rd) !== "RD" ||
    data >= LPA2_PA ||
    !isGranuleAligned(ipa)
  ) {
    return undefined;
  }
  const realm = rmm.realmAt(rd);
  const address = numberOf(ipa);
  if (realm.state !== "REALM_NEW" || !isProtected(address, realm)) return undefined;
  const walk = walkRtt(realm.stage2, address, RTT_PAGE_LEVEL);
  if (walk.level !== RTT_PAGE_LEVEL || hipasOf(entryOf(walk)) !== "UNASSIGNED") return undefined;
  return measuredAnswer(assignData(rmm, walk, input));
}
