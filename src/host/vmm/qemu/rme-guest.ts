/**
 * `-object rme-guest`: what a line asks of its Realm, in each series' spelling.
 *
 * @see QEMU target/arm/kvm-rme.c of each series (rme_guest_class_init)
 * @module
 */
import { toHex } from "../../../bytes.ts";
import type { LineObject, MachineSettings } from "./config.ts";
import { parseSwitch, parseUnsigned } from "./numbers.ts";
import { propertyOf } from "./pci-slots.ts";
import { refuseArgument } from "./refusal.ts";
import type { RpvNotation, SeriesFacts } from "./series.ts";

/** Hash algorithms as configuration items have them. */
export type RealmHash = "sha-256" | "sha-512";

/** What a line asks of its Realm. */
export interface RealmWish {
  /** Undefined: not sent. */
  readonly hashAlgo: RealmHash | undefined;
  /** 128 hexadecimal digits; undefined: not sent. */
  readonly rpv: string | undefined;
  readonly log: boolean;
  /** Longest SVE vector in bits; 0 and undefined: not given. */
  readonly sveVectorBits: number | undefined;
  readonly breakpoints: number;
  readonly watchpoints: number;
  readonly pmuCounters: number;
}

const TYPE = "rme-guest";
const RPV_SIZE = 64;
const HASHES: Readonly<Record<string, RealmHash>> = { sha256: "sha-256", sha512: "sha-512" };
/** One more than each number may be. */
const LIMITS = {
  "num-breakpoints": 16,
  "num-watchpoints": 16,
  "num-pmu-counters": 32,
  "sve-vector-length": 2048,
} as const;

/**
 * The object that makes the machine's guest a Realm.
 *
 * @returns undefined for an ordinary machine.
 * @throws CcaRimError HOST_ARGUMENT if the machine names an object that does not do that.
 */
export function findRmeGuest(
  settings: MachineSettings,
  objects: readonly LineObject[],
  series: SeriesFacts | undefined,
): LineObject | undefined {
  const guests = objects.filter(({ type }) => type === TYPE);
  const [guest] = guests;
  if (guest !== undefined && series === undefined) {
    const hint = "no release has it; name a realm series, e.g. qemu/9.1.91+rfc-v3";
    throw refuseArgument(`invalid object type: ${TYPE}`, guest.index, hint);
  }
  if (guests.length > 1) {
    throw refuseArgument("a single instance of RmeGuest is supported", guests[1]?.index);
  }
  const { confidential } = settings;
  if (confidential === undefined) {
    if (guest === undefined) return undefined;
    const hint = `add confidential-guest-support=${guest.id} to -M`;
    throw refuseArgument("rme-guest is there, but the machine does not use it", guest.index, hint);
  }
  const named = objects.find(({ id }) => id === confidential);
  if (named?.type === TYPE) return named;
  throw refuseArgument(`Device '${confidential}' not found`, named?.index, "add -object rme-guest");
}

/** Reads `rme-guest`. @throws CcaRimError HOST_ARGUMENT for what the series does not take. */
export function readRmeGuest(guest: LineObject, series: SeriesFacts): RealmWish {
  checkProperties(guest, series);
  return {
    hashAlgo: readHash(guest, series),
    rpv: readRpv(guest, series),
    log: readLog(guest),
    sveVectorBits: readNumber(guest, "sve-vector-length"),
    breakpoints: readNumber(guest, "num-breakpoints") ?? 0,
    watchpoints: readNumber(guest, "num-watchpoints") ?? 0,
    pmuCounters: readNumber(guest, "num-pmu-counters") ?? 0,
  };
}

function checkProperties(guest: LineObject, series: SeriesFacts): void {
  const known: readonly (string | undefined)[] = [
    "qom-type",
    "id",
    series.hashProperty,
    ...(series.rpv === undefined ? [] : ["personalization-value"]),
    ...(series.log ? ["measurement-log"] : []),
    ...(series.unitProperties ? Object.keys(LIMITS) : []),
  ];
  const stranger = guest.properties.find(({ key }) => !known.includes(key));
  if (stranger === undefined) return;
  const has = known.slice(2).filter((key) => key !== undefined);
  const hint =
    has.length === 0
      ? `rme-guest has no properties in ${series.id}`
      : `in ${series.id} it has ${has.join(", ")}`;
  throw refuseArgument(`Property 'rme-guest.${stranger.key}' not found`, guest.index, hint);
}

function readHash(guest: LineObject, series: SeriesFacts): RealmHash | undefined {
  const { hashProperty, hashDefault, hashMayBeDefault } = series;
  const given = hashProperty && propertyOf(guest.properties, hashProperty);
  const name = given ?? hashDefault;
  if (name === undefined || (hashMayBeDefault && name === "default")) return undefined;
  const algorithm = HASHES[name];
  if (algorithm !== undefined) return algorithm;
  const hint = "sha256 or sha512";
  throw refuseArgument(`invalid Realm measurement algorithm '${name}'`, guest.index, hint);
}

function readLog(guest: LineObject): boolean {
  const text = propertyOf(guest.properties, "measurement-log");
  if (text === undefined) return false;
  const on = parseSwitch(text);
  if (on !== undefined) return on;
  throw refuseArgument("Parameter 'measurement-log' expects 'on' or 'off'", guest.index);
}

function readNumber(guest: LineObject, key: keyof typeof LIMITS): number | undefined {
  const text = propertyOf(guest.properties, key);
  if (text === undefined) return undefined;
  const value = parseUnsigned(text);
  const limit = LIMITS[key];
  if (value === undefined || value >= BigInt(limit)) {
    throw refuseArgument(`invalid ${key} '${text}'`, guest.index, `at most ${limit - 1}`);
  }
  if (key === "sve-vector-length" && value % 128n !== 0n) {
    throw refuseArgument(`invalid ${key} '${text}'`, guest.index, "a multiple of 128 bits");
  }
  return Number(value);
}

function readRpv(guest: LineObject, series: SeriesFacts): string | undefined {
  const text = propertyOf(guest.properties, "personalization-value");
  if (text === undefined) return series.rpvAlways ? toHex(new Uint8Array(RPV_SIZE)) : undefined;
  const bytes = series.rpv === undefined ? undefined : parseRpv(text, series.rpv);
  if (bytes === "long") {
    throw refuseArgument("Realm Personalization Value is too large", guest.index, "64 bytes");
  }
  if (bytes === undefined) {
    const hint = series.rpv === "base64" ? "base64 of exactly 64 bytes" : "hexadecimal digits";
    throw refuseArgument("Invalid Realm Personalization Value", guest.index, hint);
  }
  return toHex(bytes);
}

function parseRpv(text: string, notation: RpvNotation): Uint8Array | "long" | undefined {
  if (notation === "base64") return parseBase64(text);
  if (text.length > 2 * RPV_SIZE) return "long";
  if (!/^[0-9a-f]*$/i.test(text)) return undefined;
  const rpv = new Uint8Array(RPV_SIZE);
  // A digit too few is the first one's.
  const even = text.length % 2 === 0 ? text : `0${text}`;
  const pairs = (even.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  if (notation === "bytes" && pairs.length === 0) return undefined;
  rpv.set(notation === "number" ? pairs.toReversed() : pairs);
  return rpv;
}

function parseBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]{86}==$/.test(text)) return undefined;
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const rpv = new Uint8Array(RPV_SIZE);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of text.slice(0, -2)) {
    held = ((held << 6) | alphabet.indexOf(digit)) & 0x3fff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    rpv[at] = (held >> bits) & 0xff;
    at += 1;
  }
  return rpv;
}
