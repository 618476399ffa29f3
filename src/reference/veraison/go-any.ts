/**
 * Decoding without a type: into what Go calls `any`.
 *
 * @module
 */
import { type CborNode, isNil } from "../../formats/cbor/node.ts";
import {
  checkBuiltinTags,
  decode,
  type GoType,
  type Mode,
  mismatch,
  stripSelfDescribed,
  tagChain,
} from "./go-types.ts";
import { Rejection } from "./rejection.ts";

/** A value of no particular type. */
export type AnyValue =
  | { readonly is: "nil" }
  | { readonly is: "int" | "bigint"; readonly value: bigint }
  | { readonly is: "bytes"; readonly value: Uint8Array }
  | { readonly is: "text"; readonly value: string }
  | { readonly is: "bool"; readonly value: boolean }
  | { readonly is: "other" }
  | { readonly is: "tag"; readonly tag: bigint; readonly content: AnyValue }
  | { readonly is: "array"; readonly items: readonly AnyValue[] }
  | { readonly is: "map"; readonly entries: readonly (readonly [AnyValue, AnyValue])[] }
  /** A value of a registered type; some can be keys of a map. */
  | { readonly is: "registered"; readonly canBeKey: boolean };

/** A type that a tag is registered for. */
export interface Registration {
  readonly type: GoType<unknown>;
  readonly canBeKey: boolean;
}

/** Types by tag, for each decoder; filled by those who define the types. */
export const REGISTRY: Readonly<Record<Mode, Map<number, Registration>>> = {
  corim: new Map(),
  comid: new Map(),
  default: new Map(),
  cose: new Map(),
};

const MAX_INT64 = (1n << 63n) - 1n;

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/** A moment: seconds since 1970 and nanoseconds. */
export interface Moment {
  readonly seconds: bigint;
  readonly nanoseconds: bigint;
}

/** Go's zero time, the first moment of year 1. */
export const ZERO_TIME: Moment = { seconds: -62135596800n, nanoseconds: 0n };

function momentOfText(text: string): Moment | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map(Number);
  const [, , , , , , , fraction = "", sign, zoneHours = "0", zoneMinutes = "0"] = match;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const isReal =
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60 &&
    Number(zoneHours) <= 24 &&
    Number(zoneMinutes) < 60;
  if (!isReal) return undefined;
  const zone = BigInt(zoneHours) * 3600n + BigInt(zoneMinutes) * 60n;
  const seconds = BigInt(date.getTime()) / 1000n + (sign === "-" ? zone : -zone);
  return { seconds, nanoseconds: BigInt(fraction.slice(0, 9).padEnd(9, "0")) };
}

function momentOfFloat(value: number): Moment {
  if (!Number.isFinite(value)) return ZERO_TIME;
  const whole = Math.trunc(value);
  return { seconds: BigInt(whole), nanoseconds: BigInt(Math.trunc((value - whole) * 1e9)) };
}

/** The moment that the content of tag 0 or 1 is. */
export function momentOf(node: CborNode): Moment {
  if (node.kind === "text") {
    const moment = momentOfText(node.value);
    if (moment !== undefined) return moment;
    throw new Rejection(`cbor: cannot set ${node.value} for time.Time`, node.offset);
  }
  if (node.kind === "float") return momentOfFloat(node.value);
  if (node.kind !== "uint" && node.kind !== "nint") throw mismatch(node, "time.Time");
  if (node.value > MAX_INT64 || node.value < -MAX_INT64 - 1n) throw mismatch(node, "time.Time");
  return { seconds: node.value, nanoseconds: 0n };
}

/** time.Time, which the CoRIM decoder wants with tag 0 or 1. */
export const TIME: GoType<Moment> = {
  name: "time.Time",
  zero: ZERO_TIME,
  special(node) {
    if (isNil(node)) return ZERO_TIME;
    if (node.kind !== "tag") throw mismatch(node, "time.Time (expect CBOR tag value)");
    if (node.tag === 0n || node.tag === 1n) return momentOf(node.content);
    throw new Rejection(
      `cbor: wrong tag number for time.Time, got ${node.tag}, expect 0 or 1`,
      node.offset,
    );
  },
};

function canBeKey(value: AnyValue): boolean {
  switch (value.is) {
    case "array":
    case "map":
    case "bigint":
      return false;
    case "tag":
      return canBeKey(value.content);
    case "registered":
      return value.canBeKey;
    default:
      return true;
  }
}

function identity(value: AnyValue): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === "bigint") return `${item}n`;
    return item instanceof Uint8Array ? [...item] : item;
  });
}

function mapOf(node: CborNode & { readonly kind: "map" }, mode: Mode): AnyValue {
  const seen = new Set<string>();
  const entries = node.entries.map(({ key, value }) => {
    const name = anyValue(stripSelfDescribed(key), mode);
    if (!canBeKey(name)) throw new Rejection("cbor: invalid map key type", key.offset);
    if (mode === "cose" && seen.has(identity(name))) {
      throw new Rejection("cbor: found duplicate map key", key.offset);
    }
    seen.add(identity(name));
    return [name, anyValue(stripSelfDescribed(value), mode)] as const;
  });
  return { is: "map", entries };
}

function integerOf(value: bigint, node: CborNode, mode: Mode): AnyValue {
  if (mode === "cose" && value > MAX_INT64) throw mismatch(node, "int64");
  return { is: value < -MAX_INT64 - 1n ? "bigint" : "int", value };
}

function taggedValue(node: CborNode & { readonly kind: "tag" }, mode: Mode): AnyValue {
  if (node.tag === 0n || node.tag === 1n) {
    momentOf(node.content);
    return { is: "other" };
  }
  if (node.tag === 2n || node.tag === 3n) return { is: "bigint", value: 0n };
  const { tags } = tagChain(node);
  const registration = tags.length === 1 ? REGISTRY[mode].get(Number(tags[0])) : undefined;
  if (registration !== undefined) {
    decode(registration.type, node, mode);
    return { is: "registered", canBeKey: registration.canBeKey };
  }
  return { is: "tag", tag: node.tag, content: anyValue(node.content, mode) };
}

/** Decodes an item without a type. @throws Rejection */
export function anyValue(node: CborNode, mode: Mode): AnyValue {
  checkBuiltinTags(node);
  switch (node.kind) {
    case "uint":
    case "nint":
      return integerOf(node.value, node, mode);
    case "bytes":
    case "text":
      return { is: node.kind, value: node.value } as AnyValue;
    case "array":
      return {
        is: "array",
        items: node.items.map((item) => anyValue(stripSelfDescribed(item), mode)),
      };
    case "map":
      return mapOf(node, mode);
    case "tag":
      return taggedValue(node, mode);
    case "float":
      return { is: "other" };
    case "badText":
      throw new Rejection("cbor: invalid UTF-8 string", node.offset);
    default:
      if (isNil(node)) return { is: "nil" };
      if (node.value === 20 || node.value === 21) return { is: "bool", value: node.value === 21 };
      return { is: "other" };
  }
}
