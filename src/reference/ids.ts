/**
 * Identifiers that follow from content, so that the same launch always gives the same bytes.
 *
 * @module
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { concatBytes, fromHex, toHex } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";

/** Namespace of identifiers that this program derives; a constant, chosen once. */
const NAMESPACE: Uint8Array = fromHex("8f2b6a0e5d9c5c0fb3f1c6a1d4e27a90") ?? new Uint8Array(16);

/** Derives a UUID of version 5 from content. @see RFC 9562 5.5 */
export function contentUuid(content: Uint8Array): Uint8Array {
  const uuid = sha1(concatBytes(NAMESPACE, content)).slice(0, 16);
  uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x50;
  uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
  return uuid;
}

const UUID_TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The 16 bytes of a UUID in its text form; undefined if it is none. */
export function uuidBytes(text: string): Uint8Array | undefined {
  return UUID_TEXT.test(text) ? fromHex(text.replaceAll("-", "")) : undefined;
}

/** The text form of a UUID, lower case. */
export function uuidText(uuid: Uint8Array): string {
  const hex = toHex(uuid);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ];
  return parts.join("-");
}

/** An identifier of a CoRIM or CoMID: a UUID, or any other text. */
export type TagId = { readonly uuid: Uint8Array } | { readonly text: string };

/**
 * Reads an identifier as users give it: a UUID in its text form becomes one.
 *
 * @throws CcaRimError REFERENCE_VALUE if it is empty, which verifiers refuse
 */
export function tagIdOf(text: string): TagId {
  if (text === "") throw new CcaRimError("REFERENCE_VALUE", "an identifier must not be empty");
  const uuid = uuidBytes(text);
  return uuid === undefined ? { text } : { uuid };
}

/** An identifier as text. */
export function tagIdText(id: TagId): string {
  return "uuid" in id ? uuidText(id.uuid) : id.text;
}
