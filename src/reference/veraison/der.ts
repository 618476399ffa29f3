/**
 * Where Go's crypto/x509 is stricter about a certificate than others: the two signature
 * algorithms, the times, and the types of strings in names.
 *
 * @module
 */
import { equalBytes } from "../../bytes.ts";

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With tag and length. */
  readonly whole: Uint8Array;
}

const INTEGER = 0x02;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
/** UTF8String, PrintableString, T61String, IA5String, BMPString. */
const NAME_STRINGS: readonly number[] = [0x0c, 0x13, 0x14, 0x16, 0x1e];

function elementAt(bytes: Uint8Array, at: number): Element | undefined {
  const tag = bytes[at];
  const short = bytes[at + 1];
  if (tag === undefined || short === undefined) return undefined;
  const extra = short < 0x80 ? 0 : short & 0x7f;
  if (short === 0x80 || extra > 3) return undefined;
  const length =
    extra === 0
      ? short
      : bytes.subarray(at + 2, at + 2 + extra).reduce((sum, byte) => sum * 256 + byte, 0);
  const start = at + 2 + extra;
  if (start + length > bytes.length) return undefined;
  return {
    tag,
    content: bytes.subarray(start, start + length),
    whole: bytes.subarray(at, start + length),
  };
}

function elementsOf(bytes: Uint8Array): readonly Element[] | undefined {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at);
    if (element === undefined) return undefined;
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

function isTime({ tag, content }: Element): boolean {
  const text = String.fromCharCode(...content);
  if (tag === UTC_TIME) return /^\d{10}(?:\d{2})?(?:Z|[+-]\d{4})$/.test(text);
  return tag === GENERALIZED_TIME && /^\d{14}Z$/.test(text);
}

function isName({ content }: Element): boolean {
  return (elementsOf(content) ?? []).every(({ content: set }) =>
    (elementsOf(set) ?? []).every(({ content: attribute }) => {
      const [, value] = elementsOf(attribute) ?? [];
      return value !== undefined && NAME_STRINGS.includes(value.tag);
    }),
  );
}

/** Whether a certificate passes where Go looks more closely. */
export function isStrictCertificate(der: Uint8Array): boolean {
  const outer = elementAt(der, 0);
  const [body, algorithm] = outer === undefined ? [] : (elementsOf(outer.content) ?? []);
  if (body === undefined || algorithm === undefined) return false;
  const parts = elementsOf(body.content) ?? [];
  // The version, tag 0, may be left out.
  const fields = parts[0]?.tag === INTEGER ? parts : parts.slice(1);
  const [, inner, issuer, validity, subject] = fields;
  if (!(inner && issuer && validity && subject)) return false;
  const times = elementsOf(validity.content) ?? [];
  return (
    equalBytes(inner.whole, algorithm.whole) &&
    times.length === 2 &&
    times.every(isTime) &&
    isName(issuer) &&
    isName(subject)
  );
}
