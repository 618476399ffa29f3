/** The lines that every version is asked: what the options of the virt board do, one by one. */

import { CPU_MODELS } from "../../../src/host/vmm/qemu/cpu-models.ts";
import { machineTypesOf } from "../../../src/host/vmm/qemu/machine-types.ts";
import { type QemuRelease, releaseName } from "../../../src/host/vmm/qemu/versions.ts";
import { NAMES } from "./files.ts";

const MACHINE = [
  "gic-version=2",
  "gic-version=3",
  "gic-version=4",
  "gic-version=4,virtualization=on",
  "gic-version=max",
  "gic-version=max,virtualization=on",
  "gic-version=host",
  "gic-version=3,its=off",
  "gic-version=2,its=off",
  "gic-version=3,virtualization=on",
  "gic-version=3,secure=on",
  "gic-version=3,secure=on,virtualization=on",
  "gic-version=3,highmem=off",
  "gic-version=3,highmem-ecam=off",
  "gic-version=3,highmem-mmio=off",
  "gic-version=3,highmem-redists=off",
  "gic-version=3,compact-highmem=off",
  "gic-version=3,compact-highmem=off,highmem-ecam=off",
  "gic-version=3,highmem-mmio-size=1T",
  "gic-version=3,highmem-mmio-size=700G",
  "gic-version=3,iommu=smmuv3",
  "gic-version=3,iommu=smmuv3,default-bus-bypass-iommu=on",
  "gic-version=3,msi=off",
  "gic-version=3,msi=its",
  "gic-version=3,msi=gicv2m",
  "gic-version=2,msi=its",
  "gic-version=3,virtio-mmio-transports=0",
  "gic-version=3,virtio-mmio-transports=5",
  "gic-version=3,mte=on",
  "gic-version=3,ras=on",
  "gic-version=3,acpi=off",
  "gic-version=3,acpi=off,ras=on",
  "gic-version=3,usb=on",
  "gic-version=3,phandle-start=0x9000",
  "gic-version=3,nonsense=on",
  "gic-version=3,acpi=perhaps",
] as const;

const OTHER = [
  "-smp 2",
  "-smp 8",
  "-smp 9",
  "-smp 17",
  "-smp 124",
  "-smp 2,maxcpus=8",
  "-smp 8,sockets=2,cores=2,threads=2",
  "-smp 8,sockets=2,clusters=2,cores=2,threads=1",
  "-smp 4,sockets=2",
  "-smp 4,threads=2",
  "-smp 4,cores=3",
  "-smp cores=4",
  "-smp sockets=2,cores=2",
  "-smp 0",
  "-smp 4,maxcpus=2",
  "-smp 2 -smp cores=2",
  "-m 100",
  "-m 1.5G",
  "-m 3G",
  "-m size=1G,slots=2,maxmem=4G",
  "-m 1G,maxmem=4G",
  "-m 1G,slots=4,maxmem=300G",
  "-m 1G,slots=4,maxmem=600G",
  "-m 1G,slots=2",
  "-m 1G,maxmem=512M",
  "-serial null",
  "-serial null -serial null",
  "-serial none -serial null",
  "-nodefaults -serial null -serial null",
  "-nodefaults -device virtio-iommu-pci",
  "-nodefaults -device virtio-rng-pci -device virtio-iommu-pci",
  "-device virtio-iommu-pci,addr=5.1",
  "-nodefaults -device pcie-root-port,id=rp1,chassis=1 -device virtio-rng-pci,bus=rp1",
  "-device pxb-pcie,bus_nr=8",
  "-device ramfb",
  "-bios firmware.fd",
  "-bios firmware.fd -M acpi=off",
  "-bios firmware.fd -kernel image.img -initrd initrd.bin -append x",
  "-pflash code.fd",
  "-drive if=pflash,format=raw,unit=0,file=code.fd,readonly=on -drive if=pflash,format=raw,unit=1,file=vars.fd,snapshot=on",
  "-drive if=pflash,format=raw,unit=1,file=vars.fd,snapshot=on",
  "-bios firmware.fd -pflash code.fd",
  "-kernel image.img -append console=ttyAMA0",
  "-kernel image.img -append ",
  "-append console=ttyAMA0",
  "-initrd initrd.bin",
  "-kernel image.img -dtb user.dtb -append x",
  "-kernel image.img -m 64M -initrd initrd-large.bin",
  "-object memory-backend-ram,id=m0,size=512M -M memory-backend=m0",
  "-object memory-backend-ram,id=m0,size=256M -object memory-backend-ram,id=m1,size=256M -m 512M -smp 4 -numa node,memdev=m0,cpus=0-1 -numa node,memdev=m1,cpus=2-3",
  "-object memory-backend-ram,id=m0,size=256M -object memory-backend-ram,id=m1,size=256M -m 512M -smp 4 -numa node,memdev=m0 -numa node,memdev=m1 -numa dist,src=0,dst=1,val=20",
  "-m 512M -smp 2 -numa node,mem=256M -numa node,mem=256M",
  "-m 512M -numa node -numa node",
] as const;

function words(text: string): readonly string[] {
  const parts = text.split(" ");
  return parts.filter((word, i) => word !== "" || parts[i - 1] === "-append");
}

/** The lines for a release, without the program. */
export function fixedLines(release: QemuRelease): readonly (readonly string[])[] {
  const base = ["-M", "virt,gic-version=3", "-cpu", "max"];
  const types = machineTypesOf(release.release).map((type) => `virt-${releaseName(type)}`);
  const boots = NAMES.kernels.flatMap((kernel) => [
    ["-kernel", kernel],
    ...NAMES.initrds.map((initrd) => ["-kernel", kernel, "-initrd", initrd, "-append", "a=b"]),
  ]);
  return [
    base,
    ["-M", "virt"],
    ["-M", "virt", "-cpu", "max"],
    ...MACHINE.map((properties) => ["-M", `virt,${properties}`, "-cpu", "max"]),
    ...types.flatMap((type) => [
      ["-M", `${type},gic-version=3`, "-cpu", "max", "-smp", "2"],
      ["-M", type, "-cpu", "cortex-a57", "-smp", "2", "-bios", "firmware.fd"],
      ["-M", `${type},virtualization=on`, "-cpu", "max", "-kernel", "image.img"],
      ["-M", `${type},gic-version=3`, "-cpu", "max", "-m", "1G,slots=2,maxmem=2G"],
    ]),
    ...Object.keys(CPU_MODELS).flatMap((model) => [
      ["-M", "virt,gic-version=3", "-cpu", model, "-smp", "3"],
      ["-M", "virt,gic-version=3", "-cpu", `${model},pmu=off`, "-kernel", "image.img"],
    ]),
    ...OTHER.map((text) => [...base, ...words(text)]),
    ...boots.map((boot) => [...base, "-m", "512M", ...boot]),
  ];
}
