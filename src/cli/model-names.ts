/**
 * Names of models as command lines give them, for completion and hints.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import { HYPERVISOR_MODELS, QEMU_MODELS, RMM_MODELS, VMM_MODELS } from "../host/models.ts";
import { modelsMeant } from "../nearest.ts";

/** The axes of a launch's models. */
type ModelAxis = "rmm" | "vmm" | "hypervisor";

const MODELS = {
  rmm: { what: "RMM version", models: RMM_MODELS },
  vmm: { what: "VMM", models: [...VMM_MODELS, ...QEMU_MODELS] },
  hypervisor: { what: "hypervisor", models: HYPERVISOR_MODELS },
};

/**
 * QEMU's names stand for any version of the binary, which only the user knows: a word that gives
 * one is completed, none is proposed.
 */
export function withVersionOf(word: string, names: readonly string[]): readonly string[] {
  const [, version] = /^qemu\/(\d[\d.]*)/.exec(word) ?? [];
  return version === undefined
    ? names.filter((name) => !name.includes("<"))
    : names.map((name) => name.replace("<version>", version));
}

/** The names of an axis that may follow on from `word`. */
export function modelNames(axis: ModelAxis, word: string): readonly string[] {
  const names = MODELS[axis].models.map(({ name }) => name);
  return withVersionOf(word, names);
}

/** Makes sure that an option names a model. @throws CcaRimError USAGE_ARGUMENT */
export function requireModel(axis: ModelAxis, name: string | undefined): void {
  if (name === undefined) return;
  const names = modelNames(axis, name);
  if (names.includes(name)) return;
  const meant = modelsMeant(name, names);
  throw new CcaRimError("USAGE_ARGUMENT", `--${axis}: there is no ${MODELS[axis].what} "${name}"`, {
    hint: meant.length === 0 ? "cca-rim models lists them" : `did you mean ${meant.join(" or ")}?`,
  });
}
