/**
 * Base64 (RFC 4648), strictly: other characters, missing padding and stray bits are refused.
 *
 * @module
 */

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Standard base64 with padding. */
export function base64Text(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const word = (a << 16) | (b << 8) | c;
    for (const shift of [18, 12, 6, 0]) text += STANDARD[(word >> shift) & 63];
  }
  const excess = (3 - (bytes.length % 3)) % 3;
  return excess === 0 ? text : text.slice(0, -excess) + "=".repeat(excess);
}

/** Base64 with the alphabet of URLs, without padding. */
export function base64UrlText(bytes: Uint8Array): string {
  return base64Text(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decode(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (const character of text) {
    const value = STANDARD.indexOf(character);
    if (value < 0) return undefined;
    word = ((word << 6) | value) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = (word >> bits) & 0xff;
      at += 1;
    }
  }
  return bytes.subarray(0, at);
}

/** The bytes of standard base64 text with padding; undefined if it is none. */
export function base64Bytes(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const bytes = decode(text.replace(/={1,2}$/, ""));
  // Writing it again finds wrong padding and bits that belong to nothing.
  return bytes !== undefined && base64Text(bytes) === text ? bytes : undefined;
}
