/** Launches QEMU lines of a few words, for tests of one rule each. */
import { readFdt } from "../../../src/formats/fdt/reader.ts";
import type { FdtNode } from "../../../src/formats/fdt/tree.ts";
import type { FileLookup } from "../../../src/host/files.ts";
import type { Platform } from "../../../src/host/platform.ts";
import { launchQemu, type QemuLaunch } from "../../../src/host/vmm/qemu/launch.ts";
import { u64 } from "../../../src/units.ts";
import { filesWith } from "../kvmtool/images.ts";

/** A host that states everything that a line may leave to it. */
export const HOST: Platform = {
  breakpoints: 6,
  watchpoints: 4,
  sveVectorBits: 512,
  pmuCounters: 6,
  maxIpaBits: 48,
  irqchip: "gicv3-its",
  libfdt: "1.6.1",
  cpuCompatible: "arm,arm-v8",
  hostPageSize: 4096,
  kaslrSeed: u64(1n),
  rngSeed: "11".repeat(32),
  secureKaslrSeed: u64(2n),
  secureRngSeed: "22".repeat(32),
};

/** What a test changes about a launch. */
export interface LineOptions {
  readonly version?: string;
  readonly series?: string;
  readonly hypervisor?: string;
  readonly files?: FileLookup;
  readonly platform?: Platform;
  readonly measured?: boolean;
}

/** Words of a line: those of a text between blanks, then those given one by one. */
export function argvOf(line: string, words: readonly string[] = []): readonly string[] {
  const own = line.split(" ").filter((word) => word !== "");
  return ["qemu-system-aarch64", ...own, ...words];
}

/** Launches a line, by default of an ordinary 10.0. */
export function launchLine(
  line: string | readonly string[],
  {
    version = "10.0.13",
    series,
    hypervisor,
    files = filesWith(),
    platform = HOST,
    measured = true,
  }: LineOptions = {},
): QemuLaunch {
  return launchQemu({
    version,
    ...(series === undefined ? {} : { series }),
    ...(hypervisor === undefined ? {} : { hypervisor }),
    argv: typeof line === "string" ? argvOf(line) : line,
    files,
    platform,
    measured,
  });
}

/** The node at a path of the launch's tree; undefined if there is none. */
export function nodeAt({ dtb }: QemuLaunch, path: string): FdtNode | undefined {
  let node: FdtNode | undefined = readFdt(dtb).root;
  for (const name of path.split("/").filter((part) => part !== "")) {
    node = node?.children.find((child) => child.name === name);
  }
  return node;
}
