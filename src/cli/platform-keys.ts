/**
 * Keys of platforms, from JWK and PEM files and ccatoken's trust anchor stores.
 *
 * @module
 */
import { fromHex } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import { publicKeyFromJwk, publicKeyFromPem } from "../evidence/node-crypto.ts";
import type { PlatformKey } from "../evidence/verify.ts";
import { isObject } from "../reference/json-reader.ts";
import { readText } from "./read-file.ts";

function idOf(value: unknown, name: string, origin: string): Uint8Array | undefined {
  if (value === undefined) return undefined;
  const bytes = typeof value === "string" ? fromHex(value) : undefined;
  if (bytes !== undefined) return bytes;
  throw new CcaRimError("COSE_KEY", `${origin}: ${name} is not hexadecimal`);
}

function storeEntry(entry: unknown, origin: string): PlatformKey {
  const key = isObject(entry) ? (entry["pkey"] ?? entry) : undefined;
  if (!isObject(entry) || !isObject(key)) {
    throw new CcaRimError("COSE_KEY", `${origin}: no key`);
  }
  const implementationId = idOf(entry["implementation-id"], "implementation-id", origin);
  const instanceId = idOf(entry["instance-id"], "instance-id", origin);
  return {
    key: publicKeyFromJwk(key, origin),
    origin,
    ...(implementationId === undefined ? {} : { implementationId }),
    ...(instanceId === undefined ? {} : { instanceId }),
  };
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new CcaRimError("COSE_KEY", "neither PEM nor JSON", { where: { file }, cause });
  }
}

/**
 * Reads the keys of a file: PEM (a key or a certificate), a JWK, a JWK set, or a trust anchor
 * store, whose keys hold for one platform each.
 *
 * @throws CcaRimError FILE_*, COSE_KEY
 */
export function readPlatformKeys(file: string): readonly PlatformKey[] {
  const text = readText(file);
  if (text.includes("-----BEGIN ")) return [{ key: publicKeyFromPem(text, file), origin: file }];
  const document = parse(text, file);
  const list = isObject(document) ? document["keys"] : document;
  if (Array.isArray(list)) return list.map((entry, i) => storeEntry(entry, `${file} entry ${i}`));
  return [storeEntry(document, file)];
}
