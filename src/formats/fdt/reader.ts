/**
 * Reads a flattened device tree from bytes that may be anything.
 *
 * Limits, so that no input makes it slow or large: 16 MiB of totalsize, 2^18 nodes and properties
 * and reservations together, 64 levels (as many as Linux reads), names of 255 bytes.
 * @see Devicetree Specification v0.4 chapter 5
 *
 * @module
 */
import { CcaRimError } from "../../errors.ts";
import {
  FDT_HEADER,
  FDT_HEADER_SIZE,
  FDT_PROP_HEAD_SIZE,
  FDT_RESERVE_ENTRY_SIZE,
  FDT_TAG,
  FDT_VERSION,
  FdtBlob,
  type FdtHeaderField,
  tagAlign,
} from "./layout.ts";
import {
  byteString,
  type FdtNode,
  type FdtProperty,
  type FdtReservation,
  type FdtTree,
  printableName,
} from "./tree.ts";

const MAX_TOTAL_SIZE = 16 * 1024 * 1024;
const MAX_ITEMS = 1 << 18;
const MAX_DEPTH = 64;
const MAX_NAME = 255;
/** Before version 16 node names were whole paths and values aligned to 8: nothing writes that. */
const OLDEST_VERSION = 16;

/**
 * Whether bytes begin with the magic number of a device tree.
 */
export function looksLikeFdt(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && byteString(bytes.subarray(0, 4)) === "\xd0\x0d\xfe\xed";
}

/**
 * Decodes a blob. Bytes beyond its totalsize, padding and FDT_NOP tokens are passed over.
 *
 * @returns the tree; property values are views into `bytes`.
 * @throws CcaRimError FDT_FORMAT with the byte offset, and the node's path in the message.
 */
export function readFdt(bytes: Uint8Array): FdtTree {
  if (!looksLikeFdt(bytes))
    throw malformed("not a device tree: it does not start with d00dfeed", 0);
  if (bytes.length < FDT_HEADER_SIZE) throw malformed("the header is cut off", bytes.length);
  const blob = new FdtBlob(bytes);
  const header = readHeader(blob);
  const budget: Budget = { left: MAX_ITEMS };
  const reservations = readReservations(blob, budget);
  const { root, size } = new StructureReader(blob, budget).read();
  const sizeStruct = header.version < FDT_VERSION ? size : header.sizeStruct;
  return { header: { ...header, sizeStruct }, reservations, root };
}

/** How many more nodes, properties and reservations may come. */
interface Budget {
  left: number;
}

function spend(budget: Budget, offset: number): void {
  budget.left -= 1;
  if (budget.left < 0) throw malformed(`more than ${MAX_ITEMS} nodes and properties`, offset);
}

function readHeader(blob: FdtBlob): Record<FdtHeaderField, number> {
  const header: Record<FdtHeaderField, number> = { ...FDT_HEADER };
  for (const field of Object.keys(FDT_HEADER) as FdtHeaderField[]) header[field] = blob.get(field);
  checkVersion(header);
  const { totalSize } = header;
  if (totalSize > MAX_TOTAL_SIZE) {
    throw malformed(`totalsize ${totalSize} is above ${MAX_TOTAL_SIZE}`, FDT_HEADER.totalSize);
  }
  if (totalSize > blob.bytes.length) {
    throw malformed(
      `the tree is cut off: totalsize is ${totalSize}, there are ${blob.bytes.length} bytes`,
      FDT_HEADER.totalSize,
    );
  }
  checkBlock(header, "offMemRsvmap", FDT_RESERVE_ENTRY_SIZE, 8);
  checkBlock(header, "offStruct", header.version < FDT_VERSION ? 4 : header.sizeStruct, 4);
  checkBlock(header, "offStrings", header.sizeStrings, 1);
  return header;
}

function checkVersion({ version, lastCompVersion }: Record<FdtHeaderField, number>): void {
  if (lastCompVersion > FDT_VERSION) {
    throw malformed(
      `version ${version} is readable from version ${lastCompVersion} on only`,
      FDT_HEADER.lastCompVersion,
    );
  }
  if (version < OLDEST_VERSION) {
    throw malformed(`version ${version} is older than ${OLDEST_VERSION}`, FDT_HEADER.version);
  }
}

/** A block begins behind the header, on its boundary, and ends within the tree. */
function checkBlock(
  header: Record<FdtHeaderField, number>,
  field: "offMemRsvmap" | "offStruct" | "offStrings",
  size: number,
  alignment: number,
): void {
  const offset = header[field];
  const headerSize = header.version < FDT_VERSION ? FDT_HEADER.sizeStruct : FDT_HEADER_SIZE;
  if (offset < headerSize || offset + size > header.totalSize) {
    throw malformed(`${field} ${offset} with ${size} bytes leaves the tree`, FDT_HEADER[field]);
  }
  if (offset % alignment !== 0) {
    throw malformed(`${field} ${offset} is no multiple of ${alignment}`, FDT_HEADER[field]);
  }
}

/** Entries up to the first of size 0, which is where libfdt, dtc and Linux stop. */
function readReservations(blob: FdtBlob, budget: Budget): FdtReservation[] {
  const found: FdtReservation[] = [];
  const last = blob.get("totalSize") - FDT_RESERVE_ENTRY_SIZE;
  for (let at = blob.get("offMemRsvmap"); at <= last; at += FDT_RESERVE_ENTRY_SIZE) {
    const size = blob.view.getBigUint64(at + 8);
    if (size === 0n) return found;
    spend(budget, at);
    found.push({ offset: at, address: blob.view.getBigUint64(at), size });
  }
  throw malformed("the memory reservation block has no end", blob.get("offMemRsvmap"));
}

interface OpenNode extends FdtNode {
  readonly properties: FdtProperty[];
  readonly children: FdtNode[];
}

/** Walks the structure block once, without recursion. */
class StructureReader {
  readonly #blob: FdtBlob;
  readonly #budget: Budget;
  readonly #end: number;
  readonly #open: OpenNode[] = [];
  readonly #names = new Map<number, string>();
  #root: FdtNode | undefined;
  #at: number;

  constructor(blob: FdtBlob, budget: Budget) {
    this.#blob = blob;
    this.#budget = budget;
    this.#at = blob.get("offStruct");
    this.#end =
      blob.get("version") < FDT_VERSION ? blob.get("totalSize") : this.#at + blob.get("sizeStruct");
  }

  read(): { root: FdtNode; size: number } {
    while (this.#step()) {
      // each step takes one token
    }
    if (this.#root === undefined) throw malformed("there is no root node", this.#at);
    return { root: this.#root, size: this.#at - this.#blob.get("offStruct") };
  }

  /** Takes a token; returns false behind FDT_END. */
  #step(): boolean {
    const at = this.#at;
    if (at + 4 > this.#end) throw this.#wrong("the structure block ends without FDT_END");
    const tag = this.#blob.view.getUint32(at);
    this.#at += 4;
    if (tag === FDT_TAG.nop) return true;
    if (tag === FDT_TAG.beginNode) this.#beginNode(at);
    else if (tag === FDT_TAG.prop) this.#property(at);
    else if (tag === FDT_TAG.endNode) this.#endNode(at);
    else if (tag === FDT_TAG.end && this.#open.length === 0) return false;
    else if (tag === FDT_TAG.end) throw this.#wrong("FDT_END inside a node", at);
    else throw this.#wrong(`unknown token 0x${tag.toString(16)}`, at);
    return true;
  }

  #beginNode(at: number): void {
    spend(this.#budget, at);
    const parent = this.#open.at(-1);
    if (parent === undefined && this.#root !== undefined) throw this.#wrong("a second root", at);
    if (this.#open.length >= MAX_DEPTH) throw this.#wrong(`more than ${MAX_DEPTH} levels`, at);
    const name = this.#text(this.#at, this.#end, "node name");
    this.#at = tagAlign(this.#at + name.length + 1);
    const node: OpenNode = {
      name,
      path: pathOf(parent, name),
      offset: at,
      properties: [],
      children: [],
    };
    if (parent === undefined) this.#root = node;
    else parent.children.push(node);
    this.#open.push(node);
  }

  #property(at: number): void {
    spend(this.#budget, at);
    const node = this.#open.at(-1);
    if (node === undefined) throw this.#wrong("a property outside the root node", at);
    if (at + FDT_PROP_HEAD_SIZE > this.#end) throw this.#wrong("a property is cut off", at);
    const start = at + FDT_PROP_HEAD_SIZE;
    const end = start + this.#blob.view.getUint32(at + 4);
    if (end > this.#end) throw this.#wrong("a property's value leaves the structure block", at);
    const name = this.#propertyName(this.#blob.view.getUint32(at + 8), at);
    node.properties.push({ name, offset: at, value: this.#blob.bytes.subarray(start, end) });
    this.#at = tagAlign(end);
  }

  #propertyName(nameOffset: number, at: number): string {
    const known = this.#names.get(nameOffset);
    if (known !== undefined) return known;
    const size = this.#blob.get("sizeStrings");
    if (nameOffset >= size) throw this.#wrong("a property's name leaves the strings block", at);
    const start = this.#blob.get("offStrings");
    const name = this.#text(start + nameOffset, start + size, "property name");
    this.#names.set(nameOffset, name);
    return name;
  }

  #endNode(at: number): void {
    if (this.#open.pop() === undefined) throw this.#wrong("FDT_END_NODE outside a node", at);
  }

  #text(start: number, end: number, what: string): string {
    const limit = Math.min(end, start + MAX_NAME + 1);
    const nul = this.#blob.bytes.subarray(start, limit).indexOf(0);
    if (nul >= 0) return byteString(this.#blob.bytes.subarray(start, start + nul));
    throw this.#wrong(
      limit < end ? `a ${what} of more than ${MAX_NAME} bytes` : `a ${what} without an end`,
      start,
    );
  }

  #wrong(message: string, offset: number = this.#at): CcaRimError {
    const node = this.#open.at(-1);
    return malformed(node === undefined ? message : `${message}, in ${node.path}`, offset);
  }
}

function pathOf(parent: FdtNode | undefined, name: string): string {
  if (parent === undefined) return "/";
  return `${parent.path === "/" ? "" : parent.path}/${printableName(name)}`;
}

function malformed(what: string, offset: number): CcaRimError {
  return new CcaRimError("FDT_FORMAT", `device tree: ${what}`, {
    where: { offset },
  });
}
