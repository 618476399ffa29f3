/**
 * RMI_RTT_INIT_RIPAS: sets the RIPAS of a range to RAM, as far as one table reaches. Every entry
 * that it passes is measured, so that the measurement shows the size of the entries.
 *
 * @see RMM 1.0-rel0 B4.3.18
 * @module
 */
import { GRANULE_SIZE, ipa, isGranuleAligned } from "../../units.ts";
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
import { exceedsIpaSpace, isProtected } from "../realm.ts";
import {
  entryOf,
  hipasOf,
  isRttLevelAligned,
  RTT_ENTRIES,
  RTT_PAGE_LEVEL,
  RTTE,
  type Rtte,
  type RttWalk,
  rttLevelSize,
  walkRtt,
} from "../rtt.ts";
import { walkLevel } from "./rtt-context.ts";

/** Context of RMI_RTT_INIT_RIPAS. */
export class InitRipasContext extends RealmContext<"RMI_RTT_INIT_RIPAS"> {
  #walk?: RttWalk;
  #walkTop?: number;

  get walk(): RttWalk {
    this.#walk ??= walkRtt(this.realm.stage2, Number(this.input.base), RTT_PAGE_LEVEL);
    return this.#walk;
  }

  /**
   * Where the run of entries ends that become RAM: at an entry that reaches beyond top or that is
   * not initialisable, or at the end of the table.
   */
  get walkTop(): number {
    this.#walkTop ??= this.#runTop(Number(this.input.base), Number(this.input.top));
    return this.#walkTop;
  }

  /** Whether an entry becomes or stays RAM instead of ending the run. */
  isInitialisable(entry: Rtte): boolean {
    return entry === RTTE.UNASSIGNED_EMPTY || entry === RTTE.UNASSIGNED_RAM;
  }

  #runTop(base: number, top: number): number {
    const { table, index, level } = this.walk;
    const size = rttLevelSize(level);
    let at = base;
    for (let i = index; i < RTT_ENTRIES && at + size <= top; i++) {
      if (!this.isInitialisable(table.state(i))) break;
      at += size;
    }
    return at;
  }
}

type C = InitRipasContext;

/** Conditions in the order of the page. */
const page: readonly Failure<C>[] = [
  ...granuleErrors<C>(["rd_align", "rd_bound", "rd_state"], "RD", (c) => c.input.rd),
  inputError("size_valid", (c) => c.input.top <= c.input.base),
  inputError("top_bound", (c) => !isProtected(c.input.top - BigInt(GRANULE_SIZE), c.realm)),
  realmError("realm_state", (c) => c.realm.state !== "REALM_NEW"),
  rttError("base_align", (c) => !isRttLevelAligned(c.input.base, c.walk.level), walkLevel),
  rttError("rtte_state", (c) => hipasOf(entryOf(c.walk)) !== "UNASSIGNED", walkLevel),
  inputError("top_gran_align", (c) => !isGranuleAligned(c.input.top)),
  rttError("no_progress", (c) => c.walkTop === Number(c.input.base), walkLevel),
];

export const rttInitRipas: RmiCommand<"RMI_RTT_INIT_RIPAS", C> = {
  name: "RMI_RTT_INIT_RIPAS",
  section: "B4.3.18",
  context: InitRipasContext,
  failures: edited(page, [
    {
      move: "top_gran_align",
      before: "realm_state",
      because: "runtime/rmi/rtt.c:1236 validates both ends before the Realm's state",
    },
    {
      add: inputError("tfrmm_base_gran_align", (c) => !isGranuleAligned(c.input.base)),
      before: "top_bound",
      because: "rtt.c:1236: an unaligned base is bad input; the page has base_align alone",
    },
    {
      add: inputError("tfrmm_ipa_space", (c) => exceedsIpaSpace(c.input.top, c.realm)),
      before: "top_bound",
      because: "rtt.c:1237: both ends lie below the size of the IPA space",
    },
  ]),
  apply(c) {
    const { table, index, level } = c.walk;
    const base = Number(c.input.base);
    const entrySize = rttLevelSize(level);
    const entries = (c.walkTop - base) / entrySize;
    for (let i = 0; i < entries; i++) table.set(index + i, RTTE.UNASSIGNED_RAM);
    return {
      outputs: { out_top: ipa(c.walkTop) },
      // B4.3.18.4 would clip the last descriptor to top; TF-RMM stops before such an entry.
      measured: [{ kind: "ripas", base, top: c.walkTop, entrySize }],
    };
  },
};
