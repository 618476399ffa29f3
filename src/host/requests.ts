/**
 * What a VMM asks of its hypervisor while it builds a Realm: the layer between the VMM models
 * (which emit these) and the hypervisor models (which turn them into RMI calls).
 *
 * @module
 */
import type { MemoryContent } from "../hash/source.ts";
import type { Ipa, U64 } from "../units.ts";

/** Features of the vCPUs that end up in the parameters of a Realm. */
export interface VcpuSetup {
  /**
   * KVM_ARM_VCPU_SVE: longest vector in bits, "max" for what the RMM offers. Absent: no SVE.
   * A VMM that asks only if KVM offers SVE looks at the platform first.
   */
  readonly sveVectorBits?: number | "max";
  /** KVM_ARM_VCPU_PMU_V3: event counters, "max" for what the RMM offers. Absent: no PMU. */
  readonly pmuCounters?: number | "max";
  /** Breakpoints written to ID_AA64DFR0_EL1, a count. Absent: left at what the RMM offers. */
  readonly breakpoints?: number;
  /** Watchpoints written to ID_AA64DFR0_EL1, a count. Absent: left at what the RMM offers. */
  readonly watchpoints?: number;
}

/** Value of a configuration item; an object where one item sets several numbers. */
export type ConfigValue = string | number | Readonly<Record<string, number>>;

/** One request of a VMM, in the order it is issued. */
export type VmmRequest = {
  /** JSON pointer of the place in the manifest that leads to it (`/launch/2`), for blame. */
  readonly origin?: string;
} /** KVM_CREATE_VM with the width of the IPA space in bits; 0 is KVM's default, 40. */ & (
  | { readonly request: "create_vm"; readonly ipaBits: number; readonly realm: boolean }
  /**
   * One configuration item, named as in KVM's header: `hash_algo` ("sha-256", ...), `rpv` (128
   * hexadecimal digits), `sve` (the field sve_vl), `pmu` (number of counters), `dbg` ({num_brps,
   * num_wrps}: what KVM reports as breakpoints and watchpoints). Items that a VMM does not set
   * are not requested.
   */
  | { readonly request: "config"; readonly name: string; readonly value: ConfigValue }
  /**
   * What every vCPU is set up with (KVM_ARM_VCPU_INIT, KVM_SET_ONE_REG); not shown by
   * `trace --layer host`. Where the hypervisor takes Realm parameters from its vCPUs, it takes
   * them as they are when the Realm is created.
   */
  | { readonly request: "vcpu_setup"; readonly setup: VcpuSetup }
  | { readonly request: "create_realm" }
  /** A memory slot; not shown by `trace --layer host`. */
  | {
      readonly request: "memslot";
      readonly id: number;
      readonly base: Ipa;
      readonly size: U64;
      readonly guestMemfd: boolean;
    }
  | { readonly request: "init_ripas"; readonly base: Ipa; readonly size: U64 }
  /** `content` covers exactly `size` bytes from `base` on. */
  | {
      readonly request: "populate";
      readonly base: Ipa;
      readonly size: U64;
      readonly measure: boolean;
      readonly content: MemoryContent;
      /** What is loaded there, for people: "kernel", "initrd", "dtb", ... */
      readonly label: string;
    }
  | {
      readonly request: "vcpu_finalize";
      readonly vcpu: number;
      readonly pc: U64;
      /** x0 .. x7. */
      readonly gprs: readonly U64[];
      readonly runnable: boolean;
    }
  | { readonly request: "activate" }
);
