/**
 * Arguments of an RMI call by name, as transcripts and manifests write them: 64-bit numbers as
 * "0x..." text or as whole numbers, lists of them, bytes in hexadecimal.
 *
 * @module
 */
import { fromHex } from "../bytes.ts";
import type { CcaRimError } from "../errors.ts";
import type { Ipa, Pa, U64 } from "../units.ts";
import { toU64 } from "./transcript.ts";

/** Makes the error about an argument; the text that calls the wrong is somebody else's. */
export type ArgumentError = (name: string, problem: string) => CcaRimError;

/** Reads the arguments of one call, and remembers which were asked for. */
export class CallArguments {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #error: ArgumentError;
  readonly #asked = new Set<string>();

  constructor(values: Readonly<Record<string, unknown>>, error: ArgumentError) {
    this.#values = values;
    this.#error = error;
  }

  /** Names that the call has arguments of, as far as they were asked for. */
  get asked(): readonly string[] {
    return [...this.#asked];
  }

  #get(name: string): unknown {
    this.#asked.add(name);
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  /** The error about an argument whose value cannot be. */
  malformed(name: string, value: unknown): CcaRimError {
    return this.#error(name, `has an unexpected value: ${JSON.stringify(value)}`);
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  #number(name: string, value: unknown): U64 {
    const number = toU64(value);
    if (number !== undefined) return number;
    throw this.#error(name, `is not a 64-bit number: ${JSON.stringify(value)}`);
  }

  u64(name: string, fallback?: U64): U64 {
    const value = this.#get(name) ?? fallback;
    if (value === undefined) throw this.#error(name, "is missing");
    return this.#number(name, value);
  }

  pa(name: string, fallback?: Pa): Pa {
    return this.u64(name, fallback) as Pa;
  }

  ipa(name: string, fallback?: Ipa): Ipa {
    return this.u64(name, fallback) as Ipa;
  }

  /** A signed number, such as a level. */
  int(name: string): number {
    return Number(BigInt.asIntN(64, this.u64(name)));
  }

  text(name: string, fallback: string): string {
    const value = this.#get(name) ?? fallback;
    if (typeof value !== "string") throw this.malformed(name, value);
    return value;
  }

  list(name: string): readonly U64[] {
    const value = this.#get(name) ?? [];
    if (!Array.isArray(value)) throw this.malformed(name, value);
    return value.map((item: unknown) => this.#number(name, item));
  }

  bytes(name: string): Uint8Array {
    const text = this.text(name, "");
    const bytes = fromHex(text.startsWith("0x") ? text.slice(2) : text);
    if (bytes === undefined) throw this.malformed(name, text);
    return bytes;
  }
}
