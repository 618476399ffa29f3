import { expect, test } from "vitest";
import { modelsMeant, nearest } from "../src/nearest.ts";

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

test("the beginning of a name is nearer than another name of the same length", () => {
  const sets = ["tf-rmm-1.0-eac5", "tf-rmm-1.0-rel0-fvp", "tf-rmm-1.0-rel0-qemu-max"];
  expect(nearest("tf-rmm-1.0-rel0", sets)).toBe("tf-rmm-1.0-rel0-fvp");
  expect(nearest("TF-RMM-1.0-REL0-Q", sets)).toBe("tf-rmm-1.0-rel0-qemu-max");
});

test("what has nothing in common is not near, however short", () => {
  expect(nearest("3", ["0", "1", "2"])).toBeUndefined();
});

test.each([
  ["kvmtool/v9", ["kvmtool/v2", "kvmtool/v3"]],
  ["kvmtool/v2d", ["kvmtool/v2"]],
  ["kvmtool/v3-", ["kvmtool/v3-64k", "kvmtool/v3-sve"]],
  ["1.0", ["1.0-eac5", "1.0-rel0"]],
  ["1.0-rel1", ["1.0-rel0"]],
  ["", []],
  ["xyz", []],
])("models meant by %s: all that are equally near", (name, meant) => {
  const vmms = ["kvmtool/v2", "kvmtool/v3", "kvmtool/v3-64k", "kvmtool/v3-sve"];
  expect(modelsMeant(name, [...vmms, "1.0-eac5", "1.0-rel0", "1.1"])).toEqual(meant);
});

test("many models are no advice", () => {
  const series = Array.from({ length: 5 }, (_, i) => `linux-kvm/v${i}`);
  expect(modelsMeant("linux-kvm/", series)).toEqual([]);
});
