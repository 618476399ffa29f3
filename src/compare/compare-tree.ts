/**
 * What two device trees differ in, as text.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";
import { diffFdt, type FdtDifference } from "../formats/fdt/diff.ts";
import { valueText } from "../formats/fdt/dts.ts";
import type { FdtPlace } from "../formats/fdt/locate.ts";
import { looksLikeFdt } from "../formats/fdt/reader.ts";
import { hexU64 } from "../units.ts";
import type { TreeComparison, TreeDifference } from "./effects.ts";

function reservationText(
  entries: readonly { readonly address: bigint; readonly size: bigint }[],
): string {
  return entries.map(({ address, size }) => `${hexU64(address)}+${hexU64(size)}`).join(", ");
}

/** An empty property has no value to show. */
const shown = (text: string): string => (text === "" ? "(empty)" : text);

function differenceText(difference: FdtDifference): TreeDifference {
  switch (difference.kind) {
    case "header": {
      const { field, a, b } = difference;
      return { change: "changed", path: null, name: field, a: hexU64(a), b: hexU64(b) };
    }
    case "reservations": {
      const { a, b } = difference;
      const [one, other] = [reservationText(a), reservationText(b)];
      return { change: "changed", path: null, name: "reservations", a: one, b: other };
    }
    case "node-removed":
      return { change: "removed", path: difference.path, name: null, a: null, b: null };
    case "node-added":
      return { change: "added", path: difference.path, name: null, a: null, b: null };
    case "property-removed": {
      const { path, name, value } = difference;
      return { change: "removed", path, name, a: shown(valueText(value)), b: null };
    }
    case "property-added": {
      const { path, name, value } = difference;
      return { change: "added", path, name, a: null, b: shown(valueText(value)) };
    }
    case "property-changed": {
      const { path, name, a, b } = difference;
      return { change: "changed", path, name, a: shown(valueText(a)), b: shown(valueText(b)) };
    }
    case "property-order":
    case "node-order": {
      const { path, a, b } = difference;
      return { change: "order", path, name: null, a: a.join(", "), b: b.join(", ") };
    }
  }
}

function placeText(place: FdtPlace): string {
  switch (place.kind) {
    case "header":
      return `header field ${place.field}`;
    case "reservations":
      return "memory reservations";
    case "node":
      return `node ${place.path}`;
    case "property": {
      const what = { head: "head of", value: "value of", padding: "padding bytes behind" }[
        place.part
      ];
      return `${what} ${place.path} ${place.name}`;
    }
    case "strings":
      return "strings block";
    case "gap":
      return "gap between the blocks";
    case "behind":
      return "bytes behind the tree";
  }
}

/**
 * Compares two contents as device trees.
 *
 * @returns null if one of them is none, or both are the same.
 */
export function compareTrees(a: Uint8Array, b: Uint8Array): TreeComparison | null {
  if (!looksLikeFdt(a) || !looksLikeFdt(b)) return null;
  try {
    const { kind, differences, firstByte } = diffFdt(a, b);
    if (kind === "identical" || firstByte === undefined) return null;
    return { kind, differences: differences.map(differenceText), place: placeText(firstByte.a) };
  } catch (error) {
    // Begins like a tree and is none: the bytes are all there is to say.
    if (error instanceof CcaRimError) return null;
    throw error;
  }
}
