/**
 * Object identifiers, as far as Go's encoding/asn1 reads them.
 *
 * @module
 */

const MAX_SUBIDENTIFIER = 0x7fffffff;

/** The dotted form of an OID's content octets; empty if Go cannot decode them. */
export function oidText(bytes: Uint8Array): string {
  // A length of 127 is written by the library in a form that Go does not accept.
  if (bytes.length === 0 || bytes.length === 127 || bytes.length > 255) return "";
  const numbers: number[] = [];
  let value = 0;
  let length = 0;
  for (const byte of bytes) {
    if (length === 0 && byte === 0x80) return "";
    length += 1;
    if (length > 5) return "";
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      if (value > MAX_SUBIDENTIFIER) return "";
      numbers.push(value);
      value = 0;
      length = 0;
    }
  }
  if (length !== 0) return "";
  const [first = 0, ...others] = numbers;
  const top = first < 80 ? [Math.floor(first / 40), first % 40] : [2, first - 80];
  return [...top, ...others].join(".");
}
