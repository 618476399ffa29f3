/** CBOR trees as plain values, for comparison. */
import { toHex } from "../../../src/bytes.ts";
import type { CborNode } from "../../../src/formats/cbor/node.ts";

/** The tree as a plain value, for comparison. */
export function plain(node: CborNode): unknown {
  switch (node.kind) {
    case "array":
      return node.items.map(plain);
    case "map":
      return { map: node.entries.map(({ key, value }) => [plain(key), plain(value)]) };
    case "tag":
      return { tag: node.tag, content: plain(node.content) };
    case "simple":
      return { simple: node.value };
    case "bytes":
      return `h'${toHex(node.value)}'`;
    case "badText":
      return "not UTF-8";
    default:
      return node.value;
  }
}
