/** Devices for random lines. */
import type { Chance } from "./random.ts";

const DEVICES: readonly (readonly string[])[] = [
  ["-device", "virtio-net-pci,romfile="],
  ["-device", "virtio-rng-pci"],
  ["-device", "virtio-rng-device"],
  ["-device", "virtio-balloon-pci"],
  ["-device", "virtio-serial-pci"],
  ["-device", "virtio-serial-device"],
  ["-device", "virtio-scsi-pci"],
  ["-device", "virtio-gpu-pci"],
  ["-device", "virtio-keyboard-pci"],
  ["-device", "virtio-iommu-pci"],
  ["-device", "virtio-iommu-pci,addr=7"],
  ["-device", "virtio-iommu-pci,bus=pcie.0,addr=03.2"],
  [
    "-drive",
    "if=none,id=d0,format=raw,file=disk.img,snapshot=on",
    "-device",
    "virtio-blk-pci,drive=d0",
  ],
  [
    "-drive",
    "if=none,id=d1,format=raw,file=disk.img,snapshot=on",
    "-device",
    "virtio-blk-device,drive=d1",
  ],
  ["-drive", "if=virtio,format=raw,file=disk.img,snapshot=on"],
  ["-device", "pcie-root-port,id=rp1,chassis=1"],
  ["-device", "pcie-root-port,chassis=2"],
  ["-device", "pcie-pci-bridge"],
  ["-device", "pxb-pcie,bus_nr=8,id=pxb1"],
  ["-device", "qemu-xhci"],
  ["-device", "usb-ehci"],
  ["-device", "e1000,romfile="],
  ["-device", "e1000e,romfile="],
  ["-device", "nvme,serial=x"],
  ["-device", "ahci"],
  ["-device", "edu"],
  ["-device", "ramfb"],
  ["-device", "i6300esb"],
  ["-device", "pvpanic-pci"],
  ["-device", "bochs-display"],
  ["-device", "ivshmem-plain,memdev=shm", "-object", "memory-backend-ram,id=shm,size=1M"],
  ["-nic", "user,model=virtio-net-pci"],
  ["-net", "nic"],
];

/** Devices of a line, most often none. */
export function randomDevices(chance: Chance): readonly string[] {
  return chance.happens(0.5) ? [] : chance.someOf(DEVICES, 0.07).flat();
}
