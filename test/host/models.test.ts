import { expect, test } from "vitest";
import {
  HYPERVISOR_MODELS,
  parseQemuName,
  QEMU_SERIES,
  RMM_MODELS,
  VMM_MODELS,
  vmmAbilities,
} from "../../src/host/models.ts";
import { hypervisorsOf, rmmsOfPair } from "../../src/host/pairs.ts";

test("names are unique", () => {
  const names = [...RMM_MODELS, ...HYPERVISOR_MODELS, ...VMM_MODELS].map((model) => model.name);
  expect(new Set(names).size).toBe(names.length);
});

test.each([
  ["qemu/10.0.13", { version: "10.0.13" }],
  ["qemu/9.1.91+rfc-v3", { version: "9.1.91", series: "rfc-v3" }],
  ["qemu/9.2", { version: "9.2" }],
  ["qemu/9.1.91+rfc-v9", undefined],
  ["qemu/latest", undefined],
  ["qemu/1.2.3.4", undefined],
  ["qemu/9.1.91+", undefined],
  ["kvmtool/v3", undefined],
])("%s", (name, expected) => {
  expect(parseQemuName(name)).toEqual(expected);
});

const V = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, i) => `linux-kvm/v${first + i}`);

test.each([
  ["kvmtool/rfc1", ["linux-kvm/rfc1"]],
  ["kvmtool/2023-08", ["linux-kvm/2023-08"]],
  ["kvmtool/eac5", ["linux-kvm/eac5", "rim-measurer/eac5"]],
  ["kvmtool/eac5-log", ["linux-kvm/eac5", "rim-measurer/eac5"]],
  ["kvmtool/v2", V(2, 11)],
  ["kvmtool/v2-dtb", V(2, 11)],
  ["kvmtool/v3", V(4, 11)],
  ["kvmtool/v3-64k", V(4, 11)],
  ["kvmtool/v3-sve", V(4, 11)],
  ["kvmtool/v3-log", V(4, 11)],
  ["qemu/8.0.0+rfc-v1", ["linux-kvm/rfc1"]],
  ["qemu/8.2.2+eac2", ["linux-kvm/2023-08", "linux-kvm/eac5"]],
  ["qemu/8.2.2+eac5", ["linux-kvm/2023-08", "linux-kvm/eac5"]],
  ["qemu/9.0.50+rfc-v2", V(2, 3)],
  ["qemu/9.1.91+rfc-v3", V(4, 11)],
  ["qemu/10.0.0+2025", V(4, 11)],
  ["qemu/10.2.1+linaro-2026", V(12, 16)],
  ["qemu/10.2.1+nvidia-2026", V(12, 16)],
  ["qemu/10.2.1", []],
])("%s runs on", (vmm, hypervisors) => {
  expect(hypervisorsOf(vmm)).toEqual(hypervisors);
});

test("every VMM runs somewhere, and launches without a VMM run on every KVM", () => {
  for (const { name } of VMM_MODELS) expect(hypervisorsOf(name), name).not.toEqual([]);
  for (const series of QEMU_SERIES) expect(hypervisorsOf(`qemu/9.0.0+${series}`)).not.toEqual([]);
  const all = HYPERVISOR_MODELS.map((model) => model.name);
  expect(hypervisorsOf("none")).toEqual(all.filter((name) => name !== "rim-measurer/eac5"));
});

test.each([
  ["kvmtool/rfc1", "linux-kvm/rfc1", []],
  ["kvmtool/eac5", "rim-measurer/eac5", ["1.0-eac5"]],
  ["kvmtool/v2", "linux-kvm/v3", ["1.0-eac5"]],
  ["kvmtool/v2", "linux-kvm/v4", ["1.0-rel0"]],
  ["kvmtool/v3", "linux-kvm/v11", ["1.0-rel0", "1.1"]],
  ["qemu/10.2.1+linaro-2026", "linux-kvm/v12", ["1.0-rel0"]],
  ["qemu/10.2.1+linaro-2026", "linux-kvm/v13", ["2.0"]],
  ["none", "direct", ["1.0-eac5", "1.0-rel0", "1.1", "2.0"]],
  ["none", "rim-measurer/eac5", undefined],
  ["kvmtool/v3", "direct", undefined],
])("%s on %s", (vmm, hypervisor, rmms) => {
  expect(rmmsOfPair(vmm, hypervisor)).toEqual(rmms);
});

test("a name that is not known can do nothing", () => {
  expect(vmmAbilities("none")).toContain("measure");
  expect(vmmAbilities("nothing/1")).toEqual([]);
});
