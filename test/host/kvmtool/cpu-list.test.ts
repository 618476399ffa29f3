import { describe, expect, test } from "vitest";
import { isCpuList } from "../../../src/host/vmm/kvmtool/cpu-list.ts";

// Each answer is that of kvmtool's own parser (see golden/oracle/kvmtool/PROVENANCE.md).
describe("lists that kvmtool takes", () => {
  test.each([
    "",
    " ,\n",
    "0",
    "0-3",
    "0-3,8",
    " 1 ,2\t3",
    "+1",
    "0- 3",
    "N",
    "0-N",
    "4095",
    "all",
    "ALL",
    "aLL:1/2",
    "0-7:2/4",
    "0-7:2/4,9",
    "0-7:0/1",
    "1\nx",
    "1 \n2",
    "all\nx",
    "00010",
  ])("%j", (list) => {
    expect(isCpuList(list)).toBe(true);
  });
});

describe("lists that kvmtool refuses", () => {
  test.each([
    "x",
    "-1",
    "0--1",
    "3-1",
    "1-",
    "-",
    "n",
    "0-n",
    "4096",
    "0-4096",
    "N-0",
    "4294967296",
    "99999999999999999999",
    "0x1",
    "1.5",
    "5:1/2",
    "0-7:2",
    "0-7:2/",
    "0-7:/2",
    "0-7:5/4",
    "0-7:0/0",
    "0-7:2/4x",
    "0-7:2/4\nx",
    "allx",
    "al",
    "1;2",
  ])("%j", (list) => {
    expect(isCpuList(list)).toBe(false);
  });
});
