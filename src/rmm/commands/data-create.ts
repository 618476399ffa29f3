/**
 * RMI_DATA_CREATE: creates a Data Granule, copying contents from a Non-secure Granule.
 *
 * @see RMM 1.0-rel0 B4.3.1
 * @module
 */
import type { PageRef } from "../../hash/pages.ts";
import { type Ipa, isGranuleAligned, numberOf, type U64 } from "../../units.ts";
import {
  edited,
  type Failure,
  granuleErrors,
  inputError,
  RealmContext,
  type RmiCommand,
  realmError,
  rttError,
} from "../command.ts";
import type { Measured, MeasuredPages } from "../measurement.ts";
import { isProtected } from "../realm.ts";
import type { RmiInputs } from "../rmi.ts";
import type { Rmm } from "../rmm.ts";
import { entryOf, hipasOf, RTT_PAGE_LEVEL, RTTE, type RttWalk, walkRtt } from "../rtt.ts";
import { walkLevel } from "./rtt-context.ts";

/** RmiDataFlags: measure the content. @see RMM 1.0-rel0 B4.4.2 */
export const RMI_MEASURE_CONTENT = 1n;

/** Addresses from here on need LPA2. */
export const LPA2_PA: bigint = 1n << 48n;

/** The commands that measure what they copy; from 2.0 on the other name. */
export type MeasuredDataName = "RMI_DATA_CREATE" | "RMI_RTT_DATA_MAP_INIT";

/** Context of the commands that create one Data Granule. */
export class DataCreateContext<
  N extends MeasuredDataName | "RMI_DATA_CREATE_UNKNOWN",
> extends RealmContext<N> {
  #walk?: RttWalk;

  get walk(): RttWalk {
    this.#walk ??= walkRtt(this.realm.stage2, numberOf(this.input.ipa), RTT_PAGE_LEVEL);
    return this.#walk;
  }
}

type C = DataCreateContext<MeasuredDataName>;

/** Conditions in the order of the page. */
export const dataCreatePage: readonly Failure<DataCreateContext<MeasuredDataName>>[] = [
  ...granuleErrors<C>(["src_align", "src_bound", "src_pas"], "UNDELEGATED", (c) => c.input.src),
  ...granuleErrors<C>(["data_align", "data_bound", "data_state"], "DELEGATED", (c) => c.input.data),
  inputError("data_bound2", (c) => !c.realm.featLpa2 && c.input.data >= LPA2_PA),
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  inputError("ipa_align", (c) => !isGranuleAligned(c.input.ipa)),
  inputError("ipa_bound", (c) => !isProtected(numberOf(c.input.ipa), c.realm)),
  realmError("realm_state", (c) => c.realm.state !== "REALM_NEW"),
  rttError("rtt_walk", (c) => c.walk.level < RTT_PAGE_LEVEL, walkLevel),
  rttError("rtte_state", (c) => hipasOf(entryOf(c.walk)) !== "UNASSIGNED", walkLevel),
];

/** RmiDataFlags: leave the content out. */
export const NOT_MEASURED = 0n;

/** Flags that TF-RMM refuses. */
export const flagsError: Failure<DataCreateContext<MeasuredDataName>> = inputError(
  "tfrmm_flags",
  (c) => c.input.flags !== NOT_MEASURED && c.input.flags !== RMI_MEASURE_CONTENT,
);

/** What pages measure; `content` is the first one's. */
export function measuredData(ipa: Ipa, flags: U64, content: PageRef, pages: number): MeasuredPages {
  // B4.3.1.4: without RMI_MEASURE_CONTENT the descriptor is still hashed, with zero content.
  return flags === RMI_MEASURE_CONTENT
    ? { kind: "data", ipa, flags, pages, content }
    : { kind: "data", ipa, flags, pages };
}

/** Assigns the granule, and says what is measured. */
export function assignData(
  rmm: Rmm,
  walk: RttWalk,
  { ipa, flags, content, data }: RmiInputs[MeasuredDataName],
): readonly Measured[] {
  const pa = numberOf(data);
  walk.table.set(walk.index, RTTE.ASSIGNED_RAM, pa);
  rmm.granules.set(pa, "DATA");
  return [measuredData(ipa, flags, content, 1)];
}

/** The effect of both commands. */
export function createData({ rmm, walk, input }: C): { readonly measured: readonly Measured[] } {
  return { measured: assignData(rmm, walk, input) };
}

export const dataCreate: RmiCommand<"RMI_DATA_CREATE", DataCreateContext<MeasuredDataName>> = {
  name: "RMI_DATA_CREATE",
  section: "B4.3.1",
  context: DataCreateContext,
  failures: edited(dataCreatePage, [
    {
      add: flagsError,
      before: "src_align",
      because: "runtime/rmi/rtt.c:1015 refuses reserved flag bits; the page does not mention them",
    },
    {
      move: "realm_state",
      before: "ipa_align",
      because: "rtt.c:874 looks at the Realm's state before the IPA; the page leaves it open",
    },
    {
      move: "data_bound2",
      before: "rtt_walk",
      because: "rtt.c:924 knows the Realm only after the RD was found",
    },
  ]),
  apply: createData,
};
