/**
 * Which VMM runs on which hypervisor, and on which RMM version that hypervisor runs.
 *
 * @module
 */
import { HYPERVISOR_MODELS, parseQemuName, RMM_MODELS } from "./models.ts";

/** One row: every VMM of it works with every hypervisor of it on every RMM version of it. */
interface PairRow {
  /** VMM names; QEMU's as `qemu+<series>`. */
  readonly vmms: readonly string[];
  readonly hypervisors: readonly string[];
  /** Empty: the RMM of that time is not modelled; device tree and host layer only. */
  readonly rmms: readonly string[];
}

/** `linux-kvm/v<first>` to `linux-kvm/v<last>`. */
function series(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `linux-kvm/v${first + i}`);
}

const ROWS: readonly PairRow[] = [
  { vmms: ["kvmtool/rfc1", "qemu+rfc-v1"], hypervisors: ["linux-kvm/rfc1"], rmms: [] },
  { vmms: ["kvmtool/2023-08"], hypervisors: ["linux-kvm/2023-08"], rmms: ["1.0-eac5"] },
  {
    vmms: ["kvmtool/eac5", "kvmtool/eac5-log"],
    hypervisors: ["linux-kvm/eac5", "rim-measurer/eac5"],
    rmms: ["1.0-eac5"],
  },
  { vmms: ["kvmtool/v2", "kvmtool/v2-dtb"], hypervisors: series(2, 3), rmms: ["1.0-eac5"] },
  { vmms: ["kvmtool/v2", "kvmtool/v2-dtb"], hypervisors: series(4, 11), rmms: ["1.0-rel0"] },
  {
    vmms: ["kvmtool/v3", "kvmtool/v3-64k", "kvmtool/v3-sve", "kvmtool/v3-log"],
    hypervisors: series(4, 11),
    rmms: ["1.0-rel0", "1.1"],
  },
  {
    vmms: ["qemu+eac2", "qemu+eac5"],
    hypervisors: ["linux-kvm/2023-08", "linux-kvm/eac5"],
    rmms: ["1.0-eac5"],
  },
  { vmms: ["qemu+rfc-v2"], hypervisors: series(2, 3), rmms: ["1.0-eac5"] },
  {
    vmms: ["qemu+rfc-v3", "qemu+2025"],
    hypervisors: series(4, 11),
    rmms: ["1.0-rel0", "1.1"],
  },
  {
    vmms: ["qemu+linaro-2026", "qemu+nvidia-2026"],
    hypervisors: ["linux-kvm/v12"],
    rmms: ["1.0-rel0"],
  },
  {
    vmms: ["qemu+linaro-2026", "qemu+nvidia-2026"],
    hypervisors: series(13, 16),
    rmms: ["2.0"],
  },
  // A launch that lists its own steps: any RMM, and any KVM on an RMM that it can talk to.
  { vmms: ["none"], hypervisors: ["direct"], rmms: RMM_MODELS.map(({ name }) => name) },
  { vmms: ["none"], hypervisors: ["linux-kvm/rfc1"], rmms: [] },
  {
    vmms: ["none"],
    hypervisors: ["linux-kvm/2023-08", "linux-kvm/eac5", ...series(2, 3)],
    rmms: ["1.0-eac5"],
  },
  { vmms: ["none"], hypervisors: series(4, 12), rmms: ["1.0-rel0", "1.1"] },
  { vmms: ["none"], hypervisors: series(13, 16), rmms: ["2.0"] },
];

/** How rows write a VMM: QEMU's binary version does not matter here. */
function rowName(vmm: string): string {
  const qemu = parseQemuName(vmm);
  return qemu === undefined ? vmm : `qemu+${qemu.series ?? ""}`;
}

/** RMM versions on which a pair runs; undefined if the pair does not exist. */
export function rmmsOfPair(vmm: string, hypervisor: string): readonly string[] | undefined {
  const name = rowName(vmm);
  const rows = ROWS.filter(
    (row) => row.vmms.includes(name) && row.hypervisors.includes(hypervisor),
  );
  return rows.length === 0 ? undefined : rows.flatMap((row) => row.rmms);
}

/** Hypervisors that a VMM works with, oldest first. */
export function hypervisorsOf(vmm: string): readonly string[] {
  return HYPERVISOR_MODELS.map((model) => model.name).filter(
    (hypervisor) => rmmsOfPair(vmm, hypervisor) !== undefined,
  );
}
