import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes.ts";
import { nodeHashes } from "../../src/hash/node.ts";
import { HOST_MEMORY } from "../../src/host/granule-allocator.ts";
import { launchRimMeasurer, RIM_MEASURER_FEATURES } from "../../src/host/rim-measurer.ts";
import { launchKvmtool } from "../../src/host/vmm/kvmtool/launch.ts";
import { runLaunch } from "../../src/replay/engine.ts";
import { Rmm } from "../../src/rmm/rmm.ts";
import { v1_0_eac5 } from "../../src/rmm/spec/v1_0_eac5.ts";
import { u64 } from "../../src/units.ts";
import { plainDigests } from "../tools/measure.ts";
import { filesWith } from "./kvmtool/images.ts";
import { goldenLines } from "./kvmtool/requests-text.ts";

interface CalculatorLine {
  readonly case: string;
  readonly argv: readonly string[];
  readonly guestInit: boolean;
  readonly rim?: string;
}

const DEBIAN = /netboot|cloud|generic|QEMU_EFI/;
/** Lines that load above 4 GiB into a Realm of 33 bits. */
const BEYOND = ["035", "099"];

const files = filesWith();

function measure({ argv, guestInit }: CalculatorLine): string {
  const hypervisor = "rim-measurer/eac5";
  const platform = { guestInit, ramSize: u64(64n << 30n) };
  const { requests } = launchKvmtool({ version: "eac5", hypervisor, argv, files, platform });
  const host = launchRimMeasurer(requests, {
    spec: v1_0_eac5,
    realm: {},
    digests: plainDigests(nodeHashes),
  });
  const features = RIM_MEASURER_FEATURES;
  const rmm = new Rmm({ spec: v1_0_eac5, features, memory: HOST_MEMORY, hashes: nodeHashes });
  return toHex(runLaunch(host, rmm).rim);
}

describe("Samsung's calculator", () => {
  const lines = goldenLines<CalculatorLine>("calculator").filter(
    ({ argv, rim }) => rim !== undefined && !argv.some((word) => DEBIAN.test(word)),
  );
  const beyond = goldenLines<CalculatorLine>("calculator").filter((line) =>
    BEYOND.includes(line.case),
  );

  test("lines with synthetic images are there", () => {
    expect(lines).toHaveLength(73);
    expect(beyond).toHaveLength(2);
  });

  test.each(lines.filter((line) => !BEYOND.includes(line.case)))("line $case", (line) => {
    expect(measure(line)).toBe(line.rim);
  });

  test.each(beyond)("line $case loads above the IPA space, which an RMM refuses", (line) => {
    expect(() => measure(line)).toThrow(/RMI_DATA_CREATE.*condition ipa_bound/);
  });
});
