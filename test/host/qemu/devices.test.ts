/** Devices: which slots they take, which do not go together, what they add to the tree. */
import { describe, expect, test } from "vitest";
import { placePci } from "../../../src/host/vmm/qemu/pci-slots.ts";
import { argvOf, launchLine, nodeAt } from "./line.ts";

const V = "-M virt,gic-version=3,dtb-randomness=off -cpu max -nodefaults";

/** Unit addresses of virtio-iommu below the host bridge. */
function iommus(line: string): readonly string[] {
  const pcie = nodeAt(launchLine(line), "/pcie@10000000");
  return (pcie?.children ?? []).map(({ name }) => name);
}

describe("slots of the root bus", () => {
  test.each([
    ["-device virtio-iommu-pci", "virtio_iommu@1,0"],
    ["-device virtio-rng-pci -device virtio-iommu-pci", "virtio_iommu@2,0"],
    ["-device virtio-rng-device -device virtio-iommu-pci", "virtio_iommu@1,0"],
    ["-device virtio-iommu-pci,addr=5", "virtio_iommu@5,0"],
    ["-device virtio-iommu-pci,addr=0x1f.0x7", "virtio_iommu@1f,7"],
    ["-device virtio-rng-pci,addr=1 -device virtio-iommu-pci", "virtio_iommu@2,0"],
    [
      "-device pcie-root-port,id=p,chassis=1 -device e1000,bus=p -device virtio-iommu-pci",
      "virtio_iommu@2,0",
    ],
    ["-netdev user,id=n -device virtio-iommu-pci", "virtio_iommu@1,0"],
    [
      "-device pcie-root-port,addr=1.0,multifunction=on,chassis=1 -device pcie-root-port,addr=1.1,chassis=2 -device virtio-iommu-pci",
      "virtio_iommu@2,0",
    ],
  ])("%s", (words, name) => {
    expect(iommus(`${V} ${words}`)).toEqual([name]);
  });

  test("the board's own NIC comes first", () => {
    const line = V.replace(" -nodefaults", "");
    expect(iommus(`${line} -device virtio-iommu-pci`)).toEqual(["virtio_iommu@2,0"]);
    expect(iommus(`${line} -net none -device virtio-iommu-pci`)).toEqual(["virtio_iommu@1,0"]);
  });

  test("devices of the line that are written as JSON", () => {
    const device = '{"driver":"virtio-iommu-pci","addr":"0x4"}';
    expect(iommus(argvOf(V, ["-device", device]).slice(1).join(" "))).toEqual(["virtio_iommu@4,0"]);
  });

  test("drives come after devices, and devices in JSON last", () => {
    const json = '{"driver":"virtio-rng-pci"}';
    const of = (...words: readonly string[]): readonly string[] => {
      const pcie = nodeAt(launchLine(argvOf(V, words)), "/pcie@10000000");
      return (pcie?.children ?? []).map(({ name }) => name);
    };
    expect(of("-hda", "disk", "-device", "virtio-iommu-pci")).toEqual(["virtio_iommu@1,0"]);
    expect(of("-device", json, "-device", "virtio-iommu-pci")).toEqual(["virtio_iommu@1,0"]);
    const late = json.replace("rng", "iommu");
    expect(of("-device", late, "-drive", "file=disk")).toEqual(["virtio_iommu@2,0"]);
  });

  test.each([
    ["-device pxb-pcie,bus_nr=8 -hda disk", /Only PCI\/PCIe bridges/],
    ["-device virtio-rng-pci -device virtio-iommu-pci,addr=1", /slot 1 function 0 not available/],
    [
      "-device virtio-rng-pci,addr=3 -device virtio-iommu-pci,addr=3.2",
      /can't be populated in function 3\.2/,
    ],
    [
      "-device virtio-rng-pci,addr=1.2 -device virtio-scsi-pci",
      /1\.0 indicates single function, but 1\.2/,
    ],
    [
      "-device pxb-pcie,bus_nr=8 -device virtio-rng-pci",
      /Only PCI\/PCIe bridges can be plugged into pxb-pcie/,
    ],
    ["-device virtio-iommu-pci,addr=33", /doesn't take value '33'/],
    ["-device virtio-iommu-pci -device virtio-iommu-pci", /does not support multiple IOMMUs/],
    ["-M iommu=smmuv3 -device virtio-iommu-pci", /does not support multiple IOMMUs/],
    ["-M its=off -device edu", /MSI is not supported/],
    ["-device arm-smmuv3,primary-bus=pcie.0", /pluggable device type/],
  ])("%s is refused", (words, message) => {
    expect(() => launchLine(`${V} ${words}`)).toThrow(message);
  });

  test("a device that nobody knows hides the slots behind it", () => {
    expect(() => launchLine(`${V} -device strange -device virtio-iommu-pci`)).toThrow(/no telling/);
    expect(iommus(`${V} -device strange -device virtio-iommu-pci,addr=4`)).toEqual([
      "virtio_iommu@4,0",
    ]);
    expect(placePci([{ driver: "strange", properties: [], index: 3 }], 0).stranger?.index).toBe(3);
  });
});

test("lengths of vectors must go together under TCG, too", () => {
  const cpu = (features: string) => (): unknown => launchLine(V.replace("max", `max,${features}`));
  expect(cpu("sve=off,sve256=on")).toThrow(/cannot enable sve256/);
  expect(cpu("sve=off,sve-max-vq=4")).toThrow(/cannot enable sve512/);
  expect(cpu("sve512=on,sve256=off")).toThrow(/cannot disable sve256/);
  expect(cpu("sve128=off")).toThrow(/cannot disable sve128/);
  expect(cpu("sve384=off,sve512=on")).not.toThrow();
});
