import { expect, test } from "vitest";
import { loadManifest } from "../../src/manifest/load.ts";
import { memoryFiles, refused } from "./memory-files.ts";

const access = memoryFiles({});

interface Row {
  readonly rmm?: string;
  readonly vmm: string;
  readonly hypervisor: string;
  readonly purpose?: "dtb" | "host" | "measure";
  readonly code: string;
  readonly pointer: string;
  readonly message: RegExp;
  readonly hint: RegExp;
}

const ROWS: readonly Row[] = [
  {
    vmm: "kvmtool/v2",
    hypervisor: "linux-kvm/v3",
    code: "HOST_IMPOSSIBLE_PAIR",
    pointer: "/rmm",
    message: /kvmtool\/v2 on linux-kvm\/v3 does not run on RMM 1\.0-rel0/,
    hint: /runs on 1\.0-eac5/,
  },
  {
    rmm: "2.0",
    vmm: "qemu/10.2.1+linaro-2026",
    hypervisor: "linux-kvm/v12",
    code: "HOST_IMPOSSIBLE_PAIR",
    pointer: "/rmm",
    message: /does not run on RMM 2\.0/,
    hint: /runs on 1\.0-rel0/,
  },
  {
    vmm: "kvmtool/rfc1",
    hypervisor: "linux-kvm/rfc1",
    code: "HOST_NOT_MODELLED",
    pointer: "/host/hypervisor",
    message: /the RMM under linux-kvm\/rfc1 is not modelled/,
    hint: /trace --layer host/,
  },
  {
    vmm: "qemu/10.0.13",
    hypervisor: "linux-kvm/v7",
    code: "HOST_IMPOSSIBLE_PAIR",
    pointer: "/host/hypervisor",
    message: /qemu\/10\.0\.13 does not run on linux-kvm\/v7/,
    hint: /launches no Realm; name a realm series/,
  },
  {
    vmm: "qemu/9.1.91+rfcv3",
    hypervisor: "linux-kvm/v7",
    code: "HOST_UNKNOWN_MODEL",
    pointer: "/host/vmm",
    message: /there is no VMM "qemu\/9\.1\.91\+rfcv3"/,
    hint: /did you mean "qemu\/9\.1\.91\+rfc-v3"\?/,
  },
  {
    vmm: "bhyve",
    hypervisor: "direct",
    code: "HOST_UNKNOWN_MODEL",
    pointer: "/host/vmm",
    message: /there is no VMM "bhyve"/,
    hint: /known: none, kvmtool\/rfc1, .*qemu\/10\.0\.13\+rfc-v3/,
  },
  {
    vmm: "none",
    hypervisor: "rim-measurer/eac5",
    code: "HOST_IMPOSSIBLE_PAIR",
    pointer: "/host/hypervisor",
    message: /none does not run on rim-measurer\/eac5/,
    hint: /none runs on direct, linux-kvm\/rfc1/,
  },
  {
    vmm: "none",
    hypervisor: "direct",
    purpose: "dtb",
    code: "HOST_NOT_MODELLED",
    pointer: "/host/vmm",
    message: /vmm "none" makes no device tree/,
    hint: /cca-rim models/,
  },
];

test.each(ROWS)("$vmm on $hypervisor", async (row) => {
  const { rmm = "1.0-rel0", vmm, hypervisor, purpose = "measure" } = row;
  const text = JSON.stringify({ manifest: 1, rmm, host: { vmm, hypervisor }, launch: [] });
  const error = await refused(() => loadManifest(text, "m.json", access, { purpose }));
  expect([error.code, error.where?.pointer]).toEqual([row.code, row.pointer]);
  expect(error.message).toMatch(row.message);
  expect(error.hint).toMatch(row.hint);
});
