/**
 * The machine a launch runs on, as far as it decides a measurement.
 *
 * @module
 */
import type { U64 } from "../units.ts";

/** What host and RMM offer; undefined where the platform does not state it. Human counts. */
export interface Platform {
  readonly breakpoints?: number;
  readonly watchpoints?: number;
  readonly pmuCounters?: number;
  /** FEAT_HPMN0: a PMU may have no counters. */
  readonly hpmn0?: boolean;
  readonly sveVectorBits?: number;
  readonly maxIpaBits?: number;
  readonly lpa2?: boolean;
  /** RMI feature register 0 as RMI_FEATURES answers it, where somebody read it; fields override it. */
  readonly featureRegister0?: U64;
  /** Highest PSCI version that KVM offers, e.g. "0.2". */
  readonly psci?: string;
  readonly cpus?: number;
  readonly ramSize?: U64;
  readonly cpuCompatible?: string;
  readonly libfdt?: string;
  readonly irqchip?: string;
  readonly maxCpus?: number;
  readonly guestInit?: boolean;
  readonly hostPageSize?: number;
  readonly hostLpa2?: boolean;
  readonly kaslrSeed?: U64;
  /** 32 bytes in hexadecimal. */
  readonly rngSeed?: string;
  readonly secureKaslrSeed?: U64;
  /** 32 bytes in hexadecimal. */
  readonly secureRngSeed?: string;
}
