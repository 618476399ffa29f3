import { expect, test } from "vitest";
import { matcher } from "../../src/gate/patterns.ts";

test.each([
  [["**/*.yaml"], ["a.yaml", "x/a.yaml", "x/y/a.yaml"], ["a.yml", "a.yaml.bak", "x/ayaml"]],
  [["launches/*.yaml"], ["launches/a.yaml"], ["a.yaml", "launches/x/a.yaml"]],
  [["launches/**"], ["launches/a", "launches/x/a.json"], ["launch/a"]],
  [["a?.json"], ["ab.json"], ["a.json", "a/.json"]],
  [["**/*.yaml", "!old/**"], ["new/a.yaml"], ["old/a.yaml", "old/x/a.yaml"]],
  [["**/*.yaml", "!old/**", "old/b.yaml"], ["old/b.yaml"], ["old/a.yaml"]],
  [["a+(b).{yaml}"], ["a+(b).{yaml}"], ["ab.yaml", "aab.yaml"]],
  [[], [], ["a.yaml"]],
])("%j", (patterns, taken, left) => {
  const matches = matcher(patterns);
  expect(taken.filter((path) => !matches(path))).toEqual([]);
  expect(left.filter((path) => matches(path))).toEqual([]);
});
