/**
 * Direct boot and firmware boot: what is loaded where before the device tree is finished.
 *
 * @see QEMU hw/arm/boot.c (arm_load_kernel)
 * @module
 */
import type { FileLookup } from "../../files.ts";
import type { NamedFile, QemuConfig } from "./config.ts";
import { type Blob, type LoadedKernel, loadInitrd, loadKernel } from "./kernel-image.ts";
import { RAM_BASE } from "./memory-map.ts";
import { alignUp, KIB, MIB } from "./numbers.ts";
import { argumentPointer, refuseArgument, refuseLaunch } from "./refusal.ts";
import type { QemuRelease } from "./versions.ts";

/** How a machine boots. */
export interface BootPlan {
  readonly kind: "direct" | "firmware";
  readonly kernel: LoadedKernel | undefined;
  readonly initrd: Blob | undefined;
  readonly dtbAddress: bigint;
  /** The tree must end here or before; 0: nowhere. */
  readonly dtbLimit: bigint;
  /** Whether an address of a Linux kernel was booted, which decides PSCI. */
  readonly isLinux: boolean;
  readonly stub: boolean;
}

/** What decides how a machine boots. */
export interface BootContext {
  readonly config: QemuConfig;
  readonly release: QemuRelease;
  readonly files: FileLookup;
  readonly aarch64: boolean;
  /** Whether QEMU writes its own start code. */
  readonly stub: boolean;
}

const INITRD_MAX_OFFSET = 128n * MIB;
const PAGE = 4n * KIB;

function open(files: FileLookup, { name, index }: NamedFile): LoadedFile {
  return { source: files.resolve(name, argumentPointer(index)).source, index };
}

interface LoadedFile {
  readonly source: ReturnType<FileLookup["resolve"]>["source"];
  readonly index: number;
}

/** Where an initrd goes, or would go: DTBs are placed behind it. */
function initrdPlace(kernel: LoadedKernel, ramSize: bigint): bigint {
  const half = ramSize / 2n;
  const far = RAM_BASE + (half < INITRD_MAX_OFFSET ? half : INITRD_MAX_OFFSET);
  return alignUp(kernel.high > far ? kernel.high : far, PAGE);
}

function placeInitrd(context: BootContext, start: bigint): Blob | undefined {
  const { config, files, release } = context;
  const { initrd } = config.settings;
  if (initrd === undefined) return undefined;
  const ramEnd = RAM_BASE + config.memory.size;
  if (start >= ramEnd) throw refuseLaunch("not enough space after kernel to load initrd");
  const { source, index } = open(files, initrd);
  const data = loadInitrd(source);
  if (data.size === 0 && release.has("emptyFileRefused")) {
    throw refuseArgument(`could not load initrd '${initrd.name}': empty file`, index);
  }
  const size = BigInt(data.size);
  if (start + size > ramEnd) {
    const reason = "too big to fit into RAM after the kernel";
    throw refuseArgument(`could not load initrd '${initrd.name}': ${reason}`, index);
  }
  return { label: "initrd", address: start, source: data, size };
}

function linuxBoot(context: BootContext, kernel: LoadedKernel): BootPlan {
  const { config, aarch64, stub } = context;
  const start = initrdPlace(kernel, config.memory.size);
  const initrd = placeInitrd(context, start);
  const dtbAddress = alignUp(start + (initrd?.size ?? 0n), aarch64 ? 2n * MIB : PAGE);
  if (dtbAddress >= RAM_BASE + config.memory.size) {
    throw refuseLaunch("Not enough space for DTB after kernel/initrd");
  }
  return { kind: "direct", kernel, initrd, dtbAddress, dtbLimit: 0n, isLinux: true, stub };
}

/** Nothing but the kernel is loaded; the tree goes to the base of RAM if that is free. */
function bareBoot(kernel: LoadedKernel): BootPlan {
  const free = kernel.kind === "elf" && (kernel.low > RAM_BASE || kernel.high < RAM_BASE);
  return {
    kind: "direct",
    kernel,
    initrd: undefined,
    dtbAddress: free ? RAM_BASE : 0n,
    dtbLimit: free && kernel.low >= RAM_BASE ? kernel.low : 0n,
    isLinux: false,
    stub: false,
  };
}

/** Firmware finds the tree at the base of RAM and asks fw_cfg for the rest. */
const FIRMWARE_BOOT: BootPlan = {
  kind: "firmware",
  kernel: undefined,
  initrd: undefined,
  dtbAddress: RAM_BASE,
  dtbLimit: 0n,
  isLinux: false,
  stub: false,
};

/**
 * Works out what is loaded where.
 *
 * @param firmwareLoaded whether there is firmware; without a kernel the machine boots that way, too.
 * @throws CcaRimError HOST_ARGUMENT, HOST_REFUSED for what does not fit; FILE_*
 */
export function planBoot(context: BootContext, firmwareLoaded: boolean): BootPlan {
  const { config, release, files, aarch64, stub } = context;
  const { kernel: named } = config.settings;
  if (named === undefined || firmwareLoaded) return FIRMWARE_BOOT;
  const { source, index } = open(files, named);
  const kernel = loadKernel(source, { release, aarch64, stub, index });
  if (kernel.size > config.memory.size) {
    const sizes = `kernel size ${kernel.size}, RAM size ${config.memory.size}`;
    throw refuseArgument(`kernel '${named.name}' is too large to fit in RAM (${sizes})`, index);
  }
  return kernel.kind === "linux" ? linuxBoot(context, kernel) : bareBoot(kernel);
}
