/**
 * Where CBOR is not written deterministically (RFC 8949, 4.2.1): decoders accept it, but two
 * encoders would not write the same bytes, and some readers refuse it.
 *
 * @module
 */
import { toHex } from "../../bytes.ts";
import { type CborNode, keyIdentity } from "../../formats/cbor/node.ts";
import type { Finding } from "./finding.ts";

/** Bytewise order of encodings. */
function isBefore(a: Uint8Array, b: Uint8Array): boolean {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [left = 0, right = 0] = [a[i], b[i]];
    if (left !== right) return left < right;
  }
  return a.length < b.length;
}

function keyFindings(node: CborNode & { readonly kind: "map" }, path: string): readonly Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  let last: CborNode | undefined;
  for (const { key } of node.entries) {
    const identity = keyIdentity(key);
    if (seen.has(identity)) {
      const message = `the key ${identity} stands twice in one map`;
      findings.push({ rule: "key-twice", message, offset: key.offset, path });
    } else if (last !== undefined && isBefore(key.encoded, last.encoded)) {
      const message = `the key ${identity} (${toHex(key.encoded)}) stands behind ${keyIdentity(last)} (${toHex(last.encoded)})`;
      findings.push({ rule: "key-order", message, offset: key.offset, path });
    }
    seen.add(identity);
    last = key;
  }
  return findings;
}

function formFindings(node: CborNode, path: string): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (rule: Finding["rule"], message: string): void => {
    findings.push({ rule, message, offset: node.offset, path });
  };
  if (node.indefinite) add("indefinite-length", "an item of indefinite length");
  if (node.long) add("long-form", "an item is encoded longer than needed");
  if (node.kind === "badText") add("not-utf8", "text that is not UTF-8");
  return findings;
}

/** Everything about the encoding of a tree that is not deterministic, in the order of the file. */
export function encodingFindings(root: CborNode, path: string): readonly Finding[] {
  const findings: Finding[] = [];
  const open: CborNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    findings.push(...formFindings(node, path));
    if (node.kind === "array") open.push(...node.items);
    if (node.kind === "tag") open.push(node.content);
    if (node.kind === "map") {
      findings.push(...keyFindings(node, path));
      for (const { key, value } of node.entries) open.push(key, value);
    }
  }
  return findings.toSorted((a, b) => (a.offset ?? 0) - (b.offset ?? 0));
}
