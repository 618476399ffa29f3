/**
 * Scalars of a manifest: 64-bit numbers and byte strings.
 *
 * @module
 */
import { fromHex } from "../bytes.ts";
import { parseU64, type U64 } from "../units.ts";
import type { Blame } from "./blame.ts";
import { readablePath } from "./explain.ts";

/** Reads a u64 whose form the schema has checked. @throws CcaRimError MANIFEST_VALUE above 2^64 - 1 */
export function readU64(text: string, pointer: string, blame: Blame): U64 {
  const value = parseU64(text);
  if (value === undefined) {
    throw blame(
      "MANIFEST_VALUE",
      pointer,
      `${readablePath(pointer)} does not fit 64 bits: ${text}`,
      {
        hint: "the largest value is 0xffffffffffffffff",
      },
    );
  }
  return value;
}

function fromBase64(text: string): Uint8Array | undefined {
  const digits = text.replace(/=+$/, "");
  if (digits.length % 4 === 1 || (text.length !== digits.length && text.length % 4 !== 0)) {
    return undefined;
  }
  try {
    return Uint8Array.from(atob(digits), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/**
 * Reads `hex:`, `text:` (UTF-8) or `base64:`.
 *
 * @param limit how many bytes are allowed.
 * @throws CcaRimError MANIFEST_VALUE for malformed text or too many bytes
 */
export function readBytes(text: string, limit: number, pointer: string, blame: Blame): Uint8Array {
  const colon = text.indexOf(":");
  const form = text.slice(0, colon);
  const body = text.slice(colon + 1);
  const read = { hex: fromHex, base64: fromBase64 }[form];
  const bytes = read === undefined ? new TextEncoder().encode(body) : read(body);
  if (bytes === undefined) {
    throw blame("MANIFEST_VALUE", pointer, `${readablePath(pointer)} is malformed ${form}`, {
      hint: 'for example "hex:00ff", "text:my realm" or "base64:AP8="',
    });
  }
  if (bytes.length > limit) {
    const path = readablePath(pointer);
    throw blame(
      "MANIFEST_VALUE",
      pointer,
      `${path} has ${bytes.length} bytes, at most ${limit} fit`,
      {
        hint: "shorten it, or give a digest of it as hex:...",
      },
    );
  }
  return bytes;
}
