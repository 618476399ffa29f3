import { expect, test } from "vitest";
import { CcaRimError } from "../../src/errors.ts";
import { readMoment, resolveValidity } from "../../src/manifest/validity.ts";

test.each([
  ["1970-01-01T00:00:00Z", 0],
  ["2027-01-31T12:30:15Z", 1_801_398_615],
  ["2027-01-31T12:30:15+02:00", 1_801_391_415],
  ["2027-12-31T23:30:00-01:00", 1_830_299_400],
  ["2028-02-29T00:00:00Z", 1_835_395_200],
])("%s is a moment", (text, seconds) => {
  expect(readMoment(text)).toBe(seconds);
});

test.each([
  "2027-02-29T00:00:00Z",
  "2027-02-31T00:00:00+01:00",
  "2027-04-31T00:00:00Z",
  "2027-13-01T00:00:00Z",
  "2027-01-31T24:00:00Z",
  "2027-01-31T12:60:00Z",
  "2027-01-31T12:30:60Z",
  "2027-01-31T12:30:15+24:00",
  "2027-01-31T12:30:15.5Z",
  "2027-01-31T12:30:15",
  "2027-01-31",
])("%s is none", (text) => {
  expect(readMoment(text)).toBeUndefined();
});

test("a validity of one moment is one, a shorter one is refused", () => {
  const blame = (code: "MANIFEST_VALUE", pointer: string, message: string): CcaRimError =>
    new CcaRimError(code, message, { where: { pointer } });
  const of = (notBefore: string, notAfter: string) =>
    resolveValidity({ notBefore, notAfter }, blame as Parameters<typeof resolveValidity>[1]);
  const moment = "1970-01-01T00:00:01Z";
  expect(of(moment, moment)).toEqual({ notBefore: 1, notAfter: 1 });
  expect(() => of(moment, "1970-01-01T00:00:00Z")).toThrowError(
    expect.objectContaining({ code: "MANIFEST_VALUE", where: { pointer: "/validity/notAfter" } }),
  );
});
