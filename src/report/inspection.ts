/**
 * What `inspect` prints.
 *
 * @module
 */
import type { InspectNode } from "../evidence/inspect/node.ts";
import { plain } from "./text.ts";

const LONGEST_VALUE = 4096;

/** Puts a decoded file into lines, two spaces a level. */
export function inspectLines(nodes: readonly InspectNode[], indent = ""): string {
  return nodes
    .map(({ name, value, children }) => {
      const text = value === undefined ? "" : ` ${plain(shorten(value))}`;
      const inner = children === undefined ? "" : inspectLines(children, `${indent}  `);
      return `${indent}${plain(name)}:${text}\n${inner}`;
    })
    .join("");
}

function shorten(value: string): string {
  return value.length <= LONGEST_VALUE
    ? value
    : `${value.slice(0, LONGEST_VALUE)}... (${value.length} characters)`;
}
