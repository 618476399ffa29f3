/**
 * Ranges of memory in a launch: which of them overlap, and what the RMM would say of them.
 *
 * @module
 */
import type { LaunchStep } from "../host/steps.ts";
import { hexU64 } from "../units.ts";
import type { Blame } from "./blame.ts";
import { readablePath } from "./explain.ts";

type DataStep = Extract<LaunchStep, { readonly step: "data" }>;

/** The command behind `data` steps. */
export const DATA_CREATE = "RMI_DATA_CREATE";
/** The command behind `ripas` steps. */
export const INIT_RIPAS = "RMI_RTT_INIT_RIPAS";
const SECTION: Readonly<Record<string, string>> = {
  [DATA_CREATE]: "B4.3.1",
  [INIT_RIPAS]: "B4.3.18",
};

/** Says which call the RMM would refuse, by which condition. */
export function refusal(command: string, condition: string): string {
  return `${command} would be refused: ${condition}, RMM 1.0-rel0 ${SECTION[command] ?? ""}`;
}

/** A range as errors write it. */
export function span(base: bigint, top: bigint): string {
  return `[${hexU64(base)}, ${hexU64(top)})`;
}

/** End of a data step, the address after its last granule. */
function topOf(step: DataStep): bigint {
  return step.base + BigInt(step.content.size);
}

/** Finds two steps of a run that load the same granule. @throws CcaRimError MANIFEST_OVERLAP */
function checkOverlap(run: readonly DataStep[], blame: Blame): void {
  const sorted = run
    .map((step, order) => ({ step, order }))
    .sort((a, b) => (a.step.base < b.step.base ? -1 : a.step.base > b.step.base ? 1 : 0));
  for (const [i, next] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before === undefined || next.step.base >= topOf(before.step)) continue;
    const [first, second] = before.order < next.order ? [before, next] : [next, before];
    const message =
      `the granules ${span(second.step.base, topOf(second.step))} overlap those of ` +
      `${readablePath(first.step.pointer)}, ${span(first.step.base, topOf(first.step))}`;
    throw blame("MANIFEST_OVERLAP", `${second.step.pointer}/data/ipa`, message, {
      hint: `a granule can be loaded once; ${refusal(DATA_CREATE, "rtte_state")}`,
    });
  }
}

/**
 * Finds `data` steps that load the same granule.
 *
 * @throws CcaRimError MANIFEST_OVERLAP at the later one of two
 */
export function checkOverlaps(steps: readonly LaunchStep[], blame: Blame): void {
  let run: DataStep[] = [];
  for (const step of steps) {
    if (step.step === "data") run.push(step);
    // An RMI call may have removed what was there: from here on only the RMM can tell.
    if (step.step === "rmi") {
      checkOverlap(run, blame);
      run = [];
    }
  }
  checkOverlap(run, blame);
}
