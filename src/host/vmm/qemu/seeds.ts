/**
 * Random seeds in the device tree: whether a line makes QEMU draw them, and the values that it drew.
 *
 * @see QEMU hw/arm/virt.c (create_randomness)
 * @module
 */
import { fromHex } from "../../../bytes.ts";
import { CcaRimError } from "../../../errors.ts";
import type { PlatformReader } from "../platform-reader.ts";
import type { MachineSettings } from "./config.ts";
import type { MachinePlan } from "./machine-plan.ts";
import type { SeriesFacts } from "./series.ts";
import type { QemuRelease } from "./versions.ts";

/** What decides about seeds. */
export interface SeedContext {
  readonly settings: MachineSettings;
  readonly release: QemuRelease;
  readonly series: SeriesFacts | undefined;
  readonly realm: boolean;
}

/** Platform fields that hold a drawn value. */
type SeedField = "kaslrSeed" | "rngSeed" | "secureKaslrSeed" | "secureRngSeed";

const RNG_SEED_SIZE = 32;

/** The switch that leaves seeds out; undefined in releases that have none. */
export function seedSwitch(release: QemuRelease): string | undefined {
  if (release.has("rngSeed")) return "dtb-randomness=off";
  return release.has("seedSwitch") ? "dtb-kaslr-seed=off" : undefined;
}

function isRandom({ settings, realm, series }: SeedContext): boolean {
  // A given tree is left without seeds.
  if (settings.dtb !== undefined) return false;
  if (realm && series?.neverRandom === true) return false;
  return settings.randomness ?? !realm;
}

/** The values that the line makes QEMU draw, by the platform field that states each. */
export function drawnFields(context: SeedContext): readonly SeedField[] {
  if (!isRandom(context)) return [];
  const { settings, release } = context;
  const rng = release.has("rngSeed");
  return [
    "kaslrSeed",
    ...(rng ? (["rngSeed"] as const) : []),
    ...(settings.secure ? (["secureKaslrSeed"] as const) : []),
    ...(settings.secure && rng ? (["secureRngSeed"] as const) : []),
  ];
}

function rngSeed(text: string, field: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes?.length === RNG_SEED_SIZE) return bytes;
  throw new CcaRimError("HOST_PLATFORM", `platform.${field} is not ${RNG_SEED_SIZE} bytes`, {
    where: { pointer: `/platform/${field}` },
    hint: "64 hexadecimal digits",
  });
}

/**
 * The seeds of a launch.
 *
 * @returns undefined where none are written.
 * @throws CcaRimError HOST_PLATFORM if the platform does not state what was drawn.
 */
export function seedsOf(context: SeedContext, platform: PlatformReader): MachinePlan["seeds"] {
  const fields = drawnFields(context);
  if (fields.length === 0) return undefined;
  const turnOff = seedSwitch(context.release);
  const remedy =
    turnOff === undefined
      ? `QEMU ${context.release.name} has no switch for it`
      : `-M ${turnOff} turns that off`;
  const reason = `this line makes QEMU draw random seeds for the device tree; ${remedy}`;
  const given = platform.require(fields, reason);
  const rng = (field: "rngSeed" | "secureRngSeed"): Uint8Array | undefined =>
    fields.includes(field) ? rngSeed(given[field], field) : undefined;
  const chosen = { kaslr: given.kaslrSeed, rng: rng("rngSeed") };
  if (!context.settings.secure) return { chosen, secure: undefined };
  return { chosen, secure: { kaslr: given.secureKaslrSeed, rng: rng("secureRngSeed") } };
}
