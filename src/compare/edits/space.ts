/**
 * Everything that the search for an explanation tries, one change each.
 *
 * @module
 */
import { isKvmtool } from "../../host/models.ts";
import type { LaunchPlan } from "../../manifest/plan.ts";
import { QUIRKS } from "../quirks.ts";
import { type Edit, type EditTools, RARITY } from "./edit.ts";
import { fileEdits } from "./files.ts";
import { kvmtoolEdits } from "./kvmtool.ts";
import { machineEdits } from "./machines.ts";
import { modelEdits } from "./models.ts";
import { platformEdits } from "./platform.ts";
import { qemuEdits } from "./qemu.ts";
import { stepEdits } from "./steps.ts";

const quirkEdits: readonly Edit[] = QUIRKS.map((quirk, i) => ({
  group: `measured otherwise: ${quirk.id.replace(/-.*/, "")}`,
  rarity: RARITY.foreign + i / 100,
  value: quirk.id,
  apply: (plan) => plan,
  quirk,
}));

function lineEdits(plan: LaunchPlan, tools: EditTools): readonly Edit[] {
  const { vmm } = plan.host;
  if (isKvmtool(vmm)) return kvmtoolEdits(plan, tools);
  return vmm.startsWith("qemu/") ? qemuEdits(plan, tools) : [];
}

/** All single changes of a launch, the likeliest first; the same list for the same launch. */
export function searchSpace(plan: LaunchPlan, tools: EditTools): readonly Edit[] {
  const edits = [
    ...modelEdits(plan),
    ...platformEdits(plan),
    ...machineEdits(plan),
    ...lineEdits(plan, tools),
    ...stepEdits(plan),
    ...fileEdits(plan, tools),
    ...quirkEdits,
  ];
  const seen = new Set<string>();
  return edits
    .filter(({ group, value }) => {
      const id = `${group}=${value}`;
      return !seen.has(id) && seen.add(id);
    })
    .sort((a, b) => Number(a.isAlone ?? false) - Number(b.isAlone ?? false) || a.rarity - b.rarity);
}
