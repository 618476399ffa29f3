/**
 * Option arguments in JSON (`-object {...}`, `-device {...}`), flattened to the dotted keys that
 * the comma form has.
 *
 * @module
 */
import type { OptionUse } from "./arguments.ts";
import type { KeyValue } from "./key-values.ts";
import { refuseArgument } from "./refusal.ts";

/** JSON text as properties; undefined if the argument is none. @throws CcaRimError HOST_ARGUMENT */
export function parseJsonProperties(use: OptionUse): KeyValue[] | undefined {
  if (!use.value.startsWith("{")) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(use.value);
  } catch {
    throw refuseArgument("JSON parse error", use.index);
  }
  return flatten(value, "");
}

function flatten(value: unknown, key: string): KeyValue[] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([name, member]) =>
      flatten(member, key === "" ? name : `${key}.${name}`),
    );
  }
  if (typeof value === "boolean") return [{ key, value: value ? "on" : "off" }];
  return [{ key, value: String(value) }];
}
