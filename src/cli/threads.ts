/**
 * The option `--threads`.
 *
 * @module
 */
import { CcaRimError } from "../errors.ts";

const MOST = 64;

/**
 * How many threads were asked for; undefined if that is left to the program.
 *
 * @throws CcaRimError USAGE_ARGUMENT
 */
export function threadsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const threads = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (threads >= 1 && threads <= MOST) return threads;
  throw new CcaRimError("USAGE_ARGUMENT", `--threads takes 1 to ${MOST}, got "${text}"`, {
    hint: "leave it out to use as many as help",
  });
}
