/**
 * Which slot of the PCIe root bus a device gets: the one it asks for, else the first free one.
 *
 * @see QEMU hw/pci/pci.c (do_pci_register_device)
 * @module
 */
import type { LineDevice } from "./config.ts";
import type { KeyValue } from "./key-values.ts";
import { notModelled, refuseArgument } from "./refusal.ts";

const PCI_NAMES: readonly string[] = [
  "e1000.*",
  "igb",
  "rtl8139",
  "pcnet",
  "ne2k_pci",
  "i8255.*",
  "tulip",
  "vmxnet3",
  "nvme",
  "qemu-xhci",
  "nec-usb-xhci",
  "usb-ehci",
  "ich9-.*",
  "piix.-usb-uhci",
  "pci-.*",
  "pcie-.*",
  "ioh3420",
  "x3130-upstream",
  "xio3130-downstream",
  "pxb.*",
  "VGA",
  "secondary-vga",
  "bochs-display",
  "cirrus-vga",
  "qxl.*",
  "virtio-vga.*",
  "ahci",
  "megasas.*",
  "lsi53c.*",
  "mptsas1068",
  "pvscsi",
  "am53c974",
  "dc390",
  "intel-hda",
  "AC97",
  "ES1370",
  "edu",
  "ivshmem-.*",
  "i6300esb",
  "sdhci-pci",
  "virtio-(net|blk|scsi|serial|rng|balloon|gpu|gpu-gl|9p|keyboard|mouse|tablet|input-host|iommu|crypto|mem|pmem)",
];
const PCI = new RegExp(`-pci(-non-transitional|-transitional)?$|^(${PCI_NAMES.join("|")})$`);
const ELSEWHERE =
  /-device$|^(usb-(?!ehci).*|scsi-.*|ide-.*|virtserialport|virtconsole|sd-card|emmc|pc-dimm|nvdimm|loader|ramfb|isa-.*|nvme-.+|hda-.*|u2f-.*|arm-smmuv3|i2c-.*)$/;

/** The last value of a property. */
export function propertyOf(pairs: readonly KeyValue[], key: string): string | undefined {
  return pairs.findLast((pair) => pair.key === key)?.value;
}

/** `slot` or `slot.function`, hexadecimal, as devfn. */
function parseAddress(text: string, index: number): number {
  const match = /^(?:0x)?([0-9a-f]{1,2})(?:\.([0-7]))?$/i.exec(text);
  const slot = Number.parseInt(match?.[1] ?? "", 16);
  if (match === null || slot > 31) {
    throw refuseArgument(`Property 'addr' doesn't take value '${text}'`, index);
  }
  return slot * 8 + Number(match[2] ?? "0");
}

/**
 * The device and function number of a device of the line.
 *
 * @param nics NICs that the board makes before any device of the line.
 * @throws CcaRimError HOST_NOT_MODELLED if devices before it might take slots, or not.
 */
export function devfnOf(target: LineDevice, devices: readonly LineDevice[], nics: number): number {
  const taken = new Set<number>([0, ...Array.from({ length: nics }, (_, i) => 8 * (i + 1))]);
  for (const device of devices) {
    const address = propertyOf(device.properties, "addr");
    const bus = propertyOf(device.properties, "bus") ?? "pcie.0";
    const isPci = PCI.test(device.driver);
    if (device === target && address !== undefined) return parseAddress(address, device.index);
    if (!(isPci || ELSEWHERE.test(device.driver))) {
      const hint = "give virtio-iommu-pci a place with addr=, and put it first";
      throw notModelled(`no telling whether ${device.driver} takes a PCI slot`, device.index, hint);
    }
    if (!isPci || bus !== "pcie.0") continue;
    const devfn = address === undefined ? firstFree(taken) : parseAddress(address, device.index);
    if (device === target) return devfn;
    taken.add(devfn);
  }
  throw new RangeError('"target" expected one of the devices');
}

function firstFree(taken: ReadonlySet<number>): number {
  let devfn = 0;
  while (taken.has(devfn)) devfn += 8;
  return devfn;
}
