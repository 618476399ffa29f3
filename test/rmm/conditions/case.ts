/** What the condition tables are made of: a good call of each command, and how to break it. */
import type { PageRef } from "../../../src/hash/pages.ts";
import type { RmmFeatures } from "../../../src/rmm/features.ts";
import type { RmiCommandName, RmiResult } from "../../../src/rmm/rmi.ts";
import { type Ipa, type Pa, pa, type U64 } from "../../../src/units.ts";
import type { World } from "../world.ts";

/** Inputs of all commands together: a row reads and changes those that its command has. */
export interface Inputs {
  readonly rd: Pa;
  readonly data: Pa;
  readonly ipa: Ipa;
  readonly src: Pa;
  readonly flags: U64;
  readonly content: PageRef;
  readonly rec: Pa;
  readonly rtt: Pa;
  readonly params_ptr: Pa;
  readonly params: Uint8Array;
  readonly level: number;
  readonly desc: U64;
  readonly addr: Pa;
  readonly base: U64;
  readonly top: U64;
  readonly oaddr: U64;
  readonly list: readonly U64[];
  readonly list_ptr: Pa;
  readonly list_count: number;
  readonly handle: U64;
  readonly index: U64;
  readonly req: U64;
}

/** Breaks one condition of a good call. */
export interface Row {
  /** The status without its prefix; of RTT with its level: "INPUT", "RTT 2". */
  readonly answer: string;
  /** Changes the world around the call; returns inputs to change. */
  readonly breaks: (w: World, input: Inputs) => Partial<Inputs> | undefined;
  readonly features?: Partial<RmmFeatures>;
}

/** A condition that cannot hold in the model. */
export interface Never {
  readonly never: string;
}

/** By condition ID. */
export type Rows = Readonly<Record<string, Row | Never>>;

export interface Case {
  /** Inputs of a call that succeeds, and the world that it needs. */
  readonly good: (w: World) => Partial<Inputs>;
  readonly rows: Rows;
  /** Makes the call, with all that belongs to it. */
  readonly run?: (w: World, input: Inputs) => RmiResult;
}

export type Cases<N extends RmiCommandName = RmiCommandName> = Readonly<Record<N, Case>>;

export function row(answer: string, breaks: Row["breaks"], features?: Partial<RmmFeatures>): Row {
  return features === undefined ? { answer, breaks } : { answer, breaks, features };
}

/** Outside the memory that can be delegated. */
const OUTSIDE: Pa = pa(0x1000);

type PaName = "addr" | "data" | "params_ptr" | "rd" | "rec" | "rtt" | "src";

/** The three conditions of a granule argument. `wrong` is a granule in another state. */
export function granuleRows(
  ids: readonly [string, string, string],
  argument: PaName,
  wrong: (w: World) => Pa,
): Rows {
  return {
    [ids[0]]: row("INPUT", (_, input) => ({ [argument]: pa(input[argument] + 8n) })),
    [ids[1]]: row("INPUT", () => ({ [argument]: OUTSIDE })),
    [ids[2]]: row("INPUT", (w) => ({ [argument]: wrong(w) })),
  };
}

export const delegated = (w: World): Pa => w.granules();
export const undelegated = (w: World): Pa => w.ns();

/** The three conditions of `rd`. */
export const rdRows: Rows = granuleRows(["rd_align", "rd_bound", "rd_state"], "rd", delegated);

/** Starts as many operations as there can be. */
export function exhaustOperations(w: World): undefined {
  const rd = w.realm();
  while (w.rmm.operations.hasRoom) w.ok(w.recCall(rd, 0n, pa(0)));
}

/** A Realm with tables down to level 3 above IPA 0. */
export function preparedRealm(w: World): Pa {
  const rd = w.realm();
  w.tables(rd, 0n);
  return rd;
}
