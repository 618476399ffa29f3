/**
 * `rmi` steps of a launch description: any RMI call by name. Granules that the step does not name
 * are picked for it.
 *
 * @module
 */
import type { RmmSpec } from "../rmm/spec.ts";
import { GRANULE_SIZE, type Pa, parseU64 } from "../units.ts";

/** Arguments of a step, as its author wrote them. */
type WrittenArguments = Readonly<Record<string, unknown>>;

/** A call by name. */
export interface NamedCall {
  /** `RMI_` included. */
  readonly command: string;
  readonly given: WrittenArguments;
  /** What stands for arguments that are not given. */
  readonly picked: Readonly<Record<string, Pa>>;
  /** JSON pointer of the step. */
  readonly pointer: string;
}

/** Consecutive granules for one argument. */
export interface PickedGranules {
  readonly name: string;
  readonly count: number;
  /** Whether the call wants them delegated. */
  readonly delegated: boolean;
}

/** Arguments that are granules of the host's choice, delegated before the call. */
const DELEGATED: Readonly<Record<string, readonly string[]>> = {
  RMI_DATA_CREATE: ["data"],
  RMI_DATA_CREATE_UNKNOWN: ["data"],
  RMI_REALM_CREATE: ["rd", "rtt_base"],
  RMI_REC_CREATE: ["rec", "aux"],
  RMI_RTT_CREATE: ["rtt"],
  RMI_RTT_DATA_MAP: ["data"],
  RMI_RTT_DATA_MAP_INIT: ["data"],
};

/** Commands that delegate a granule of the host's choice, and how else they can be told it. */
const DELEGATING: Readonly<Record<string, readonly string[]>> = {
  RMI_GRANULE_DELEGATE: ["addr"],
  RMI_GRANULE_RANGE_DELEGATE: ["addr", "base"],
};

/** More concatenated tables, or pages in one range, are not picked: the RMM refuses the call. */
const MOST = { rtt_base: 16, data: 512 } as const;

function atMost(most: number, count: bigint | undefined): number {
  return count !== undefined && count > 0n && count <= BigInt(most) ? Number(count) : 1;
}

function countOf(spec: RmmSpec, name: string, args: WrittenArguments): number {
  const value = (key: string): bigint | undefined => {
    const written = args[key];
    if (typeof written === "number" && Number.isSafeInteger(written)) return BigInt(written);
    return typeof written === "string" ? parseU64(written) : undefined;
  };
  if (name === "aux") return spec.recAuxCount;
  if (name === "rtt_base") return atMost(MOST.rtt_base, value("rtt_num_start"));
  const [base, top] = [value("base"), value("top")];
  if (base === undefined || top === undefined) return 1;
  return atMost(MOST.data, (top - base) / BigInt(GRANULE_SIZE));
}

/** Granules to pick for a step: those of its command that its arguments do not give. */
export function granulesToPick(
  spec: RmmSpec,
  command: string,
  args: WrittenArguments,
): readonly PickedGranules[] {
  const isGiven = (name: string): boolean => Object.hasOwn(args, name);
  const asksForAux = spec.commands.RMI_REC_AUX_COUNT === undefined;
  const [own, ...others] = DELEGATING[command] ?? [];
  if (own !== undefined && ![own, ...others].some(isGiven)) {
    return [{ name: own, count: 1, delegated: false }];
  }
  return (DELEGATED[command] ?? [])
    .filter((name) => !isGiven(name) && !(name === "aux" && asksForAux))
    .filter((name) => !(name === "data" && isGiven("oaddr")))
    .map((name) => ({ name, count: countOf(spec, name, args), delegated: true }));
}
