import { expect, test } from "vitest";
import { nearest } from "../src/nearest.ts";

const KEYS = ["manifest", "name", "rmm", "host", "files", "platform", "realm", "launch", "rem"];

test.each([
  ["platfrom", "platform"],
  ["PLATFORM", "platform"],
  ["rm", "rmm"],
  ["file", "files"],
  ["lunch", "launch"],
  ["reaml", "realm"],
  ["zzz", undefined],
  ["", undefined],
  ["abc", undefined],
  ["x".repeat(65), undefined],
])("%s", (text, expected) => {
  expect(nearest(text, KEYS)).toBe(expected);
});

test("what has nothing in common is not near, however short", () => {
  expect(nearest("3", ["0", "1", "2"])).toBeUndefined();
});
