/**
 * Option arguments of the form `key=value,key=value`, as QEMU's two parsers read them: the older
 * QemuOpts, which takes flags without a value, and keyval, which has dotted keys.
 *
 * @see QEMU util/qemu-option.c (opts_do_parse), util/keyval.c
 * @module
 */
import type { OptionUse } from "./arguments.ts";
import { refuseArgument } from "./refusal.ts";

/** One `key=value` in the order of the line. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** Splits at single commas; a double comma is a comma of the value. */
function splitCommas(text: string): string[] {
  const parts: string[] = [];
  let part = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== ",") part += text[i];
    else if (text[i + 1] === ",") {
      part += ",";
      i += 1;
    } else {
      parts.push(part);
      part = "";
    }
  }
  return [...parts, part];
}

/** Where the key ends: at the first `=`; a value may hold more of them. */
function splitKey(part: string): readonly [key: string, value: string | undefined] {
  const at = part.indexOf("=");
  return at < 0 ? [part, undefined] : [part.slice(0, at), part.slice(at + 1)];
}

/**
 * QemuOpts: a part without `=` is the implied key's value if it comes first, else a flag (`noX`
 * switches X off).
 *
 * @param implied Key of a first part without `=`.
 */
export function parseOpts(text: string, implied?: string): KeyValue[] {
  const pairs: KeyValue[] = [];
  const parts = splitCommas(text);
  for (const [index, part] of parts.entries()) {
    // A trailing comma ends the list.
    if (part === "" && index === parts.length - 1) break;
    const [key, value] = splitKey(part);
    if (value !== undefined) pairs.push({ key, value });
    else if (index === 0 && implied !== undefined) pairs.push({ key: implied, value: key });
    else if (key.startsWith("no")) pairs.push({ key: key.slice(2), value: "off" });
    else pairs.push({ key, value: "on" });
  }
  return pairs;
}

const KEY_FRAGMENT = /^(?:[a-zA-Z0-9][a-zA-Z0-9_-]*|(?:__[a-zA-Z0-9.-]*_)[a-zA-Z][a-zA-Z0-9_-]*)$/;

/**
 * keyval: every part has a value, except that a first one without `=` belongs to the implied key.
 *
 * @throws CcaRimError HOST_ARGUMENT for a part without a value, or a malformed key.
 */
export function parseKeyval(use: OptionUse, implied?: string): KeyValue[] {
  const pairs: KeyValue[] = [];
  const parts = splitCommas(use.value);
  for (const [index, part] of parts.entries()) {
    if (part === "" && index === parts.length - 1) break;
    const [key, value] = splitKey(part);
    if (value === undefined && index === 0 && implied !== undefined) {
      pairs.push({ key: implied, value: key });
    } else if (!key.split(".").every((fragment) => KEY_FRAGMENT.test(fragment))) {
      throw refuseArgument(`Invalid parameter '${key}'`, use.index);
    } else if (value === undefined) {
      throw refuseArgument(`Expected '=' after parameter '${key}'`, use.index);
    } else {
      pairs.push({ key, value });
    }
  }
  return pairs;
}

/** The last value of each key: later ones win. */
export function lastValues(pairs: readonly KeyValue[]): Map<string, string> {
  return new Map(pairs.map(({ key, value }) => [key, value]));
}
