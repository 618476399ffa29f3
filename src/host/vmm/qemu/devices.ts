/**
 * `-device`: the few devices that change the device tree. All others leave it alone: the guest
 * finds them by looking at its buses.
 *
 * @see QEMU hw/arm/virt.c (virt_machine_device_plug_cb), hw/core/sysbus-fdt.c
 * @module
 */
import type { LineDevice, QemuConfig } from "./config.ts";
import type { GicPlan } from "./gic.ts";
import { devfnOf, placePci, propertyOf } from "./pci-slots.ts";
import { notModelled, refuseArgument, refuseLaunch } from "./refusal.ts";
import type { QemuRelease } from "./versions.ts";

/** A device with a place on the platform bus. */
export interface PlatformDevice {
  readonly driver: "tpm-tis-device" | "arm-smmuv3" | "ramfb";
  /** Offset in the bus, in bytes. */
  readonly offset: number;
  /** Its first interrupt, counted from the bus's own. */
  readonly irq: number;
  /** The PCI bus behind an SMMU. */
  readonly primaryBus: string | undefined;
}

/** The devices that matter. */
export interface DevicePlan {
  /** Nodes made as devices are plugged, in order: IOMMUs. */
  readonly iommus: readonly (
    | { readonly kind: "virtio-iommu"; readonly devfn: number }
    | ({ readonly kind: "smmuv3" } & PlatformDevice)
  )[];
  readonly platform: readonly PlatformDevice[];
}

/** What decides about devices. */
export interface DeviceContext {
  readonly config: QemuConfig;
  readonly release: QemuRelease;
  readonly gic: GicPlan;
  readonly realm: boolean;
  readonly firmwareLoaded: boolean;
  /** Whether ACPI's generic event device is there, which memory is plugged through. */
  readonly hasEventDevice: boolean;
}

const NOT_FOLLOWED: Readonly<Record<string, string>> = {
  "guest-loader": "it adds nodes below /chosen",
  "uefi-vars-sysbus": "it adds a node to the platform bus",
  "vfio-platform": "its node depends on the host",
  "vfio-calxeda-xgmac": "its node depends on the host",
  "vfio-amd-xgbe": "its node depends on the host",
};
const NOT_IN_REALMS: Readonly<Record<string, string>> = {
  loader: "it puts bytes into memory that count",
  "pc-dimm": "memory that is plugged is not part of the Realm's RAM",
  nvdimm: "memory that is plugged is not part of the Realm's RAM",
};
/** Ports, which have a PCIe bus of their own. */
const PORTS: readonly string[] = [
  "pcie-root-port",
  "ioh3420",
  "x3130-upstream",
  "xio3130-downstream",
];

/** Bytes and interrupts that a device takes on the platform bus. */
const PLATFORM: Readonly<Record<PlatformDevice["driver"], readonly [size: number, irqs: number]>> =
  {
    "tpm-tis-device": [0x5000, 0],
    "arm-smmuv3": [0x2_0000, 4],
    // The frame buffer is told to fw_cfg.
    ramfb: [0, 0],
  };

function check({ driver, index }: LineDevice, context: DeviceContext): void {
  const { gic, release, realm, hasEventDevice } = context;
  const reason = NOT_FOLLOWED[driver] ?? (realm ? NOT_IN_REALMS[driver] : undefined);
  if (reason !== undefined) {
    throw notModelled(`-device ${driver} is not modelled: ${reason}`, index, "leave it out");
  }
  if (driver === "nvdimm" && release.has("pmemNodes")) {
    throw notModelled("-device nvdimm is not modelled: it adds a node", index, "leave it out");
  }
  if (gic.msi === "none" && PORTS.includes(driver) && release.has("portsNeedMsi")) {
    throw refuseArgument(`${driver}: MSI-X is not supported by interrupt controller`, index);
  }
  if ((driver === "pc-dimm" || driver === "nvdimm") && !hasEventDevice) {
    const reason = "memory hotplug is not enabled: missing acpi-ged device";
    throw refuseArgument(reason, index, "it comes with firmware and acpi=on");
  }
  if (gic.msi === "none" && driver === "edu") {
    throw refuseArgument("MSI is not supported by interrupt controller", index);
  }
  if (driver === "arm-smmuv3" && !release.has("smmuDevice")) {
    throw refuseArgument("Parameter 'driver' expects a pluggable device type", index);
  }
}

/** Gives devices of the platform bus the first place that is free. */
class PlatformBus {
  readonly #taken: (readonly [start: number, end: number])[] = [];
  #irq = 0;

  place(driver: PlatformDevice["driver"], device: LineDevice): PlatformDevice {
    const [size, irqs] = PLATFORM[driver];
    const offset = this.#free(size);
    const irq = this.#irq;
    this.#taken.push([offset, offset + size]);
    this.#irq += irqs;
    return { driver, offset, irq, primaryBus: propertyOf(device.properties, "primary-bus") };
  }

  /** Aligned to the size, rounded up to a power of two. */
  #free(size: number): number {
    if (size === 0) return 0;
    const step = 2 ** Math.ceil(Math.log2(size));
    let at = 0;
    while (this.#taken.some(([start, end]) => at < end && start < at + size)) at += step;
    return at;
  }
}

function checkVirtioIommu(
  { index }: LineDevice,
  { config, release, firmwareLoaded }: DeviceContext,
  iommus: DevicePlan["iommus"],
): void {
  const { settings, machine } = config;
  const another = settings.iommu !== "none" || iommus.some(({ kind }) => kind === "virtio-iommu");
  if (another && release.has("oneIommu")) {
    throw refuseArgument("virt machine does not support multiple IOMMUs", index);
  }
  if (release.has("iommuWithoutAcpi") && firmwareLoaded && settings.acpi) {
    const reason = "machine fails to create iommu-map device tree bindings";
    throw refuseArgument(`${machine.name} ${reason}`, index, "use -machine acpi=off");
  }
}

function planVirtioIommu(
  device: LineDevice,
  { config }: DeviceContext,
): DevicePlan["iommus"][number] {
  if ((propertyOf(device.properties, "bus") ?? "pcie.0") !== "pcie.0") {
    throw notModelled("virtio-iommu-pci on another bus is not modelled", device.index, "pcie.0 is");
  }
  return { kind: "virtio-iommu", devfn: devfnOf(device, config.devices, config.nics) };
}

/**
 * Finds the devices that matter.
 *
 * @throws CcaRimError HOST_ARGUMENT, HOST_REFUSED for devices that QEMU refuses;
 *   HOST_NOT_MODELLED for those that the model does not follow.
 */
export function planDevices(context: DeviceContext): DevicePlan {
  const { config } = context;
  placePci(config.devices, config.nics);
  const bus = new PlatformBus();
  const iommus: DevicePlan["iommus"][number][] = [];
  const platform: PlatformDevice[] = [];
  for (const device of config.devices) {
    check(device, context);
    const { driver } = device;
    if (/^virtio-iommu(-pci.*)?$/.test(driver)) {
      checkVirtioIommu(device, context, iommus);
      iommus.push(planVirtioIommu(device, context));
    } else if (driver === "arm-smmuv3") {
      checkSmmu(config, iommus, device);
      iommus.push({ kind: "smmuv3", ...bus.place(driver, device) });
    } else if (driver === "tpm-tis-device" || driver === "ramfb") {
      platform.push(bus.place(driver, device));
    }
  }
  if (platform.filter(({ driver }) => driver === "tpm-tis-device").length > 1) {
    throw refuseLaunch("at most one TPM device is permitted");
  }
  return { iommus, platform };
}

function checkSmmu(config: QemuConfig, iommus: DevicePlan["iommus"], device: LineDevice): void {
  const legacy = config.settings.iommu === "smmuv3";
  if (legacy || iommus.some(({ kind }) => kind === "virtio-iommu")) {
    const other = legacy ? "iommu=smmuv3" : "virtio-iommu";
    const reason = `virt machine already has ${other} set. Doesn't support incompatible iommus`;
    throw refuseArgument(reason, device.index);
  }
  const bus = propertyOf(device.properties, "primary-bus");
  if (bus === undefined) {
    throw refuseArgument("SMMU is not attached to any PCI bus!", device.index);
  }
  const earlier = config.devices.slice(0, config.devices.indexOf(device));
  const isNamelessPort = ({ driver, properties }: LineDevice): boolean =>
    PORTS.includes(driver) && propertyOf(properties, "id") === undefined;
  if (bus === "pcie.0" && earlier.some(isNamelessPort)) {
    const hint = "give the port before it an id";
    throw refuseArgument("Path 'pcie.0' does not uniquely identify an object", device.index, hint);
  }
  if (config.settings.bypassIommu) {
    const reason = "Bypass option cannot be set for SMMUv3 associated PCIe RC";
    throw refuseArgument(reason, device.index);
  }
}
