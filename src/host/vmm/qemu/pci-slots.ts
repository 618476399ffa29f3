/**
 * Which slot of the PCIe root bus a device gets: the one it asks for, else the first free one.
 *
 * @see QEMU hw/pci/pci.c (do_pci_register_device)
 * @module
 */
import type { LineDevice } from "./config.ts";
import type { KeyValue } from "./key-values.ts";
import { parseSwitch } from "./numbers.ts";
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
  const match = /^(?:0x)?([0-9a-f]{1,2})(?:\.(?:0x)?([0-7]))?$/i.exec(text);
  const slot = Number.parseInt(match?.[1] ?? "", 16);
  if (match === null || slot > 31) {
    throw refuseArgument(`Property 'addr' doesn't take value '${text}'`, index);
  }
  return slot * 8 + Number(match[2] ?? "0");
}

/** Devices behind which other devices sit; only those can be plugged into a pxb-pcie. */
const BRIDGES: readonly string[] = [
  "pcie-root-port",
  "ioh3420",
  "pcie-pci-bridge",
  "pci-bridge",
  "x3130-upstream",
  "xio3130-downstream",
  "i82801b11-bridge",
];

interface Taken {
  /** By devfn: whether the device says that there are more functions in its slot. */
  readonly functions: Map<number, boolean>;
}

/** One function a slot, unless function 0 says that there are more. */
function checkFunctions({ functions }: Taken, devfn: number, device: LineDevice): void {
  const slot = (devfn >> 3).toString(16);
  const place = devfn & 7;
  if (place !== 0) {
    if (functions.get(devfn - place) !== false) return;
    const reason = `PCI: single function device can't be populated in function ${slot}.${place}`;
    throw refuseArgument(reason, device.index);
  }
  if (functions.get(devfn) === true) return;
  const other = [1, 2, 3, 4, 5, 6, 7].find((more) => functions.has(devfn + more));
  if (other === undefined) return;
  const reason = `PCI: ${slot}.0 indicates single function, but ${slot}.${other} is already populated.`;
  throw refuseArgument(reason, device.index);
}

function placeOne(taken: Taken, device: LineDevice): number {
  const { functions } = taken;
  const address = propertyOf(device.properties, "addr");
  const devfn = address === undefined ? firstFree(functions) : parseAddress(address, device.index);
  if (functions.has(devfn)) {
    const where = `slot ${devfn >> 3} function ${devfn & 7}`;
    throw refuseArgument(`PCI: ${where} not available for ${device.driver}`, device.index);
  }
  const multifunction = propertyOf(device.properties, "multifunction") ?? "off";
  functions.set(devfn, parseSwitch(multifunction) === true);
  checkFunctions(taken, devfn, device);
  return devfn;
}

/**
 * Device and function numbers on the root bus, of the devices of the line that are on it.
 *
 * @param nics NICs that the board makes before any device of the line.
 * @returns up to the first device of which is not known whether it takes a slot, and that device.
 * @throws CcaRimError HOST_ARGUMENT for devices that do not go together.
 */
export function placePci(
  devices: readonly LineDevice[],
  nics: number,
): { readonly devfns: ReadonlyMap<LineDevice, number>; readonly stranger?: LineDevice } {
  const own = Array.from({ length: nics + 1 }, (_, i) => [8 * i, false] as const);
  const taken: Taken = { functions: new Map(own) };
  const devfns = new Map<LineDevice, number>();
  let expander = false;
  for (const device of devices) {
    const { driver, properties, index } = device;
    const bus = propertyOf(properties, "bus");
    if (!PCI.test(driver)) {
      if (!ELSEWHERE.test(driver)) return { devfns, stranger: device };
    } else if (bus === undefined && expander) {
      // The bus that was made last is found first.
      if (!BRIDGES.includes(driver)) {
        const reason = "PCI: Only PCI/PCIe bridges can be plugged into pxb-pcie";
        throw refuseArgument(reason, index, "name another bus with bus=");
      }
    } else if ((bus ?? "pcie.0") === "pcie.0") devfns.set(device, placeOne(taken, device));
    expander ||= driver === "pxb-pcie";
  }
  return { devfns };
}

/**
 * The device and function number of a device of the line.
 *
 * @param nics as for {@link placePci}.
 * @throws CcaRimError HOST_NOT_MODELLED if devices before it might take slots, or not.
 */
export function devfnOf(target: LineDevice, devices: readonly LineDevice[], nics: number): number {
  const { devfns, stranger } = placePci(devices, nics);
  const devfn = devfns.get(target);
  if (devfn !== undefined) return devfn;
  const address = propertyOf(target.properties, "addr");
  if (address !== undefined) return parseAddress(address, target.index);
  const hint = "give virtio-iommu-pci a place with addr=, and put it first";
  const name = stranger?.driver ?? target.driver;
  throw notModelled(`no telling whether ${name} takes a PCI slot`, target.index, hint);
}

function firstFree(taken: ReadonlyMap<number, unknown>): number {
  let devfn = 0;
  while (taken.has(devfn)) devfn += 8;
  return devfn;
}
