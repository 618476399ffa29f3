/**
 * The CCA host series of Linux KVM, oldest first: a series is what it changed against the one
 * before it. Adding one adds an entry; entries of published series are never edited.
 *
 * Where they were read: 2023-08 and eac5: islet-project/3rd-linux and its relatives, before the
 * vCPUs decided parameters; v3: jpbrucker/linux 00adcdb8; v5: YEWPO/y-linux-cca 6497b33c; v7:
 * Jennie169/linux-host e19e0eed; v11: AMDESE/linux-kvm 0f87e547; v12: NVIDIA/NV-Kernels 03a9f008
 * (without its device assignment); v14: lougovsk/linux 167d5604; v15: kamalca/linux 01e4ba17.
 * v2, v4, v6, v8, v9, v10, v13 and v16 are placed by cover letters and neighbours.
 *
 * @module
 */
import type { KvmFacts } from "./facts.ts";

/** One series. */
export interface KvmSeries {
  /** As manifests name it, without `linux-kvm/`. */
  readonly id: string;
  /** When it was posted, and the kernel it applies to. */
  readonly posted: string;
  /** Family of series with the same launch code, A to H. */
  readonly family: "A" | "B" | "C" | "D" | "E" | "F" | "G" | "H";
  /** Absent: its RMM is not modelled, so no launch can be replayed. */
  readonly facts?: KvmFacts;
}

const MIB = 1024 * 1024;

const EAC5: KvmFacts = {
  order: "vmm",
  configItems: ["hash_algo", "rpv", "sve", "dbg", "pmu"],
  configTooLate: "EINVAL",
  wrongState: "EINVAL",
  noGuestMemfd: "EINVAL",
  parameters: "config",
  debugFields: "count",
  debugWritable: "breakpoints-and-watchpoints",
  lpa2FollowsHost: false,
  lpa2OfferedToHost: false,
  guestMemfd: false,
  hostPageSizes: [4096],
  populatedTwice: "ENXIO",
  tablesForData: "all",
  statusCountsAsPages: false,
  populateBelowHalf: false,
  populateNothing: true,
  ripasStuck: "ENXIO",
  finalizeOnce: false,
  pmuOnAllVcpus: true,
};

const V2: KvmFacts = {
  ...EAC5,
  configItems: ["hash_algo", "rpv"],
  configTooLate: "EBUSY",
  parameters: "vcpus",
  guestMemfd: true,
  pmuOnAllVcpus: false,
};

const V4: KvmFacts = { ...V2, debugFields: "count-minus-1" };

const V6: KvmFacts = { ...V4, populateChunk: 2 * MIB };

const V7: KvmFacts = {
  ...V6,
  // ID_AA64DFR0_EL1's writable mask has WRPs but neither BRPs nor CTX_CMPs (seen on a v7 host).
  debugWritable: "watchpoints",
  hostPageSizes: [4096, 16384, 65536],
  finalizeOnce: true,
};

const V8: KvmFacts = { ...V7, hostPageSizes: [4096] };

// INIT_RIPAS and the runtime's SET_RIPAS share ripas_change() from here on.
const V9: KvmFacts = { ...V8, ripasStuck: "EINVAL" };

const V11: KvmFacts = { ...V9, wrongState: "EPERM", noGuestMemfd: "EPERM" };

const { populateChunk: _, ...V9_WHOLE_POPULATE } = V9;

const V12: KvmFacts = {
  ...V9_WHOLE_POPULATE,
  order: "kvm",
  configItems: [],
  populatedTwice: "EEXIST",
  populateNothing: false,
  ripasStuck: "skip",
};

const V13: KvmFacts = {
  ...V12,
  lpa2FollowsHost: true,
  lpa2OfferedToHost: true,
  populatedTwice: "ENXIO",
  statusCountsAsPages: true,
  ripasStuck: "repeat",
};

const V15: KvmFacts = {
  ...V13,
  lpa2FollowsHost: false,
  tablesForData: "next",
  statusCountsAsPages: false,
  populateBelowHalf: true,
  populateNothing: true,
  ripasStuck: "ENXIO",
};

/** Every series, oldest first. */
export const KVM_SERIES: readonly KvmSeries[] = [
  { id: "rfc1", posted: "January 2023, v6.2", family: "A" },
  { id: "2023-08", posted: "August 2023", family: "B", facts: EAC5 },
  { id: "eac5", posted: "December 2023", family: "B", facts: EAC5 },
  { id: "v2", posted: "April 2024, v6.9-rc1", family: "B", facts: V2 },
  { id: "v3", posted: "June 2024, v6.10", family: "B", facts: V2 },
  { id: "v4", posted: "August 2024, v6.11", family: "C", facts: V4 },
  { id: "v5", posted: "October 2024, v6.12-rc1", family: "C", facts: V4 },
  { id: "v6", posted: "December 2024, v6.13-rc1", family: "C", facts: V6 },
  { id: "v7", posted: "February 2025, v6.14-rc1", family: "C", facts: V7 },
  { id: "v8", posted: "April 2025, v6.15-rc1", family: "D", facts: V8 },
  { id: "v9", posted: "June 2025, v6.16-rc1", family: "D", facts: V9 },
  { id: "v10", posted: "August 2025", family: "D", facts: V9 },
  { id: "v11", posted: "October 2025, v6.18", family: "D", facts: V11 },
  { id: "v12", posted: "December 2025, v6.19-rc1", family: "E", facts: V12 },
  { id: "v13", posted: "March 2026, v7.0-rc1", family: "F", facts: V13 },
  { id: "v14", posted: "May 2026, v7.1-rc1", family: "G", facts: V13 },
  { id: "v15", posted: "July 2026, v7.2-rc1", family: "H", facts: V15 },
  { id: "v16", posted: "August 2026, v7.2-rc1", family: "H", facts: V15 },
];

const PREFIX = "linux-kvm/";

/** The series of a hypervisor's name (`linux-kvm/v7`); undefined if there is none of that name. */
export function kvmSeries(hypervisor: string): KvmSeries | undefined {
  if (!hypervisor.startsWith(PREFIX)) return undefined;
  const id = hypervisor.slice(PREFIX.length);
  return KVM_SERIES.find((series) => series.id === id);
}
