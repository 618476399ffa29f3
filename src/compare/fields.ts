/**
 * Platforms and Realm fields as flat lists of named values.
 *
 * @module
 */
import { fromHex, toHex } from "../bytes.ts";
import type { Platform } from "../host/platform.ts";
import type { RealmFields } from "../host/realm-fields.ts";
import { hexU64 } from "../units.ts";

/** Value of a field. */
export type FieldValue = string | number | boolean | bigint;

/** Named values; undefined and absent are the same. */
export type Fields = Readonly<Record<string, FieldValue | undefined>>;

/** A value as a manifest writes it, in one line. */
export function fieldText(value: FieldValue): string {
  if (typeof value === "bigint") return `"${hexU64(value)}"`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function withoutAbsent(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The fields of a platform. */
export function platformFields(platform: Platform): Fields {
  return withoutAbsent({ ...platform });
}

/** The platform with these fields, which came from platforms. */
export function platformOf(fields: Fields): Platform {
  return withoutAbsent(fields) as Platform;
}

const FLAG = "flags.";

/** The fields of a Realm; flags as `flags.sve`, the RPV as `hex:...`. */
export function realmFields({ rpv, flags = {}, ...plain }: RealmFields): Fields {
  const named = Object.entries(flags).map(([name, value]) => [`${FLAG}${name}`, value] as const);
  const value = rpv === undefined ? {} : { rpv: `hex:${toHex(rpv)}` };
  return withoutAbsent({ ...plain, ...value, ...Object.fromEntries(named) });
}

/** The Realm with these fields, which came from {@link realmFields}. */
export function realmOf(fields: Fields): RealmFields {
  const plain: Record<string, unknown> = {};
  const flags: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(withoutAbsent(fields))) {
    if (name.startsWith(FLAG)) flags[name.slice(FLAG.length)] = value;
    else plain[name] = name === "rpv" ? fromHex(String(value).slice("hex:".length)) : value;
  }
  return (Object.keys(flags).length === 0 ? plain : { ...plain, flags }) as RealmFields;
}
