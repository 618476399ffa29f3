/**
 * Whole machines, for launches that say little or nothing about theirs.
 *
 * @module
 */
import type { Platform } from "../../host/platform.ts";
import type { LaunchPlan } from "../../manifest/plan.ts";
import { alone, choices, type Edit, RARITY } from "./edit.ts";

type Machine = Required<
  Pick<Platform, "breakpoints" | "watchpoints" | "pmuCounters" | "sveVectorBits" | "maxIpaBits">
>;

/** Machines that are around: QEMU's max, FVP, and what TF-RMM before 1.0-rel0 offers on them. */
const MACHINES: readonly Machine[] = [
  { breakpoints: 6, watchpoints: 4, pmuCounters: 6, sveVectorBits: 2048, maxIpaBits: 48 },
  { breakpoints: 16, watchpoints: 16, pmuCounters: 8, sveVectorBits: 512, maxIpaBits: 48 },
  { breakpoints: 2, watchpoints: 2, pmuCounters: 6, sveVectorBits: 2048, maxIpaBits: 48 },
  { breakpoints: 2, watchpoints: 2, pmuCounters: 8, sveVectorBits: 512, maxIpaBits: 48 },
  { breakpoints: 0, watchpoints: 0, pmuCounters: 6, sveVectorBits: 2048, maxIpaBits: 48 },
  { breakpoints: 6, watchpoints: 4, pmuCounters: 6, sveVectorBits: 256, maxIpaBits: 44 },
  { breakpoints: 6, watchpoints: 4, pmuCounters: 6, sveVectorBits: 128, maxIpaBits: 44 },
];

const DEBUG_COUNTS: readonly number[] = [6, 4, 2, 16, 8, 0, 1, 3, 5, 7, 10, 12, 14, 15];

/** Breakpoints and watchpoints together, the likelier first. */
const DEBUG: readonly Pick<Machine, "breakpoints" | "watchpoints">[] = DEBUG_COUNTS.flatMap(
  (breakpoints, i) =>
    DEBUG_COUNTS.map((watchpoints, j) => ({ breakpoints, watchpoints, weight: i + j })),
)
  .sort((a, b) => a.weight - b.weight)
  .map(({ breakpoints, watchpoints }) => ({ breakpoints, watchpoints }));

function nameOf(fields: Partial<Machine>): string {
  return Object.entries(fields)
    .map(([field, value]) => `${field} ${value}`)
    .join(", ");
}

/** What a platform lacks of a machine. */
function absentOf(platform: Platform, machine: Partial<Machine>): Partial<Machine> {
  const absent = Object.entries(machine).filter(
    ([field]) => platform[field as keyof Machine] === undefined,
  );
  return Object.fromEntries(absent);
}

/** The platform with all that it lacks of a machine, or with all of one. */
export function machineEdits(plan: LaunchPlan): readonly Edit[] {
  const { platform, host } = plan;
  if (host.hypervisor === "direct" || platform.featureRegister0 !== undefined) return [];
  const edit = (
    fields: Partial<Machine>,
  ): { readonly value: string; readonly apply: Edit["apply"] } => ({
    value: nameOf(fields),
    apply: (before) => ({ ...before, platform: { ...before.platform, ...fields } }),
  });
  const others = [...MACHINES.map((machine) => absentOf(platform, machine)), ...MACHINES];
  const isSeveral = (fields: object): boolean => Object.keys(fields).length > 1;
  const [usual] = MACHINES;
  const rest = DEBUG.map((debug) => absentOf(platform, { ...usual, ...debug }));
  return [
    ...choices("platform", RARITY.guessed, others.filter(isSeveral), edit),
    // Both numbers unknown: any two of them.
    ...(platform.breakpoints === undefined && platform.watchpoints === undefined
      ? alone(choices("platform", RARITY.foreign, rest, edit))
      : []),
  ];
}
