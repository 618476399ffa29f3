/**
 * Builds a device tree the way a VMM's source reads: nested nodes, properties with typed values,
 * in order. The bytes are those of libfdt's sequential writer.
 *
 * ```ts
 * const buffer = buildFdt({ bufferSize: 0x10000, libfdt: "1.6.1", packed: true }, (root) => {
 *   root.u32("interrupt-parent", 1);
 *   root.string("compatible", "linux,dummy-virt");
 *   root.node("memory", (memory) => {
 *     memory.string("device_type", "memory");
 *     memory.u64("reg", 0x8000_0000n, ramSize);
 *   });
 * });
 * ```
 *
 * @module
 */
import { openInto, pack } from "./relocate.ts";
import { bytesOfByteString, type FdtNode, type FdtTree } from "./tree.ts";
import { stringsValue, u32Value, u64Value } from "./values.ts";
import { FdtSequentialWriter } from "./writer.ts";

/** A node being written. Properties come before child nodes, in the order of the calls. */
export interface FdtNodeBuilder {
  /** A property with these bytes. */
  bytes(name: string, value: Uint8Array): void;
  /** A property without a value: its presence says it all. */
  empty(name: string): void;
  /** One string; bytes are taken as they are, in either case a NUL is put behind. */
  string(name: string, text: string | Uint8Array): void;
  /** A list of strings, each with its NUL. */
  strings(name: string, texts: readonly string[]): void;
  /** 32-bit cells, any number of them (none: an empty value). */
  u32(name: string, ...cells: readonly number[]): void;
  /** 64-bit values of two cells each, such as the address and size pairs of `reg`. */
  u64(name: string, ...values: readonly (bigint | number)[]): void;
  /** A child node; `body` writes what is in it. */
  node(name: string, body: (node: FdtNodeBuilder) => void): void;
}

/** How a tree is made. */
export interface BuildFdtOptions {
  /** Bytes of the buffer that the VMM gives fdt_create, and of the one it opens the tree into. */
  readonly bufferSize: number;
  /** The libfdt release the VMM is linked with; 1.6.1 if absent. */
  readonly libfdt?: string;
  /**
   * Whether the finished tree is opened into a second, zeroed buffer of the same size and packed
   * there (fdt_open_into, fdt_pack), as kvmtool does; else the first buffer is the result.
   */
  readonly packed?: boolean;
  /** Memory reservations, u64 address and size each. */
  readonly reservations?: readonly (readonly [address: bigint, size: bigint])[];
}

/**
 * Writes a tree whose root `body` fills.
 *
 * @returns the whole buffer of `bufferSize` bytes, with what libfdt leaves behind the tree in it;
 *   `fdtTotalSize` of layout.ts tells where the tree ends.
 * @throws FdtRefusal FDT_ERR_NOSPACE if the tree does not fit.
 * @throws CcaRimError MANIFEST_VALUE if `libfdt` is not a release number.
 */
export function buildFdt(
  options: BuildFdtOptions,
  body: (root: FdtNodeBuilder) => void,
): Uint8Array {
  return build(options, (writer) => nodeBuilder(writer).node("", body));
}

/**
 * Writes a tree that was read: the same reservations, nodes and properties in the same order.
 *
 * @returns and throws as {@link buildFdt}; `options.reservations` come before the tree's own.
 */
export function rebuildFdt(tree: FdtTree, options: BuildFdtOptions): Uint8Array {
  const own = tree.reservations.map(({ address, size }): [bigint, bigint] => [address, size]);
  const reservations = [...(options.reservations ?? []), ...own];
  return build({ ...options, reservations }, (writer) => copyNode(writer, tree.root));
}

function copyNode(writer: FdtSequentialWriter, node: FdtNode): void {
  writer.beginNode(bytesOfByteString(node.name));
  for (const { name, value } of node.properties) writer.property(bytesOfByteString(name), value);
  for (const child of node.children) copyNode(writer, child);
  writer.endNode();
}

function build(options: BuildFdtOptions, body: (writer: FdtSequentialWriter) => void): Uint8Array {
  const libfdt = options.libfdt === undefined ? {} : { libfdt: options.libfdt };
  const writer = new FdtSequentialWriter(options.bufferSize, libfdt);
  for (const [address, size] of options.reservations ?? []) writer.addReservation(address, size);
  writer.finishReservations();
  body(writer);
  const finished = writer.finish();
  if (options.packed !== true) return finished;
  const opened = new Uint8Array(options.bufferSize);
  openInto(finished, opened);
  pack(opened);
  return opened;
}

function nodeBuilder(writer: FdtSequentialWriter): FdtNodeBuilder {
  const builder: FdtNodeBuilder = {
    bytes: (name, value) => writer.property(name, value),
    empty: (name) => writer.property(name, new Uint8Array(0)),
    string: (name, text) => writer.property(name, stringsValue([text])),
    strings: (name, texts) => writer.property(name, stringsValue(texts)),
    u32: (name, ...cells) => writer.property(name, u32Value(cells)),
    u64: (name, ...values) => writer.property(name, u64Value(values)),
    node: (name, body) => {
      writer.beginNode(name);
      body(builder);
      writer.endNode();
    },
  };
  return builder;
}
