/**
 * How long reference values are valid.
 *
 * @module
 */
import type { Blame } from "./blame.ts";
import type { Manifest } from "./manifest.ts";
import type { LaunchPlan } from "./plan.ts";

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * Reads a moment in the form of RFC 3339, without fractions of a second.
 *
 * @returns seconds since 1970; undefined if the text is none.
 */
export function readMoment(text: string): number | undefined {
  const milliseconds = RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
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
