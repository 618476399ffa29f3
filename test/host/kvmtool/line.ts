/** Launches lines of a few words, for tests of one rule each. */
import { CcaRimError } from "../../../src/errors.ts";
import { readFdt } from "../../../src/formats/fdt/reader.ts";
import type { FdtNode } from "../../../src/formats/fdt/tree.ts";
import type { FileLookup } from "../../../src/host/files.ts";
import type { Platform } from "../../../src/host/platform.ts";
import type { VmmRequest } from "../../../src/host/requests.ts";
import { type KvmtoolLaunch, launchKvmtool } from "../../../src/host/vmm/kvmtool/launch.ts";
import { u64 } from "../../../src/units.ts";
import { filesWith } from "./images.ts";

/** A host that states everything that a line may leave to it. */
export const HOST: Platform = {
  breakpoints: 6,
  watchpoints: 4,
  sveVectorBits: 2048,
  pmuCounters: 31,
  maxIpaBits: 48,
  cpus: 2,
  ramSize: u64(64n << 30n),
  irqchip: "gicv3",
};

/** What a test changes about a launch. */
export interface LineOptions {
  readonly version?: string;
  readonly hypervisor?: string;
  readonly files?: FileLookup;
  readonly platform?: Platform;
}

/** Words of a line: those of a text between blanks, or given one by one. */
export function argvOf(line: string | readonly string[]): readonly string[] {
  const words = typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line;
  return ["lkvm", "run", ...words];
}

/** Launches what follows `lkvm run`, by default as v3 does. */
export function launchLine(
  line: string | readonly string[],
  { version = "v3", hypervisor, files = filesWith(), platform = HOST }: LineOptions = {},
): KvmtoolLaunch {
  const pair = hypervisor === undefined ? { version } : { version, hypervisor };
  return launchKvmtool({ ...pair, argv: argvOf(line), files, platform });
}

/** What a user sees of an error. */
export interface Objection {
  readonly code: string;
  readonly message: string;
  readonly pointer: string | undefined;
  readonly hint: string | undefined;
}

/** The error of an action that must fail. */
export function objectionOf(action: () => unknown): Objection {
  try {
    action();
  } catch (error) {
    if (!(error instanceof CcaRimError)) throw error;
    const { code, message, where, hint } = error;
    return { code, message, pointer: where?.pointer, hint };
  }
  throw new Error("nothing was refused");
}

/** The requests of one kind. */
export function requestsOf<K extends VmmRequest["request"]>(
  launch: KvmtoolLaunch,
  kind: K,
): Extract<VmmRequest, { readonly request: K }>[] {
  return launch.requests.filter(
    (request): request is Extract<VmmRequest, { readonly request: K }> => request.request === kind,
  );
}

/** The names of a launch's requests, in order. */
export function sequenceOf(launch: KvmtoolLaunch): string[] {
  return launch.requests.map((request) => request.request);
}

/** The node of the tree at a path ("" is the root), or undefined. */
export function nodeAt(launch: KvmtoolLaunch, path: string): FdtNode | undefined {
  let node: FdtNode | undefined = readFdt(launch.dtb).root;
  for (const name of path.split("/").filter((part) => part !== "")) {
    node = node?.children.find((child) => child.name === name);
  }
  return node;
}

/** The value of a property, or undefined. */
export function propertyAt(
  launch: KvmtoolLaunch,
  path: string,
  name: string,
): Uint8Array | undefined {
  return nodeAt(launch, path)?.properties.find((property) => property.name === name)?.value;
}

/** A property of 32-bit cells. */
export function cellsAt(launch: KvmtoolLaunch, path: string, name: string): number[] {
  const value = propertyAt(launch, path, name) ?? new Uint8Array(0);
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return Array.from({ length: value.length / 4 }, (_, cell) => view.getUint32(cell * 4));
}

/** A property of one text, without its NUL; undefined without the property. */
export function textAt(launch: KvmtoolLaunch, path: string, name: string): string | undefined {
  const value = propertyAt(launch, path, name);
  return value && new TextDecoder().decode(value.subarray(0, -1));
}

/** SPI numbers of the virtio devices on the memory bus, in order. */
export function virtioSpis(launch: KvmtoolLaunch): number[] {
  const names = nodeAt(launch, "")?.children.map(({ name }) => name) ?? [];
  return names
    .filter((name) => name.startsWith("virtio@"))
    .map((name) => cellsAt(launch, name, "interrupts")[1] ?? -1);
}

/** SPI numbers of the devices on the PCI bus, in order. */
export function pciSpis(launch: KvmtoolLaunch): number[] {
  const map = cellsAt(launch, "pci", "interrupt-map");
  return map.filter((_, cell) => cell % 10 === 8);
}
