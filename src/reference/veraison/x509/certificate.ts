/**
 * Which certificates and keys Go's crypto/x509 (Go 1.26) takes. Signatures are not verified.
 *
 * @module
 */
import { equalBytes } from "../../../bytes.ts";
import { context, DER, type DerElement, DerReader, demand, Malformed } from "./der.ts";
import { checkExtension, type Extension } from "./extensions.ts";
import { checkPublicKey } from "./key.ts";

const STRING = {
  utf8: 0x0c,
  numeric: 0x12,
  printable: 0x13,
  t61: 0x14,
  ia5: 0x16,
  bmp: 0x1e,
} as const;

const utf8 = new TextDecoder("utf-8", { fatal: true });

function isUtf8(bytes: Uint8Array): boolean {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function isBmp(bytes: Uint8Array): boolean {
  if (bytes.length % 2 !== 0) return false;
  const hasEnd = bytes.length >= 2 && bytes.at(-1) === 0 && bytes.at(-2) === 0;
  const end = hasEnd ? bytes.length - 2 : bytes.length;
  for (let i = 0; i < end; i += 2) {
    const point = ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
    if (point >= 0xfffe || (point >= 0xfdd0 && point <= 0xfdef)) return false;
    if (point >= 0xd800 && point <= 0xdfff) return false;
  }
  return true;
}

function isString({ tag, content }: DerElement): boolean {
  const text = String.fromCharCode(...content);
  switch (tag) {
    case STRING.t61:
      return true;
    case STRING.utf8:
      return isUtf8(content);
    case STRING.printable:
      return /^[A-Za-z0-9'()+,\-./ :=?*&]*$/.test(text);
    case STRING.numeric:
      return /^[0-9 ]*$/.test(text);
    case STRING.ia5:
      return content.every((byte) => byte < 0x80);
    case STRING.bmp:
      return isBmp(content);
    default:
      return false;
  }
}

function checkName(name: DerReader): void {
  while (!name.isEmpty) {
    const set = name.inside(DER.set);
    while (!set.isEmpty) {
      const attribute = set.inside(DER.sequence);
      attribute.oid();
      demand(isString(attribute.any()), "a name");
    }
  }
}

const ZONE = "(?:Z|([+-])(\\d{2})(\\d{2}))$";
const UTC_TIME = new RegExp(`^(\\d{2})(\\d{2})(\\d{2})(\\d{2})(\\d{2})(\\d{2})?${ZONE}`);
const GENERALIZED_TIME = new RegExp(`^(\\d{4})(\\d{2})(\\d{2})(\\d{2})(\\d{2})(\\d{2})${ZONE}`);
/** Two digits of a year from here on are of the last century. */
const LAST_CENTURY = 69;

function isMoment(match: RegExpExecArray | null): boolean {
  if (match === null) return false;
  const [, years = "", ...texts] = match;
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = texts
    .slice(0, 5)
    .map((text) => Number(text ?? 0));
  const century = years.length === 4 ? 0 : Number(years) >= LAST_CENTURY ? 1900 : 2000;
  const date = new Date(0);
  date.setUTCFullYear(century + Number(years), month - 1, day);
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const [sign, hours = "0", minutes = "0"] = texts.slice(5);
  // No difference to UTC is written Z.
  const isZone =
    sign === undefined ||
    (Number(hours) <= 24 && Number(minutes) < 60 && hours + minutes !== "0000");
  return isDay && hour < 24 && minute < 60 && second < 60 && isZone;
}

function checkTime({ tag, content }: DerElement): void {
  const text = String.fromCharCode(...content);
  const isGood =
    (tag === DER.utcTime && isMoment(UTC_TIME.exec(text))) ||
    (tag === DER.generalizedTime && isMoment(GENERALIZED_TIME.exec(text)));
  demand(isGood, "a time");
}

/** 0, 1 or 2 for versions 1 to 3. */
function readVersion(body: DerReader): bigint {
  const wrapper = body.optional(context(0, true));
  const version = wrapper?.integer() ?? 0n;
  demand(wrapper?.isEmpty !== false && version >= 0n && version <= 2n, "a version");
  return version;
}

function readExtension(list: DerReader): Extension {
  const extension = list.inside(DER.sequence);
  const oid = extension.oid();
  const critical = extension.isNext(DER.boolean) && extension.boolean();
  return { oid, critical, value: extension.content(DER.octetString) };
}

function checkExtensions(list: DerReader): void {
  const extensions: Extension[] = [];
  while (!list.isEmpty) extensions.push(readExtension(list));
  demand(new Set(extensions.map(({ oid }) => oid)).size === extensions.length, "one stands twice");
  for (const extension of extensions) checkExtension(extension);
}

function checkBody(body: DerReader, outerAlgorithm: Uint8Array): void {
  const version = readVersion(body);
  demand(body.integer() >= 0n, "a serial number");
  const algorithm = body.content(DER.sequence);
  demand(equalBytes(algorithm, outerAlgorithm), "two signature algorithms");
  const identifier = new DerReader(algorithm);
  identifier.oid();
  if (!identifier.isEmpty) identifier.any();
  checkName(body.inside(DER.sequence));
  const validity = body.inside(DER.sequence);
  checkTime(validity.any());
  checkTime(validity.any());
  checkName(body.inside(DER.sequence));
  checkPublicKey(body.inside(DER.sequence), true);
  if (version === 0n) return;
  body.optional(context(1));
  body.optional(context(2));
  const extensions = version === 2n ? body.optional(context(3, true)) : undefined;
  if (extensions !== undefined) checkExtensions(extensions.inside(DER.sequence));
}

function checkCertificate(der: Uint8Array): void {
  const file = new DerReader(der);
  const outer = file.inside(DER.sequence);
  demand(file.isEmpty, "something behind the certificate");
  const body = outer.inside(DER.sequence);
  const algorithm = outer.content(DER.sequence);
  checkBody(body, algorithm);
  outer.bits();
}

function holds(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
}

/** Whether bytes are one X.509 certificate. */
export function isCertificate(der: Uint8Array): boolean {
  return holds(() => checkCertificate(der));
}

/** Whether bytes are a SubjectPublicKeyInfo with a key of a known type. */
export function isPublicKey(der: Uint8Array): boolean {
  return holds(() => {
    const file = new DerReader(der);
    const info = file.inside(DER.sequence);
    demand(file.isEmpty, "something behind the key");
    checkPublicKey(info, false);
  });
}
