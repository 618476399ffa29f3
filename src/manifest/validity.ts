/**
 * How long reference values are valid.
 *
 * @module
 */
import type { Blame } from "./blame.ts";
import type { Manifest } from "./manifest.ts";
import type { LaunchPlan } from "./plan.ts";

/** Length of `2027-01-31T00:00:00`, the part before the time zone. */
const LOCAL_LENGTH = 19;
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})$/;

/** Date.parse takes 31 February for 3 March, and 24:00 for the next day. */
function isOfCalendar(text: string): boolean {
  const local = text.slice(0, LOCAL_LENGTH);
  return new Date(`${local}Z`).toISOString().startsWith(local);
}

/**
 * Reads a moment in the form of RFC 3339, without fractions of a second.
 *
 * @returns seconds since 1970; undefined if the text is none.
 */
export function readMoment(text: string): number | undefined {
  const milliseconds = RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(milliseconds) || !isOfCalendar(text) ? undefined : milliseconds / 1000;
}

/** Resolves `validity`. @throws CcaRimError MANIFEST_VALUE */
export function resolveValidity(
  validity: Manifest["validity"],
  blame: Blame,
): LaunchPlan["validity"] {
  if (validity === undefined) return undefined;
  const moment = (text: string, name: string): number => {
    const seconds = readMoment(text);
    if (seconds !== undefined) return seconds;
    throw blame("MANIFEST_VALUE", `/validity/${name}`, `there is no moment "${text}"`, {
      hint: "write it as 2027-01-31T00:00:00Z",
    });
  };
  const notAfter = moment(validity.notAfter, "notAfter");
  if (validity.notBefore === undefined) return { notAfter };
  const notBefore = moment(validity.notBefore, "notBefore");
  if (notBefore <= notAfter) return { notBefore, notAfter };
  throw blame("MANIFEST_VALUE", "/validity/notAfter", "the end lies before the beginning", {
    hint: "notAfter must not lie before notBefore",
  });
}
