/**
 * Whether the models that a manifest names exist, go together, and can do what is asked of them.
 *
 * @module
 */
import {
  type Ability,
  HYPERVISOR_MODELS,
  type ModelInfo,
  parseQemuName,
  QEMU_SERIES,
  RMM_MODELS,
  VMM_MODELS,
  vmmAbilities,
} from "../host/models.ts";
import { hypervisorsOf, rmmsOfPair } from "../host/pairs.ts";
import { modelsMeant } from "../nearest.ts";
import type { Blame } from "./blame.ts";
import type { Manifest } from "./manifest.ts";

function checkName(
  what: string,
  name: string,
  names: readonly string[],
  pointer: string,
  blame: Blame,
): void {
  if (names.includes(name)) return;
  const meant = modelsMeant(name, names);
  throw blame("HOST_UNKNOWN_MODEL", pointer, `there is no ${what} "${name}"`, {
    hint:
      meant.length === 0
        ? `known: ${names.join(", ")}`
        : `did you mean ${meant.map((known) => `"${known}"`).join(" or ")}?`,
  });
}

function namesOf(models: readonly ModelInfo[]): string[] {
  return models.map((model) => model.name);
}

function vmmNames(wanted: string): string[] {
  const version = /^[a-z]+\/([\d.]+)/i.exec(wanted)?.[1] ?? "10.0.13";
  const plain = `qemu/${version}`;
  return [...namesOf(VMM_MODELS), plain, ...QEMU_SERIES.map((series) => `${plain}+${series}`)];
}

/** Checks the names of RMM, VMM and hypervisor. @throws CcaRimError HOST_UNKNOWN_MODEL */
export function checkNames({ rmm, host }: Manifest, blame: Blame): void {
  checkName("RMM version", rmm, namesOf(RMM_MODELS), "/rmm", blame);
  if (parseQemuName(host.vmm) === undefined) {
    checkName("VMM", host.vmm, vmmNames(host.vmm), "/host/vmm", blame);
  }
  const hypervisors = namesOf(HYPERVISOR_MODELS);
  checkName("hypervisor", host.hypervisor, hypervisors, "/host/hypervisor", blame);
}

function checkPair({ rmm, host }: Manifest, blame: Blame): void {
  const { vmm, hypervisor } = host;
  const rmms = rmmsOfPair(vmm, hypervisor);
  if (rmms === undefined) {
    const possible = hypervisorsOf(vmm);
    throw blame(
      "HOST_IMPOSSIBLE_PAIR",
      "/host/hypervisor",
      `${vmm} does not run on ${hypervisor}`,
      {
        hint:
          possible.length === 0
            ? `${vmm} launches no Realm; name a realm series, e.g. ${vmm}+rfc-v3`
            : `${vmm} runs on ${possible.join(", ")}`,
      },
    );
  }
  if (rmms.length === 0) {
    throw blame(
      "HOST_NOT_MODELLED",
      "/host/hypervisor",
      `the RMM under ${hypervisor} is not modelled`,
      {
        hint: "`dtb` and `trace --layer host` work",
      },
    );
  }
  if (!rmms.includes(rmm)) {
    throw blame(
      "HOST_IMPOSSIBLE_PAIR",
      "/rmm",
      `${vmm} on ${hypervisor} does not run on RMM ${rmm}`,
      {
        hint: `it runs on ${rmms.join(", ")}`,
      },
    );
  }
}

function checkAbility(
  name: string,
  abilities: readonly Ability[],
  purpose: Ability,
  pointer: string,
  blame: Blame,
): void {
  if (abilities.includes(purpose)) return;
  const message =
    name === "none" && purpose === "dtb"
      ? 'vmm "none" makes no device tree'
      : `${name} is not modelled yet`;
  throw blame("HOST_NOT_MODELLED", pointer, message, { hint: "`cca-rim models` lists what is" });
}

function abilitiesOf(models: readonly ModelInfo[], name: string): readonly Ability[] {
  return models.find((model) => model.name === name)?.abilities ?? [];
}

/**
 * Checks that the models can do what is asked. A device tree and the VMM's own requests depend on
 * the VMM alone.
 *
 * @throws CcaRimError HOST_IMPOSSIBLE_PAIR, HOST_NOT_MODELLED
 */
export function requireModelled(manifest: Manifest, purpose: Ability, blame: Blame): void {
  const { rmm, host } = manifest;
  if (purpose === "measure") checkPair(manifest, blame);
  checkAbility(host.vmm, vmmAbilities(host.vmm), purpose, "/host/vmm", blame);
  if (purpose !== "measure") return;
  const kvm = abilitiesOf(HYPERVISOR_MODELS, host.hypervisor);
  checkAbility(host.hypervisor, kvm, purpose, "/host/hypervisor", blame);
  checkAbility(`RMM ${rmm}`, abilitiesOf(RMM_MODELS, rmm), purpose, "/rmm", blame);
}
