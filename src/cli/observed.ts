/**
 * RIMs that somebody observed, as command lines give them.
 *
 * @module
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { fromHex } from "../bytes.ts";
import { CcaRimError } from "../errors.ts";
import { looksLikeToken, readToken } from "../evidence/token.ts";
import { base64Bytes } from "../reference/base64.ts";

/** Lengths of hashes in bytes. */
const LENGTHS: readonly number[] = [32, 48, 64];
/** Larger files are no tokens. */
const LARGEST = 1024 * 1024;

/** Registers of 64 bytes hold shorter values with zeros behind them. */
function trimmed(bytes: Uint8Array): Uint8Array {
  const used = LENGTHS.find((length) => bytes.subarray(length).every((byte) => byte === 0));
  return bytes.subarray(0, used ?? bytes.length);
}

function fromText(text: string): Uint8Array | undefined {
  const bytes = fromHex(text.replace(/^0x/i, "")) ?? base64Bytes(text);
  return bytes !== undefined && LENGTHS.includes(bytes.length) ? trimmed(bytes) : undefined;
}

function fromToken(path: string): Uint8Array | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile() || stat.size > LARGEST) return undefined;
  const bytes = new Uint8Array(readFileSync(path));
  return looksLikeToken(bytes) ? readToken(bytes).realm.initialMeasurement : undefined;
}

/**
 * The observed RIM.
 *
 * @param text hex or base64 of 32, 48 or 64 bytes, or the path of a CCA token.
 * @throws CcaRimError USAGE_ARGUMENT; TOKEN_*, CBOR_*, COSE_* for a malformed token
 */
export function readObserved(text: string | undefined): Uint8Array {
  const hint = "--observed takes a RIM in hex or base64, or a file with a CCA token";
  if (text === undefined) {
    throw new CcaRimError("USAGE_ARGUMENT", "explain needs the RIM that was observed", { hint });
  }
  const bytes = fromText(text) ?? fromToken(text);
  if (bytes !== undefined) return bytes;
  const what = existsSync(text) ? "is no RIM and no token" : "is no RIM, and there is no such file";
  throw new CcaRimError("USAGE_ARGUMENT", `"${text}" ${what}`, { hint });
}
