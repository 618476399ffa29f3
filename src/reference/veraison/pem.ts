/**
 * PEM as Go's encoding/pem decodes it: blocks begin at the start of a line, what comes before one
 * is skipped, and a block that is damaged is skipped as well.
 *
 * @module
 */
import { base64Bytes } from "../base64.ts";

/** A block and what follows it. */
export interface PemBlock {
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly rest: string;
}

const BEGIN = "-----BEGIN ";
const END = "\n-----END ";
const DASHES = "-----";

function line(text: string): { readonly line: string; readonly rest: string } {
  const end = text.indexOf("\n");
  const first = end < 0 ? text : text.slice(0, end);
  return { line: first.replace(/[ \t\r]+$/, ""), rest: end < 0 ? "" : text.slice(end + 1) };
}

/** Lines with a colon in front of the content; undefined if nothing follows them. */
function withoutHeaders(text: string): string | undefined {
  let rest = text;
  while (rest !== "") {
    const next = line(rest);
    if (!next.line.includes(":")) return rest;
    rest = next.rest;
  }
  return undefined;
}

function blockAt(text: string, begin: number): PemBlock | "damaged" | "none" {
  const head = line(text.slice(begin + BEGIN.length));
  if (!head.line.endsWith(DASHES)) return "damaged";
  const type = head.line.slice(0, -DASHES.length);
  const body = withoutHeaders(head.rest);
  if (body === undefined) return "none";
  // An empty block has its END line at once, without a line break of its own.
  const isEmpty = body.startsWith(END.slice(1));
  const end = isEmpty ? -1 : body.indexOf(END);
  if (!isEmpty && end < 0) return "damaged";
  const trailer = line(body.slice(end + END.length));
  if (trailer.line !== type + DASHES) return "damaged";
  const bytes = isEmpty
    ? new Uint8Array(0)
    : base64Bytes(body.slice(0, end).replaceAll(/[ \t\r\n]/g, ""));
  return bytes === undefined ? "damaged" : { type, bytes, rest: trailer.rest };
}

/** The first block of a text; undefined if there is none. */
export function decodePem(text: string): PemBlock | undefined {
  let rest = text;
  for (;;) {
    const end = rest.indexOf(END);
    if (end < 0) return undefined;
    const begin = rest.lastIndexOf(BEGIN, end);
    const after = rest.slice(end + END.length);
    const isLineStart = begin === 0 || (begin > 0 && rest[begin - 1] === "\n");
    const block = isLineStart && begin + BEGIN.length <= end ? blockAt(rest, begin) : "damaged";
    if (block === "none") return undefined;
    if (block !== "damaged") return block;
    rest = after;
  }
}
