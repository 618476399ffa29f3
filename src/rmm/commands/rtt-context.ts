/**
 * Context of the commands that name an RTT or an RTT entry by IPA and level.
 *
 * @module
 */
import { type Ipa, ipa } from "../../units.ts";
import { type Failure, inputError, RealmContext } from "../command.ts";
import { exceedsIpaSpace } from "../realm.ts";
import type { RmiInputs, RmiOutputs } from "../rmi.ts";
import {
  isRttLevelAligned,
  RTT_PAGE_LEVEL,
  type RttWalk,
  skipNonLiveEntries,
  walkRtt,
} from "../rtt.ts";

/** The commands whose target is the table at `level`, seen from the entry above it. */
export type StructureCommandName = "RMI_RTT_CREATE" | "RMI_RTT_DESTROY" | "RMI_RTT_FOLD";
/** The commands whose target is the entry at `level`. */
export type EntryCommandName =
  | "RMI_RTT_MAP_UNPROTECTED"
  | "RMI_RTT_READ_ENTRY"
  | "RMI_RTT_UNMAP_UNPROTECTED";

class RttContext<N extends StructureCommandName | EntryCommandName> extends RealmContext<N> {
  #walk?: RttWalk;
  /** Level of the entry the command works on. */
  get entryLevel(): number {
    return this.input.level;
  }

  get walk(): RttWalk {
    this.#walk ??= walkRtt(this.realm.stage2, Number(this.target), this.entryLevel);
    return this.#walk;
  }

  /** Top of the non-live entries from where the walk ended; evaluated when it is read. */
  get walkTop(): RmiOutputs {
    return { top: ipa(skipNonLiveEntries(this.walk, Number(this.target))) };
  }

  get target(): Ipa {
    return (this.input as { readonly ipa: Ipa }).ipa;
  }
}

/** Context of RTT_CREATE, RTT_DESTROY and RTT_FOLD: walk = RttWalk(rd, ipa, level - 1). */
export class StructureContext<N extends StructureCommandName> extends RttContext<N> {
  override get entryLevel(): number {
    return (this.input as RmiInputs[StructureCommandName]).level - 1;
  }
}

/** Context of the commands on one entry: walk = RttWalk(rd, ipa, level). */
export class EntryContext<N extends EntryCommandName> extends RttContext<N> {}

/** The level that RMI_ERROR_RTT carries for most reasons: where the walk ended. */
export const walkLevel = ({ walk }: { readonly walk: RttWalk }): number => walk.level;

/** level_bound, ipa_align and ipa_bound as RTT_CREATE, RTT_DESTROY and RTT_FOLD have them. */
export function structureErrors<C extends StructureContext<StructureCommandName>>(
  ids: readonly [levelBound: "level_bound", ipaAlign: "ipa_align", ipaBound: "ipa_bound"],
): readonly Failure<C>[] {
  return [
    inputError(
      ids[0],
      ({ input, realm }) => input.level <= realm.stage2.startLevel || input.level > RTT_PAGE_LEVEL,
    ),
    inputError(ids[1], (c) => !isRttLevelAligned(c.target, c.entryLevel)),
    inputError(ids[2], (c) => exceedsIpaSpace(c.target, c.realm)),
  ];
}
