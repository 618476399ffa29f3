/**
 * Runs of Data Granules: the calls that a launch makes for every page, taken together as far as
 * all of them succeed. What their files say condition by condition is here one expression for many
 * pages. It may stop earlier than the conditions do, never later, in any version that uses it;
 * `test/rmm/data-run.test.ts` compares.
 *
 * @module
 */
import { GRANULE_SIZE, type Ipa, isGranuleAligned, numberOf, type Pa } from "../../units.ts";
import { isProtected, type Realm } from "../realm.ts";
import type { RmiInputs } from "../rmi.ts";
import type { Rmm } from "../rmm.ts";
import { RTT_ENTRIES, RTT_PAGE_LEVEL, RTTE, type RttWalk, walkRtt } from "../rtt.ts";
import { LPA2_PA, NOT_MEASURED, RMI_MEASURE_CONTENT } from "./data-create.ts";

/**
 * Neighbouring pages of one content that a host loads one after the other: each granule is
 * delegated, then becomes a Data Granule.
 */
export interface DataRun extends Readonly<RmiInputs["RMI_DATA_CREATE"]> {
  /** How many: the inputs are the first one's, and the others' count up, but for `src`. */
  readonly pages: number;
}

/** Whether nothing but the state of its own pages can stop a run. */
function mayBegin({ granules }: Rmm, { rd, data, ipa, src, flags, pages }: DataRun): boolean {
  return (
    (flags === RMI_MEASURE_CONTENT || flags === NOT_MEASURED) &&
    granules.stateOf(src) === "UNDELEGATED" &&
    granules.stateOf(rd) === "RD" &&
    data + BigInt(pages * GRANULE_SIZE) <= LPA2_PA &&
    isGranuleAligned(ipa)
  );
}

/** The table that has an entry for the page at `ipa`; undefined if there is none to fill. */
function tableOf(realm: Realm, ipa: Ipa): RttWalk | undefined {
  const address = numberOf(ipa);
  if (realm.state !== "REALM_NEW" || !isProtected(address, realm)) return undefined;
  const walk = walkRtt(realm.stage2, address, RTT_PAGE_LEVEL);
  return walk.level === RTT_PAGE_LEVEL ? walk : undefined;
}

/**
 * Makes the calls of a run, up to the end of a translation table, to the end of the run, or to the
 * first page for which one would be refused.
 *
 * @returns how many pages were loaded. The next page is as if nobody had tried it.
 */
export function createDataRun(rmm: Rmm, run: DataRun): number {
  if (!mayBegin(rmm, run)) return 0;
  const walk = tableOf(rmm.realmAt(run.rd), run.ipa);
  if (walk === undefined) return 0;
  // Tables cover as much as their size, so a table's pages are all protected, or none.
  const most = Math.min(run.pages, RTT_ENTRIES - walk.index, pagesBefore(run.data, run.src));
  const free = walk.table.unassigned(walk.index, most);
  const first = numberOf(run.data);
  const pages = rmm.granules.replace(first, free, "UNDELEGATED", "DATA");
  walk.table.fill(RTTE.ASSIGNED_RAM, first, GRANULE_SIZE, walk.index, pages);
  return pages;
}

/** How many pages from `data` on come before `src`, which has to stay with the host. */
function pagesBefore(data: Pa, src: Pa): number {
  return src < data
    ? Number.POSITIVE_INFINITY
    : numberOf(src) / GRANULE_SIZE - numberOf(data) / GRANULE_SIZE;
}
