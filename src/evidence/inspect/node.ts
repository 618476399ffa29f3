/**
 * Decoded files as a tree of names and values, for people and for programs.
 *
 * @module
 */

/** One named thing. */
export interface InspectNode {
  readonly name: string;
  /** As text: numbers in decimal, bytes in hex. */
  readonly value?: string;
  /** Byte offset in the file, where it has one. */
  readonly offset?: number;
  readonly children?: readonly InspectNode[];
}

/** What a file is, decoded. */
export interface Inspection {
  /** What kind of file it is, e.g. "CCA token". */
  readonly kind: string;
  readonly nodes: readonly InspectNode[];
}

/** A leaf. */
export function leaf(name: string, value: string | number | bigint | boolean): InspectNode {
  return { name, value: String(value) };
}

/** A node with others under it. */
export function branch(name: string, children: readonly InspectNode[]): InspectNode {
  return { name, children };
}

const LONGEST_VALUE = 4096;

/** Puts a tree into lines, two spaces a level. */
export function inspectLines(nodes: readonly InspectNode[], indent = ""): string {
  return nodes
    .map(({ name, value, children }) => {
      const text = value === undefined ? "" : ` ${shorten(value)}`;
      const inner = children === undefined ? "" : inspectLines(children, `${indent}  `);
      return `${indent}${name}:${text}\n${inner}`;
    })
    .join("");
}

function shorten(value: string): string {
  return value.length <= LONGEST_VALUE
    ? value
    : `${value.slice(0, LONGEST_VALUE)}... (${value.length} characters)`;
}
