/**
 * How a VMM model asks about the machine it runs on: a value that the platform states, one that is
 * assumed and listed, or one that must be given.
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import type { Platform } from "../platform.ts";

/** A value that nobody gave and the model went on with. */
export interface HostAssumption {
  readonly field: string;
  readonly value: unknown;
  readonly origin: "default";
}

/** Values of the host that may be assumed, with their types. */
interface Assumable {
  readonly libfdt: string;
  readonly irqchip: string;
  readonly cpuCompatible: string;
  readonly maxCpus: number;
  readonly psci: string;
  readonly guestInit: boolean;
  readonly hostPageSize: number;
}

const DEFAULTS: Assumable = {
  cpuCompatible: "arm,arm-v8",
  libfdt: "1.6.1",
  irqchip: "gicv3-its",
  maxCpus: 512,
  psci: "0.2",
  guestInit: true,
  hostPageSize: 4096,
};

type Given<K extends keyof Platform> = { readonly [F in K]: NonNullable<Platform[F]> };

/** Reads a platform and keeps the list of what had to be assumed. */
export class PlatformReader {
  readonly platform: Platform;
  readonly #assumed = new Map<string, HostAssumption>();

  constructor(platform: Platform) {
    this.platform = platform;
  }

  /** What was assumed so far, in order of first use. */
  get assumed(): readonly HostAssumption[] {
    return [...this.#assumed.values()];
  }

  /**
   * The stated value, else the usual one, which is then listed as assumed.
   *
   * @param usual where it is another than with most VMMs.
   */
  assume<K extends keyof Assumable>(field: K, usual: Assumable[K] = DEFAULTS[field]): Assumable[K] {
    const stated: Partial<Assumable> = this.platform;
    const value = stated[field];
    if (value !== undefined) return value;
    this.#assumed.set(field, { field, value: usual, origin: "default" });
    return usual;
  }

  /**
   * Values that decide the launch and cannot be guessed.
   *
   * @param reason why they are needed, the end of the error's sentence.
   * @throws CcaRimError HOST_PLATFORM that names all of `fields` that are absent.
   */
  require<K extends keyof Platform>(fields: readonly K[], reason: string): Given<K> {
    const given: Partial<Record<K, unknown>> = {};
    const absent: string[] = [];
    for (const field of fields) {
      given[field] = this.platform[field];
      if (this.platform[field] === undefined) absent.push(`platform.${field}`);
    }
    if (absent.length > 0) {
      throw new CcaRimError("HOST_PLATFORM", `${absent.join(", ")} must be given: ${reason}`, {
        where: { pointer: "/platform" },
        hint: "read it off the host that the launch is for and put it under platform",
      });
    }
    return given as Given<K>;
  }
}
