/**
 * Lists of host CPUs as kvmtool reads them: numbers and ranges between commas or blanks, a range
 * with an optional pattern (`0-7:2/4`), `all`, and `N` for the last CPU.
 * @see Linux v5.15 lib/bitmap.c, bitmap_parselist
 *
 * @module
 */

/** CPUs that kvmtool's masks have room for on arm64. */
const MAX_CPUS = 4096n;
const U32_MAX = 0xffff_ffffn;

/** A number as strtoll takes it, or N. */
const NUMBER = String.raw`(N|[ \t\n\v\f\r]*[+-]?\d+)`;
const REGION_END = String.raw`(?=[ \t\n\v\f\r,]|$)`;
const SINGLE = new RegExp(`^${NUMBER}${REGION_END}`);
const RANGE = new RegExp(
  `^(?:[aA][lL][lL]|${NUMBER}-${NUMBER})(?:${REGION_END}|:${NUMBER}/${NUMBER})`,
);

/** The number, or undefined if it is negative or has more than 32 bits. */
function numberOf(text: string): bigint | undefined {
  if (text === "N") return MAX_CPUS - 1n;
  const value = BigInt(text.trim().replace(/^\+/, ""));
  return value >= 0n && value <= U32_MAX ? value : undefined;
}

interface Region {
  readonly length: number;
  readonly patterned: boolean;
}

/** The region at the start of a text; undefined if kvmtool refuses it. */
function readRegion(text: string): Region | undefined {
  const single = SINGLE.exec(text);
  const match = single ?? RANGE.exec(text);
  if (match === null) return undefined;
  const [whole, first = "0", second = single === null ? "N" : first, used, group] = match;
  const start = numberOf(first);
  const end = numberOf(second);
  const usedCpus = numberOf(used ?? "0");
  const groupCpus = numberOf(group ?? "1");
  if (start === undefined || end === undefined) return undefined;
  if (usedCpus === undefined || groupCpus === undefined) return undefined;
  const valid = start <= end && end < MAX_CPUS && groupCpus > 0n && usedCpus <= groupCpus;
  return valid ? { length: whole.length, patterned: used !== undefined } : undefined;
}

/** Whether kvmtool takes a text as a list of CPUs; the empty list is one. */
export function isCpuList(text: string): boolean {
  let rest = text;
  for (;;) {
    rest = rest.replace(/^[ \t\n\v\f\r,]+/, "");
    if (rest === "") return true;
    const region = readRegion(rest);
    if (region === undefined) return false;
    rest = rest.slice(region.length);
    if (!region.patterned && rest.startsWith("\n")) return true;
  }
}
