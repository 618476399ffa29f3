/**
 * A machine worked out from its line: everything that the device tree and the requests are made
 * from.
 *
 * @module
 */
import type { BootPlan } from "./boot.ts";
import type { Accelerator, QemuConfig } from "./config.ts";
import type { CpuPlan } from "./cpu.ts";
import type { DevicePlan } from "./devices.ts";
import type { GicPlan } from "./gic.ts";
import type { MemoryMap } from "./memory-map.ts";
import type { NumaLayout } from "./numa.ts";
import type { QemuRelease } from "./versions.ts";

/** How a guest calls PSCI. */
export type PsciConduit = "hvc" | "smc" | "disabled";

/** Random values that QEMU would draw. */
export interface Seeds {
  readonly kaslr: bigint;
  /** 32 bytes; undefined in releases without rng-seed. */
  readonly rng: Uint8Array | undefined;
}

/** A machine. */
export interface MachinePlan {
  readonly config: QemuConfig;
  readonly release: QemuRelease;
  readonly accelerator: Accelerator;
  /** Whether the guest is a Realm. */
  readonly realm: boolean;
  /** Whether the board has flash. */
  readonly flash: boolean;
  readonly cpu: CpuPlan;
  /** `compatible` of the CPU nodes. */
  readonly cpuCompatible: string;
  readonly numa: NumaLayout;
  readonly map: MemoryMap;
  readonly gic: GicPlan;
  readonly devices: DevicePlan;
  readonly firmwareLoaded: boolean;
  /** What the board intends before it knows what it boots; decides `enable-method`. */
  readonly boardPsci: PsciConduit;
  readonly psci: PsciConduit;
  readonly psciVersion: number;
  readonly boot: BootPlan;
  /** Seeds for /chosen and /secure-chosen; undefined where none are written. */
  readonly seeds: { readonly chosen: Seeds; readonly secure: Seeds | undefined } | undefined;
  /** Where the measurement log goes. */
  readonly log: bigint | undefined;
  readonly libfdt: string;
}
