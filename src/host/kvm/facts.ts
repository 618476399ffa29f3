/**
 * What can differ between the CCA host series of Linux KVM, as named facts. The code of the model
 * asks for facts and never for the name of a series.
 *
 * @module
 */

/** Error numbers that requests fail with. */
export type Errno = "EBUSY" | "EEXIST" | "EFAULT" | "EINVAL" | "ENOENT" | "ENXIO" | "EPERM";

/** Items of the request CONFIG_REALM. */
export type ConfigItem = "hash_algo" | "rpv" | "sve" | "dbg" | "pmu";

/** What is true of one series. */
export interface KvmFacts {
  /**
   * Who decides the order of RMI calls: the VMM, with a request for each step, or KVM, which
   * creates the Realm at the first POPULATE and everything else at the first KVM_RUN.
   */
  readonly order: "vmm" | "kvm";
  /** Configuration items that the series has. Without hash_algo the hash is always SHA-256. */
  readonly configItems: readonly ConfigItem[];
  /** How a configuration item fails once the Realm exists. */
  readonly configTooLate: Errno;
  /** How RIPAS, content and activation fail while no Realm is under construction. */
  readonly wrongState: Errno;
  /** How content fails in a slot without guest_memfd. */
  readonly noGuestMemfd: Errno;
  /** Where SVE, PMU and debug parameters come from: configuration items, or the vCPUs. */
  readonly parameters: "config" | "vcpus";
  /** What num_bps and num_wps are made from ID_AA64DFR0_EL1: its fields are counts minus 1. */
  readonly debugFields: "count" | "count-minus-1";
  /** What a VMM may lower in ID_AA64DFR0_EL1. */
  readonly debugWritable: "breakpoints-and-watchpoints" | "watchpoints";
  /** Whether flags.lpa2 follows the host kernel. */
  readonly lpa2FollowsHost: boolean;
  /** Whether a host kernel that uses LPA2 has Realms only if the RMM offers LPA2. */
  readonly lpa2OfferedToHost: boolean;
  /** Whether POPULATE needs a memory slot with guest_memfd. */
  readonly guestMemfd: boolean;
  /** Page sizes of a host kernel that has Realms, in bytes. */
  readonly hostPageSizes: readonly number[];
  /** POPULATE looks its memory slot up again after this many bytes; absent: once. */
  readonly populateChunk?: number;
  /** How KVM finds that a page was populated before: an error of guest_memfd, or of the RMM. */
  readonly populatedTwice: "EEXIST" | "ENXIO";
  /** Tables that are created before content is offered again: all that lack, or one. */
  readonly tablesForData: "all" | "next";
  /**
   * Whether a refused page counts as so many populated pages as the RMI status says, since the
   * positive status of the call back is taken for a count.
   */
  readonly statusCountsAsPages: boolean;
  /** Whether POPULATE refuses addresses from half of the IPA space on. */
  readonly populateBelowHalf: boolean;
  /** Whether POPULATE of no bytes is fine (it creates the Realm). */
  readonly populateNothing: boolean;
  /**
   * What INIT_RIPAS does where the tables are as deep as the range allows and the RMM still does
   * not change the entry: fail, skip 4 KiB, or ask again.
   */
  readonly ripasStuck: "EINVAL" | "ENXIO" | "skip" | "repeat";
  /** Whether finalizing a REC twice is caught by KVM. */
  readonly finalizeOnce: boolean;
  /** Whether a vCPU must have a PMU exactly if the Realm has one. */
  readonly pmuOnAllVcpus: boolean;
}
