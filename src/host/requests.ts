/**
 * What a VMM asks of its hypervisor while it builds a Realm: the layer between the VMM models
 * (which emit these) and the hypervisor models (which turn them into RMI calls).
 *
 * @module
 */
import type { MemoryContent } from "../hash/source.ts";
import type { Ipa, U64 } from "../units.ts";

/** One request of a VMM, in the order it is issued. */
export type VmmRequest =
  /** KVM_CREATE_VM with the width of the IPA space in bits. */
  | { readonly request: "create_vm"; readonly ipaBits: number; readonly realm: boolean }
  /** One configuration item (hash algorithm, RPV, SVE, PMU, debug). */
  | { readonly request: "config"; readonly name: string; readonly value: string | number }
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
  | { readonly request: "activate" };
