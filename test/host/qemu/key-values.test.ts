import { describe, expect, test } from "vitest";
import type { KeyValue } from "../../../src/host/vmm/qemu/key-values.ts";
import { parseKeyval, parseOpts } from "../../../src/host/vmm/qemu/key-values.ts";
import {
  alignDown,
  alignUp,
  bitLength,
  parseSize,
  parseSwitch,
  parseUnsigned,
} from "../../../src/host/vmm/qemu/numbers.ts";
import { objectionOf } from "../kvmtool/line.ts";

const text = (pairs: readonly KeyValue[]): string =>
  pairs.map(({ key, value }) => `${key}=${value}`).join("|");

describe("option lists", () => {
  test.each([
    ["virt", "type=virt"],
    ["virt,gic-version=3", "type=virt|gic-version=3"],
    ["type=virt,its=off", "type=virt|its=off"],
    ["virt,", "type=virt"],
    ["a,,b,c=d,,e", "type=a,b|c=d,e"],
    ["virt,x=a=b", "type=virt|x=a=b"],
    ["virt,smp.cpus=2", "type=virt|smp.cpus=2"],
    ["", ""],
  ])("keyval and QemuOpts read %j alike", (value, expected) => {
    expect(text(parseKeyval({ name: "M", value, index: 2 }, "type"))).toBe(expected);
    expect(text(parseOpts(value, "type"))).toBe(expected);
  });

  test.each([
    ["512M,readonly", "size=512M|readonly=on"],
    ["512M,noreadonly", "size=512M|readonly=off"],
  ])("QemuOpts takes flags: %j", (value, expected) => {
    expect(text(parseOpts(value, "size"))).toBe(expected);
  });

  test.each([
    ["virt,secure", "Expected '=' after parameter 'secure'"],
    ["virt,=on", "Invalid parameter ''"],
    ["virt,a b=on", "Invalid parameter 'a b'"],
    ["virt,.x=1", "Invalid parameter '.x'"],
  ])("keyval refuses %j", (value, message) => {
    const use = { name: "M", value, index: 7 };
    expect(objectionOf(() => parseKeyval(use, "type"))).toMatchObject({
      code: "HOST_ARGUMENT",
      message: expect.stringContaining(message),
      pointer: "/host/args/7",
    });
  });
});

describe("numbers", () => {
  test.each<[string, bigint | undefined]>([
    ["0", 0n],
    ["16", 16n],
    ["0x10", 16n],
    ["020", 16n],
    ["08", undefined],
    [" 7", 7n],
    ["+7", 7n],
    ["7 ", undefined],
    ["", undefined],
    ["-1", undefined],
    ["18446744073709551615", 0xffff_ffff_ffff_ffffn],
    ["18446744073709551616", undefined],
  ])("%j is %s", (written, value) => {
    expect(parseUnsigned(written)).toBe(value);
  });

  test.each<[string, string, bigint | undefined]>([
    ["512", "m", 512n << 20n],
    ["512", "b", 512n],
    ["1.5G", "b", 3n << 29n],
    ["0x20", "m", 32n << 20n],
    ["2k", "m", 2048n],
    ["1T", "b", 1n << 40n],
    ["1Q", "b", undefined],
    ["1.5", "b", undefined],
    ["16E", "b", undefined],
    ["G", "b", undefined],
    ["1GB", "b", undefined],
  ])("the size %j in %s is %s", (written, unit, bytes) => {
    expect(parseSize(written, unit)).toBe(bytes);
  });

  test("switches have four words each", () => {
    expect(["on", "yes", "true", "y"].map(parseSwitch)).toEqual([true, true, true, true]);
    expect(["off", "no", "false", "n"].map(parseSwitch)).toEqual([false, false, false, false]);
    expect(["ON", "1", ""].map(parseSwitch)).toEqual([undefined, undefined, undefined]);
  });

  test("alignment and lengths", () => {
    expect([alignUp(4097n, 4096n), alignDown(4097n, 4096n)]).toEqual([8192n, 4096n]);
    expect([0n, 1n, 0xffn, 1n << 40n].map(bitLength)).toEqual([0, 1, 8, 41]);
  });
});
