/**
 * Other host models and RMM versions.
 *
 * @module
 */
import {
  HYPERVISOR_MODELS,
  parseQemuName,
  QEMU_SERIES,
  VMM_MODELS,
  vmmAbilities,
} from "../../host/models.ts";
import { hypervisorsOf, rmmsOfPair } from "../../host/pairs.ts";
import type { LaunchPlan } from "../../manifest/plan.ts";
import { choices, type Edit, RARITY } from "./edit.ts";

/** Three models that go together. */
interface Models {
  readonly rmm: string;
  readonly vmm: string;
  readonly hypervisor: string;
}

/** VMMs that take the same command line, the plan's own first. */
function relatives({ host }: LaunchPlan): readonly string[] {
  const { vmm } = host;
  const qemu = parseQemuName(vmm);
  const names =
    qemu === undefined
      ? VMM_MODELS.map(({ name }) => name)
      : QEMU_SERIES.map((series) => `qemu/${qemu.version}+${series}`);
  const family = vmm.slice(0, vmm.indexOf("/") + 1);
  const others = names.filter((name) => name !== vmm && family !== "" && name.startsWith(family));
  return [vmm, ...others].filter((name) => vmmAbilities(name).includes("measure"));
}

function isModelled(hypervisor: string): boolean {
  const model = HYPERVISOR_MODELS.find(({ name }) => name === hypervisor);
  return model?.abilities.includes("measure") === true;
}

function* combinations(plan: LaunchPlan): Generator<Models> {
  for (const vmm of relatives(plan)) {
    for (const hypervisor of hypervisorsOf(vmm)) {
      if (!isModelled(hypervisor)) continue;
      for (const rmm of rmmsOfPair(vmm, hypervisor) ?? []) yield { vmm, hypervisor, rmm };
    }
  }
}

/** How many of the three names differ. */
function distance(a: Models, b: Models): number {
  return Number(a.rmm !== b.rmm) + Number(a.vmm !== b.vmm) + Number(a.hypervisor !== b.hypervisor);
}

/** Binaries of QEMU between which the same line makes another tree, with the same realm series. */
const QEMU_VERSIONS: readonly string[] = [
  "9.1.91",
  "9.2.1",
  "10.0.13",
  "10.2.1",
  "11.1.3",
  "9.0.2",
  "8.2.2",
  "7.2.22",
  "6.2.0",
];

function otherBinaries({ rmm, host }: LaunchPlan): readonly Models[] {
  const qemu = parseQemuName(host.vmm);
  if (qemu?.series === undefined) return [];
  return QEMU_VERSIONS.filter((version) => version !== qemu.version).map((version) => ({
    vmm: `qemu/${version}+${qemu.series}`,
    hypervisor: host.hypervisor,
    rmm,
  }));
}

/** All combinations of models that can take this launch, those with fewer new names first. */
export function modelEdits(plan: LaunchPlan): readonly Edit[] {
  const { rmm, host } = plan;
  const now: Models = { rmm, vmm: host.vmm, hypervisor: host.hypervisor };
  const others = [...otherBinaries(plan), ...combinations(plan)]
    .filter((models) => distance(models, now) > 0)
    .sort((a, b) => distance(a, now) - distance(b, now));
  return choices("models", RARITY.forgotten, others, (models) => ({
    value: `${models.vmm} on ${models.hypervisor}, RMM ${models.rmm}`,
    apply: (before) => ({
      ...before,
      rmm: models.rmm,
      host: { ...before.host, vmm: models.vmm, hypervisor: models.hypervisor },
    }),
  }));
}
