/** CoRIM documents with the verdict of the Go library veraison/corim. */
import { readFileSync } from "node:fs";
import { fromHex } from "../../src/bytes.ts";

/** One document. */
export interface Variant {
  readonly name: string;
  readonly description: string;
  readonly verdict: "accept" | "reject";
  readonly message: string;
  /** Hex. */
  readonly cbor: string;
}

const FILE = new URL("../../golden/oracle/corim/variants.json", import.meta.url);

/** All of them. */
export const VARIANTS: readonly Variant[] = (
  JSON.parse(readFileSync(FILE, "utf8")) as { readonly cases: readonly Variant[] }
).cases;

/** The bytes of one. */
export function variantBytes(name: string): Uint8Array {
  const bytes = fromHex(VARIANTS.find((variant) => variant.name === name)?.cbor ?? "");
  if (bytes === undefined || bytes.length === 0) throw new Error(`no variant ${name}`);
  return bytes;
}
