import { describe, expect, test } from "vitest";
import { bytesSource } from "../../../src/hash/source.ts";
import { filesWith, standIn } from "./images.ts";
import {
  cellsAt,
  HOST,
  type LineOptions,
  launchLine,
  nodeAt,
  objectionOf,
  pciSpis,
  propertyAt,
  textAt,
  virtioSpis,
} from "./line.ts";

const IMAGE = "-c 1 -m 64M -k synk-a.img";
const BARE = `${IMAGE} --nodefaults -n mode=none`;

function bootargs(line: string | readonly string[], options?: LineOptions): string | undefined {
  return textAt(launchLine(line, options), "chosen", "bootargs");
}

const OWN_ROOT =
  " rw rootflags=trans=virtio,version=9p2000.L,cache=loose rootfstype=9p init=/virt/init";
const SHARED_ROOT = " rw rootflags=trans=virtio,version=9p2000.L,cache=loose rootfstype=9p";

describe("kernel command line", () => {
  test.each([
    [IMAGE, ` console=ttyS0${OWN_ROOT}  ip=dhcp`],
    [`${IMAGE} --no-dhcp`, ` console=ttyS0${OWN_ROOT}`],
    [`${IMAGE} -p quiet`, ` console=ttyS0${OWN_ROOT}  ip=dhcp quiet`],
    [`${IMAGE} -d share`, ` console=ttyS0${SHARED_ROOT}`],
    [`${IMAGE} -d share -d disk --no-dhcp`, ` console=ttyS0${SHARED_ROOT}`],
    [`${IMAGE} -d disk`, " console=ttyS0 root=/dev/vda rw "],
    [`${IMAGE} -i syni-a.bin`, " console=ttyS0 root=/dev/vda rw "],
    [`${IMAGE} -i syni-a.bin -p quiet`, " console=ttyS0 root=/dev/vda rw  quiet"],
    [`${IMAGE} -i syni-a.bin -p root=/dev/vdb`, " console=ttyS0 root=/dev/vdb"],
    [`${IMAGE} -i syni-a.bin -p nfsroot=x`, " console=ttyS0 nfsroot=x"],
    [`${IMAGE} -i syni-a.bin --console virtio`, " console=hvc0 root=/dev/vda rw "],
    [`${IMAGE} -i syni-a.bin --console hv`, " console=hvc0 root=/dev/vda rw "],
    [`${IMAGE} -i syni-a.bin --console serial1`, " console=ttyS0 root=/dev/vda rw "],
    [`${IMAGE} -i syni-a.bin --console none`, " root=/dev/vda rw "],
    [`${IMAGE} -i syni-a.bin --sdl --console virtio`, " console=tty0 root=/dev/vda rw "],
    [`${IMAGE} --nodefaults`, undefined],
    [`${IMAGE} --nodefaults -p quiet`, "quiet"],
    ["-c 1 -m 64M -f synfw-a.fd", undefined],
    ["-c 1 -m 64M -f synfw-a.fd -p quiet", "quiet"],
  ])("%s", (line, expected) => {
    expect(bootargs(line)).toBe(expected);
  });

  test("is bytes, and is cut to what fits kvmtool's buffer", () => {
    expect(bootargs([...BARE.split(" "), "-p", "käse"])).toBe("käse");
    const long = [...IMAGE.split(" "), "-d", "disk", "-p", "é".repeat(2000)];
    const value = propertyAt(launchLine(long), "chosen", "bootargs");
    expect(value).toHaveLength(2048);
    expect(value?.subarray(-3)).toEqual(new Uint8Array([0xc3, 0xa9, 0]));
  });

  test("kvmtool without its guest init has no root file system to make up", () => {
    const platform = { ...HOST, guestInit: false };
    expect(objectionOf(() => launchLine(IMAGE, { platform }))).toMatchObject({
      code: "HOST_REFUSED",
      message: expect.stringContaining("Guest init image not compiled in"),
    });
    expect(bootargs(`${IMAGE} -d disk`, { platform })).toContain("/dev/vda");
  });
});

describe("devices and their interrupts", () => {
  test.each([
    ["nothing asked for: 9p twice, network", "", "v3", [], [4, 5, 6]],
    ["the same on the memory bus", "--virtio-transport mmio", "v3", [4, 5, 6], []],
    ["the oldest default", "", "rfc1", [4, 5, 6], []],
    ["--force-pci beats it", "--force-pci", "rfc1", [], [4, 5, 6]],
    ["network only", "-i syni-a.bin", "v3", [], [4]],
    ["no network", "-i syni-a.bin -n mode=none", "v3", [], []],
    ["two of them", "-i syni-a.bin -n mode=none -n mode=user -n trans=mmio", "v3", [5], [4]],
    ["all kinds", "-d a -d b --balloon --rng --vsock 3 --console virtio", "v3", [], 7],
    ["vsock 0 is none", "-i syni-a.bin --vsock 0", "v3", [], [4]],
    ["fixed ranges", "-d a --rng", "v3-log", [], [64, 65, 66]],
    ["fixed ranges, memory bus", "-d a --virtio-transport mmio", "v2-dtb", [4, 5], []],
    ["fixed ranges, both", "-d a -n trans=mmio", "eac5-log", [4], [64]],
    ["devices passed through come first", "-d a --vfio-pci x", "v3-log", [], [64, 65, 66]],
  ])("%s: %s (%s)", (_about, options, version, mmio, pci) => {
    const launch = launchLine(`${IMAGE} ${options}`, { version });
    expect(virtioSpis(launch)).toEqual(mmio);
    const spis = pciSpis(launch);
    expect(spis).toEqual(typeof pci === "number" ? spis.map((_, i) => 4 + i) : pci);
    expect(spis).toHaveLength(typeof pci === "number" ? pci : pci.length);
  });

  test("numbers of one counter are kept in a byte", () => {
    const shares = Array.from({ length: 225 }, (_, i) => ["--9p", `s${i}`]).flat();
    const argv = [...BARE.split(" "), "--virtio-transport", "mmio", ...shares];
    const spis = virtioSpis(launchLine(argv));
    // 32 + 223 is the last one; then the byte starts anew, below the first shared interrupt.
    expect(spis.slice(218, 222)).toEqual([222, 223, 0xffff_ffe0, 0xffff_ffe1]);
  });

  test("a fixed range has an end", () => {
    const shares = Array.from({ length: 33 }, (_, i) => ["--9p", `s${i}`]).flat();
    const launch = (count: number): unknown =>
      launchLine([...BARE.split(" "), ...shares.slice(0, 2 * count)], { version: "v3-log" }).dtb;
    expect(launch(32)).toBeDefined();
    expect(objectionOf(() => launch(33))).toMatchObject({
      code: "HOST_REFUSED",
      message: expect.stringContaining("more than 32 devices on the pci bus"),
    });
  });

  test("a frame for message-signalled interrupts takes 64 lines of a GICv2m", () => {
    const launch = launchLine(`${BARE} --irqchip gicv2m --rng`);
    expect(cellsAt(launch, "U6_16550A@1000000", "interrupts")).toEqual([0, 64, 4]);
    expect(pciSpis(launch)).toEqual([68]);
  });

  test("passing devices through is modelled where their interrupts are known", () => {
    expect(objectionOf(() => launchLine(`${IMAGE} --vfio-pci x`).dtb)).toMatchObject({
      code: "HOST_NOT_MODELLED",
      pointer: "/host/args/8",
    });
  });

  test("a bus without devices has an empty map and no mask", () => {
    const launch = launchLine(BARE);
    expect(propertyAt(launch, "pci", "interrupt-map")).toHaveLength(0);
    expect(propertyAt(launch, "pci", "interrupt-map-mask")).toBeUndefined();
  });

  test("too many devices for the tree are refused", () => {
    const shares = Array.from({ length: 700 }, (_, i) => ["--9p", `s${i}`]).flat();
    const launch = launchLine([...BARE.split(" "), "--virtio-transport", "mmio", ...shares]);
    expect(objectionOf(() => launch.dtb).code).toMatch(/^(FDT|HOST)_REFUSED$/);
  });
});

describe("interrupt controller", () => {
  test.each([
    ["gicv3", "arm,gic-v3", [0, 0x3ffb_0000, 0, 0x4_0000], undefined],
    ["gicv3-its", "arm,gic-v3", [0, 0x3ffb_0000, 0, 0x4_0000], "arm,gic-v3-its"],
    ["gicv2", "arm,cortex-a15-gic", [0, 0x3ffd_0000, 0, 0x2_0000], undefined],
    ["gicv2m", "arm,cortex-a15-gic", [0, 0x3ffd_0000, 0, 0x2_0000], "arm,gic-v2m-frame"],
  ])("%s", (irqchip, compatible, second, msi) => {
    const launch = launchLine(`${BARE} -c 2 --irqchip ${irqchip}`);
    expect(textAt(launch, "intc", "compatible")).toBe(compatible);
    expect(cellsAt(launch, "intc", "reg").slice(4)).toEqual(second);
    expect(textAt(launch, "intc/msic", "compatible")).toBe(msi);
    expect(propertyAt(launch, "pci", "msi-parent") !== undefined).toBe(msi !== undefined);
  });

  test("is the platform's where the line does not choose, and assumed where that is silent", () => {
    const { irqchip: _, ...silent } = HOST;
    expect(nodeAt(launchLine(BARE), "intc/msic")).toBeUndefined();
    const launch = launchLine(BARE, { platform: silent });
    expect(nodeAt(launch, "intc/msic")).toBeDefined();
    expect(launch.assumed).toContainEqual({
      field: "irqchip",
      value: "gicv3-its",
      origin: "default",
    });
    const unknown = { ...HOST, irqchip: "gicv5" };
    expect(objectionOf(() => launchLine(BARE, { platform: unknown }).dtb)).toMatchObject({
      code: "HOST_PLATFORM",
      pointer: "/platform/irqchip",
    });
  });

  test("redistributors are counted by what was asked for, cpu nodes by what KVM gives", () => {
    const launch = launchLine(`${BARE} -c 6`, { platform: { ...HOST, maxCpus: 4 } });
    expect(cellsAt(launch, "intc", "reg").slice(4, 8)).toEqual([
      0,
      0x3fff_0000 - 0xc_0000,
      0,
      0xc_0000,
    ]);
    expect(nodeAt(launch, "cpus")?.children).toHaveLength(4);
  });

  test("the redistributors of too many CPUs do not fit", () => {
    const platform = { ...HOST, maxCpus: 1 << 20 };
    expect(objectionOf(() => launchLine(`${BARE} -c 100000`, { platform }).dtb)).toMatchObject({
      code: "HOST_REFUSED",
      message: expect.stringContaining("Failed to create virtual GIC"),
    });
  });

  test.each([
    [1, 0x108],
    [3, 0x708],
    [8, 0xff08],
    [9, 0xff08],
  ])("GICv2 has %s CPUs in the flags of private interrupts", (cpus, flags) => {
    const launch = launchLine(`${BARE} -c ${cpus} --irqchip gicv2 --pmu`);
    expect(cellsAt(launch, "timer", "interrupts")[2]).toBe(flags);
    expect(cellsAt(launch, "pmu", "interrupts")).toEqual([1, 7, flags - 4]);
  });
});

describe("CPUs", () => {
  test("have the affinities that KVM makes of their numbers", () => {
    const names = nodeAt(launchLine(`${BARE} -c 34`), "cpus")?.children.map(({ name }) => name);
    expect(names?.[15]).toBe("cpu@f");
    expect(names?.[16]).toBe("cpu@100");
    expect(names?.[33]).toBe("cpu@201");
  });

  test("are started by PSCI if there are several", () => {
    expect(textAt(launchLine(BARE), "cpus/cpu@0", "enable-method")).toBeUndefined();
    expect(textAt(launchLine(`${BARE} -c 2`), "cpus/cpu@1", "enable-method")).toBe("psci");
  });

  test("are called what the platform calls them", () => {
    const platform = { ...HOST, cpuCompatible: "arm,cortex-a57" };
    expect(textAt(launchLine(BARE, { platform }), "cpus/cpu@0", "compatible")).toBe(
      "arm,cortex-a57",
    );
  });
});

describe("PSCI", () => {
  test.each([
    ["", {}, "hvc", 0xc400_0001],
    ["--realm", {}, "smc", 0xc400_0001],
    ["--aarch32", {}, "hvc", 0x8400_0001],
    ["", { psci: "0.1" }, "hvc", 0x95c1_ba5e],
    ["--aarch32", { psci: "0.1" }, "hvc", 0x95c1_ba5e],
    ["", { psci: "1.1" }, "hvc", 0xc400_0001],
  ])("%s with %j is called by %s", (options, platform, method, suspend) => {
    const launch = launchLine(`${BARE} ${options}`, { platform: { ...HOST, ...platform } });
    expect(textAt(launch, "psci", "method")).toBe(method);
    expect(cellsAt(launch, "psci", "cpu_suspend")).toEqual([suspend]);
  });
});

describe("other nodes", () => {
  test("the seed is what the line gives, never random", () => {
    expect(cellsAt(launchLine(BARE), "chosen", "kaslr-seed")).toEqual([0, 0]);
    const launch = launchLine(`${BARE} --kaslr-seed 0x123456789`);
    expect(cellsAt(launch, "chosen", "kaslr-seed")).toEqual([1, 0x2345_6789]);
  });

  test("the timer's frequency is there if the line gives one", () => {
    expect(propertyAt(launchLine(BARE), "timer", "clock-frequency")).toBeUndefined();
    const line = `${BARE} --override-bad-firmware-cntfrq 62500000`;
    expect(cellsAt(launchLine(line), "timer", "clock-frequency")).toEqual([62500000]);
  });

  test("pKVM adds a pool that the PCI host refers to", () => {
    const launch = launchLine(`${BARE} --pkvm`);
    const pool = "reserved-memory/restricted_dma_reserved";
    expect(textAt(launch, pool, "compatible")).toBe("restricted-dma-pool");
    expect(cellsAt(launch, "pci", "memory-region")).toEqual(cellsAt(launch, pool, "phandle"));
  });

  test.each([
    [1, 1],
    [3 << 20, 2 << 20],
    [(1 << 24) - 1, 1 << 23],
    [40 << 20, 16 << 20],
  ])("a flash file of %s bytes shows as %s", (size, shown) => {
    const files = filesWith({ own: standIn(size) });
    const launch = launchLine(`${BARE} -F own`, { files });
    expect(cellsAt(launch, "flash", "reg")).toEqual([0, 0x200_0000, 0, shown]);
  });
});

describe("64 KiB behind the tree's address", () => {
  test("the string block's last bytes are there once more, then zeros", () => {
    const { dtb } = launchLine(BARE);
    expect(dtb).toHaveLength(0x10000);
    const size = new DataView(dtb.buffer, dtb.byteOffset).getUint32(4);
    expect(dtb.subarray(size, size + 8)).toEqual(dtb.subarray(size - 8, size));
    expect(dtb.subarray(size + 8).every((byte) => byte === 0)).toBe(true);
  });

  test("--dtb puts a file there as it is", () => {
    const tree = new Uint8Array([1, 2, 3]);
    const files = filesWith({ own: bytesSource(tree), whole: standIn(0x10000) });
    const { dtb } = launchLine(`${IMAGE} --dtb own`, { version: "v2-dtb", files });
    expect(dtb).toHaveLength(0x10000);
    expect(dtb.subarray(0, 4)).toEqual(new Uint8Array([1, 2, 3, 0]));
    const whole = launchLine(`${IMAGE} --dtb whole`, { version: "v3-log", files });
    expect(whole.dtb).toHaveLength(0x10000);
  });

  test.each([
    ["empty", "it is empty"],
    ["long", "it is longer than 65536 bytes"],
  ])("--dtb refuses a file that is %s", (name, reason) => {
    const files = filesWith({ empty: standIn(0), long: standIn(0x10001) });
    const line = `${IMAGE} --dtb ${name}`;
    const objection = objectionOf(() => launchLine(line, { version: "v2-dtb", files }).dtb);
    expect(objection).toMatchObject({ code: "HOST_ARGUMENT", pointer: "/host/args/8" });
    expect(objection.message).toContain(reason);
  });
});
