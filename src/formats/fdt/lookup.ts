/**
 * Finding nodes and properties in a blob the way libfdt finds them: by walking its tokens, with a
 * name that lacks a unit address matching one that has it. Offsets count from the start of the
 * structure block, as libfdt's do.
 *
 * @module
 */
import { FDT_PROP_HEAD_SIZE, FDT_TAG, type FdtBlob, FdtRefusal } from "./layout.ts";
import { nextTag, nextTagWithin, tagBounds } from "./tags.ts";
import { byteString } from "./tree.ts";
import { cString } from "./values.ts";

const AT_SIGN = 0x40;

/** A node met on a walk. */
export interface FdtNodeAt {
  readonly offset: number;
  /** 0 for the root. */
  readonly depth: number;
  /** The full name with its unit address; one byte a character. */
  readonly name: string;
}

/** A property found in a node. */
export interface FdtPropertyAt {
  /** Of its FDT_PROP token. */
  readonly offset: number;
  /** Bytes of its value, which starts 12 bytes behind `offset`. */
  readonly length: number;
}

/**
 * The offset behind a node's FDT_BEGIN_NODE and name.
 *
 * @throws FdtRefusal FDT_ERR_BADOFFSET if no node begins at `node`.
 */
export function behindNodeName(blob: FdtBlob, node: number): number {
  if (node < 0 || node % 4 !== 0) throw badOffset(node);
  const { tag, next } = nextTag(blob, node);
  if (tag !== FDT_TAG.beginNode) throw badOffset(node);
  return next;
}

/**
 * fdt_path_offset for an absolute path; aliases are not followed.
 *
 * @throws FdtRefusal FDT_ERR_NOTFOUND, or FDT_ERR_BADPATH unless `path` starts with `/`.
 */
export function findNode(blob: FdtBlob, path: string): number {
  if (!path.startsWith("/")) {
    throw new FdtRefusal("FDT_ERR_BADPATH", `"${path}" is not an absolute device tree path`);
  }
  let node = 0;
  for (const name of path.split("/")) {
    if (name === "") continue;
    const child = findChild(blob, node, name);
    if (child === undefined) {
      throw new FdtRefusal("FDT_ERR_NOTFOUND", `the device tree has no node ${path}`);
    }
    node = child;
  }
  return node;
}

/** Names that were looked up, since trees ask for the same few all the time. */
const KNOWN_NAMES = new Map<string, Uint8Array>();
const MOST_NAMES = 4096;

/** A name with its NUL; nobody may write into it. */
function nameBytes(name: string): Uint8Array {
  let bytes = KNOWN_NAMES.get(name);
  if (bytes === undefined) {
    bytes = cString(name);
    if (KNOWN_NAMES.size < MOST_NAMES) KNOWN_NAMES.set(name, bytes);
  }
  return bytes;
}

/** fdt_subnode_offset: the first child of that name, or of that name before its unit address. */
export function findChild(blob: FdtBlob, parent: number, name: string): number | undefined {
  const wanted = nameBytes(name).subarray(0, -1);
  let depth = 0;
  const bounds = tagBounds(blob);
  for (let at = behindNodeName(blob, parent); ; ) {
    const { tag, next } = nextTagWithin(blob, bounds, at);
    if (tag === FDT_TAG.beginNode) {
      depth += 1;
      if (depth === 1 && nameMatches(blob, at, wanted)) return at;
    } else if (tag === FDT_TAG.endNode) {
      depth -= 1;
      if (depth < 0) return undefined;
    } else if (tag === FDT_TAG.end) {
      return undefined;
    }
    at = next;
  }
}

/** The offset behind a node's FDT_END_NODE. @throws FdtRefusal FDT_ERR_NOTFOUND if it has none. */
export function nodeEnd(blob: FdtBlob, node: number): number {
  let depth = 0;
  const bounds = tagBounds(blob);
  for (let at = behindNodeName(blob, node); ; ) {
    const { tag, next } = nextTagWithin(blob, bounds, at);
    if (tag === FDT_TAG.beginNode) depth += 1;
    if (tag === FDT_TAG.endNode) depth -= 1;
    if (depth < 0) return next;
    if (tag === FDT_TAG.end) {
      throw new FdtRefusal("FDT_ERR_NOTFOUND", "a node of the device tree has no end");
    }
    at = next;
  }
}

/** fdt_get_property: the first property of that name in a node, FDT_NOPs skipped. */
export function findProperty(blob: FdtBlob, node: number, name: string): FdtPropertyAt | undefined {
  const wanted = nameBytes(name);
  const bounds = tagBounds(blob);
  for (let at = behindNodeName(blob, node); ; ) {
    const { tag, next } = nextTagWithin(blob, bounds, at);
    if (tag === FDT_TAG.prop) {
      const here = blob.get("offStruct") + at;
      const nameAt = blob.get("offStrings") + blob.view.getUint32(here + 8);
      if (holds(blob.bytes, nameAt, wanted) && isInStrings(blob, nameAt, wanted.length)) {
        return { offset: at, length: blob.view.getUint32(here + 4) };
      }
    } else if (tag === FDT_TAG.end) {
      throw new FdtRefusal("FDT_ERR_BADSTRUCTURE", "a node of the device tree has no end");
    } else if (tag !== FDT_TAG.nop) {
      return undefined;
    }
    at = next;
  }
}

/** The value of a property that was found, as a view into the blob. */
export function propertyValue(blob: FdtBlob, property: FdtPropertyAt): Uint8Array {
  const start = blob.get("offStruct") + property.offset + FDT_PROP_HEAD_SIZE;
  return blob.bytes.subarray(start, start + property.length);
}

/** All nodes in the order of the structure block. @throws FdtRefusal at a malformed token. */
export function listNodes(blob: FdtBlob): FdtNodeAt[] {
  const nodes: FdtNodeAt[] = [];
  let depth = 0;
  for (let at = 0; ; ) {
    const { tag, next } = nextTag(blob, at);
    if (tag === FDT_TAG.beginNode) {
      const start = blob.get("offStruct") + at + 4;
      const name = byteString(blob.bytes.subarray(start, blob.bytes.indexOf(0, start)));
      nodes.push({ offset: at, depth, name });
      depth += 1;
    }
    if (tag === FDT_TAG.endNode) depth -= 1;
    if (tag === FDT_TAG.end) return nodes;
    at = next;
  }
}

function nameMatches(blob: FdtBlob, node: number, wanted: Uint8Array): boolean {
  const start = blob.get("offStruct") + node + 4;
  if (!holds(blob.bytes, start, wanted)) return false;
  const behind = blob.bytes[start + wanted.length];
  return behind === 0 || (behind === AT_SIGN && !wanted.includes(AT_SIGN));
}

function holds(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) {
    if (bytes[at + i] !== wanted[i]) return false;
  }
  return true;
}

function isInStrings(blob: FdtBlob, at: number, length: number): boolean {
  const start = blob.get("offStrings");
  return at >= start && at + length <= start + blob.get("sizeStrings");
}

function badOffset(node: number): FdtRefusal {
  return new FdtRefusal("FDT_ERR_BADOFFSET", `no device tree node begins at offset ${node}`);
}
