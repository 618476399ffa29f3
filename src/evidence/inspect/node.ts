/**
 * Decoded files as a tree of names and values.
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
