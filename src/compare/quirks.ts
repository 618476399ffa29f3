/**
 * What programs that are no RMM, or VMMs that nobody modelled, measure otherwise: applied to a
 * launch that the models ran. No edit of a manifest says these things.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import { FDT_PROP_HEAD_SIZE } from "../formats/fdt/layout.ts";
import { looksLikeFdt, readFdt } from "../formats/fdt/reader.ts";
import type { FdtNode, FdtTree } from "../formats/fdt/tree.ts";
import { bytesSource, type MemoryContent } from "../hash/source.ts";
import { GRANULE_SIZE } from "../units.ts";
import type { RecordedLaunch, Slot, Stretch } from "./stretches.ts";

/** One such thing. */
export interface Quirk {
  /** For data, e.g. "rec-all". */
  readonly id: string;
  /** What is measured otherwise, and by whom, in one line. */
  readonly text: string;
  /** The launch as that program measures it; undefined if it makes no difference here. */
  readonly apply: (launch: RecordedLaunch) => RecordedLaunch | undefined;
}

/** A REC that may not run has nothing but zeros to measure. */
const IDLE_REC: Stretch = { kind: "rec", params: new Uint8Array(GRANULE_SIZE) };

const allRecs: Quirk = {
  id: "rec-all",
  text: "every REC is measured, as lkvm-rim-measurer and TF-RMM before 2023-08 do, not only the runnable one",
  apply(launch) {
    if (launch.recs < 2) return undefined;
    const others = Array.from({ length: launch.recs - 1 }, () => IDLE_REC);
    const stretches = launch.stretches.flatMap((stretch): readonly Stretch[] =>
      stretch.kind === "rec" ? [stretch, ...others] : [stretch],
    );
    return { ...launch, stretches };
  },
};

const noRec: Quirk = {
  id: "rec-none",
  text: "no REC is measured",
  apply: (launch) => ({
    ...launch,
    stretches: launch.stretches.filter(({ kind }) => kind !== "rec"),
  }),
};

const ripasPages: Quirk = {
  id: "ripas-pages",
  text: "RIPAS is measured page by page, as lkvm-rim-measurer does, not in the largest entries that fit",
  apply(launch) {
    const isCoarse = (stretch: Stretch): boolean =>
      stretch.kind === "ripas" && stretch.entrySize !== GRANULE_SIZE;
    if (!launch.stretches.some(isCoarse)) return undefined;
    const stretches = launch.stretches.map((stretch) =>
      stretch.kind === "ripas" ? { ...stretch, entrySize: GRANULE_SIZE } : stretch,
    );
    return { ...launch, stretches };
  },
};

const noRipas: Quirk = {
  id: "ripas-none",
  text: "RIPAS is not measured, as in RMM 2.0",
  apply(launch) {
    const stretches = launch.stretches.filter(({ kind }) => kind !== "ripas");
    return stretches.length === launch.stretches.length ? undefined : { ...launch, stretches };
  },
};

/** The largest content that is looked at as a device tree. */
const LARGEST_TREE = 4 * 1024 * 1024;

function bytesOf({ size, segments }: MemoryContent): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const { at, source, from, length } of segments) {
    source.read(from, bytes.subarray(at, at + length));
  }
  return bytes;
}

/** The bytes of a slot, if it holds a device tree from its start on. */
function treeBytes({ content }: Slot): Uint8Array | undefined {
  const [first] = content.segments;
  if (content.size > LARGEST_TREE || first === undefined || first.at > 0 || first.length < 4) {
    return undefined;
  }
  const head = new Uint8Array(4);
  first.source.read(first.from, head);
  return looksLikeFdt(head) ? bytesOf(content) : undefined;
}

/** The launch with other bytes in its device trees; undefined if there is none to change. */
function withTrees(
  launch: RecordedLaunch,
  change: (bytes: Uint8Array) => Uint8Array | undefined,
): RecordedLaunch | undefined {
  let changed = false;
  const slots = launch.slots.map((slot): Slot => {
    const bytes = treeBytes(slot);
    const other = bytes === undefined ? undefined : change(bytes);
    if (other === undefined) return slot;
    changed = true;
    const source = bytesSource(other);
    const segments = [{ at: 0, source, from: 0, length: other.length }];
    return { ...slot, content: { size: slot.content.size, segments } };
  });
  return changed ? { ...launch, slots } : undefined;
}

function zeroPadding(bytes: Uint8Array, node: FdtNode): void {
  for (const { offset, value } of node.properties) {
    const end = offset + FDT_PROP_HEAD_SIZE + value.length;
    bytes.fill(0, end, Math.ceil(end / 4) * 4);
  }
  for (const child of node.children) zeroPadding(bytes, child);
}

/** The tree of some bytes; undefined if they only begin like one. */
function treeOf(bytes: Uint8Array): FdtTree | undefined {
  try {
    return readFdt(bytes);
  } catch (error) {
    if (error instanceof CcaRimError) return undefined;
    throw error;
  }
}

const cleanTree: Quirk = {
  id: "tree-clean",
  text: "the device tree has zeros where its VMM leaves old bytes behind, as trees of dtc and other libraries do",
  apply: (launch) =>
    withTrees(launch, (bytes) => {
      const tree = treeOf(bytes);
      if (tree === undefined) return undefined;
      // slice() of a Buffer would share its bytes.
      const clean = new Uint8Array(bytes);
      zeroPadding(clean, tree.root);
      clean.fill(0, tree.header.totalSize);
      return clean.every((byte, i) => byte === bytes[i]) ? undefined : clean;
    }),
};

const exactTree: Quirk = {
  id: "tree-exact",
  text: "the device tree is loaded without the space behind it, as VMMs do that load it from a file",
  apply(launch) {
    let changed = false;
    const stretches = launch.stretches.map((stretch) => {
      if (stretch.kind !== "data" || !("slot" in stretch.content)) return stretch;
      const slot = launch.slots[stretch.content.slot];
      const bytes = slot === undefined ? undefined : treeBytes(slot);
      const tree = bytes === undefined ? undefined : treeOf(bytes);
      if (tree === undefined || stretch.content.first > 0) return stretch;
      const pages = Math.ceil(tree.header.totalSize / GRANULE_SIZE);
      if (pages >= stretch.pages) return stretch;
      changed = true;
      return { ...stretch, pages };
    });
    return changed ? { ...launch, stretches } : undefined;
  },
};

/** All of them, the likelier ones first. */
export const QUIRKS: readonly Quirk[] = [allRecs, ripasPages, cleanTree, exactTree, noRipas, noRec];
