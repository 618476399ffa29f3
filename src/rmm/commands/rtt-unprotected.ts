/**
 * What RMI_RTT_MAP_UNPROTECTED and RMI_RTT_UNMAP_UNPROTECTED share.
 *
 * @module
 */
import { type Failure, inputError } from "../command.ts";
import { exceedsIpaSpace, isProtected } from "../realm.ts";
import { isRttLevelAligned, RTT_PAGE_LEVEL } from "../rtt.ts";
import type { EntryContext } from "./rtt-context.ts";

type UnprotectedName = "RMI_RTT_MAP_UNPROTECTED" | "RMI_RTT_UNMAP_UNPROTECTED";

/** level_bound: blocks and pages only. @see RMM 1.0-rel0 B3.65 RttLevelIsBlockOrPage */
export function levelBound<C extends EntryContext<UnprotectedName>>(id: "level_bound"): Failure<C> {
  return inputError(
    id,
    ({ input, rmm }) => input.level < rmm.spec.minBlockLevel || input.level > RTT_PAGE_LEVEL,
  );
}

/** ipa_align and ipa_bound: an entry of the unprotected half. */
export function unprotectedIpaErrors<C extends EntryContext<UnprotectedName>>(
  ids: readonly [ipaAlign: "ipa_align", ipaBound: "ipa_bound"],
): readonly Failure<C>[] {
  return [
    inputError(ids[0], (c) => !isRttLevelAligned(c.target, c.input.level)),
    inputError(ids[1], (c) => exceedsIpaSpace(c.target, c.realm) || isProtected(c.target, c.realm)),
  ];
}
