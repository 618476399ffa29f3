/**
 * Writes a device tree as source text (version 1) that dtc turns into the same tree.
 *
 * @module
 */
import { hexU64 } from "../../units.ts";
import { type FdtValue, guessValue } from "./decode.ts";
import { type FdtNode, type FdtTree, printableName } from "./tree.ts";

/** Escapes that dtc reads inside a string, by character. */
const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  '"': '\\"',
  "\\": "\\\\",
};

/**
 * A tree as text, one tab a level, in the order of the blob. The same tree always gives the same
 * text. Values are shown as dtc shows them: `"strings"`, `<0xcells>` or `[bytes]`.
 *
 * What source text cannot say is lost: the header, padding and the order of names. Names outside
 * the specification's alphabet, which no VMM writes, give text that dtc refuses.
 */
export function toDts(tree: FdtTree): string {
  const lines = ["/dts-v1/;", ""];
  for (const { address, size } of tree.reservations) {
    lines.push(`/memreserve/ ${hexU64(address)} ${hexU64(size)};`);
  }
  if (tree.reservations.length > 0) lines.push("");
  writeNode(lines, tree.root, "");
  return `${lines.join("\n")}\n`;
}

/**
 * A value as text for people, in the look of source text; empty for a property without value. The
 * numbers of `u64` and `reg` values are written whole, which source text would split into cells.
 */
export function valueText(value: FdtValue): string {
  switch (value.kind) {
    case "empty":
      return "";
    case "strings":
      return value.strings.map((text) => `"${escapeText(text)}"`).join(", ");
    case "cells":
      return `<${value.cells.map((cell) => hexU64(cell)).join(" ")}>`;
    case "u64":
      return `<${hexU64(value.value)}>`;
    case "reg":
      return value.entries
        .map(
          ({ address, size }) =>
            `<${[address, ...(size === undefined ? [] : [size])].map(hexU64).join(" ")}>`,
        )
        .join(", ");
    case "bytes":
      return `[${value.hex.replaceAll(/(..)(?=.)/g, "$1 ")}]`;
  }
}

function writeNode(lines: string[], node: FdtNode, indent: string): void {
  lines.push(`${indent}${node.path === "/" ? "/" : printableName(node.name)} {`);
  for (const { name, value } of node.properties) {
    const text = valueText(guessValue(value));
    lines.push(`${indent}\t${printableName(name)}${text === "" ? "" : ` = ${text}`};`);
  }
  node.children.forEach((child, index) => {
    if (index > 0 || node.properties.length > 0) lines.push("");
    writeNode(lines, child, `${indent}\t`);
  });
  lines.push(`${indent}};`);
}

function escapeText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]|["\\]/g, (char) => ESCAPES[char] ?? char);
}
