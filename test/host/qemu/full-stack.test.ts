/** QEMU's launches on a complete stack: RIM, measured ranges, device tree. */
import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/bytes.ts";
import { readFdt } from "../../../src/formats/fdt/reader.ts";
import type { FileLookup } from "../../../src/host/files.ts";
import type { QemuLaunch } from "../../../src/host/vmm/qemu/launch.ts";
import { u64 } from "../../../src/units.ts";
import {
  type CapturedLaunch,
  capturedRanges,
  launchCaptured,
  type MeasuredRange,
  modelCaptured,
} from "../kvm/full-stack.ts";
import { objectionOf } from "../kvmtool/line.ts";
import { sha256 } from "../kvmtool/requests-text.ts";
import { captured, capturedFiles, sharedCaptured } from "./captured.ts";

const files = capturedFiles();

const drewSeeds = ({ args }: CapturedLaunch): boolean =>
  args.some((word) => word.includes("dtb-randomness=on"));

/** Debian's images are not in this repository. */
function hasImages({ images }: CapturedLaunch): boolean {
  return Object.keys(images).every(
    (name) => name.startsWith("disk") || !files.resolve(name).standIn,
  );
}

/** The seeds in a tree, as a platform states them. */
function drawnBy(tree: Uint8Array): Readonly<Record<string, unknown>> {
  const chosen = readFdt(tree).root.children.find(({ name }) => name === "chosen");
  const seedOf = (wanted: string): string =>
    toHex(chosen?.properties.find(({ name }) => name === wanted)?.value ?? new Uint8Array());
  return { kaslrSeed: u64(BigInt(`0x${seedOf("kaslr-seed")}`)), rngSeed: seedOf("rng-seed") };
}

function check(launch: CapturedLaunch, lookup: FileLookup = files): void {
  const { rim, ranges } = launchCaptured(launch, lookup);
  expect(ranges).toEqual(capturedRanges(launch));
  expect(rim).toBe(launch.rim);
  if (launch.dtb === undefined || launch.dtb === null) return;
  const { dtb } = modelCaptured(launch, lookup);
  expect({ size: dtb.length, sha256: sha256(dtb) }).toEqual({
    size: launch.dtb.size,
    sha256: launch.dtb.sha256,
  });
}

describe("captured QEMU launches", () => {
  test("are there", () => {
    expect(captured).toHaveLength(40);
    expect(captured.filter(drewSeeds)).toHaveLength(1);
  });

  test.each(captured.filter((launch) => !drewSeeds(launch)))("$id on $hypervisor", (launch) => {
    check(launch);
  });

  describe.each(captured.filter(drewSeeds))("$id, which drew seeds", (launch) => {
    test("is refused, with the switch that turns that off", () => {
      expect(objectionOf(() => launchCaptured(launch, files))).toMatchObject({
        code: "HOST_PLATFORM",
        message: expect.stringContaining("-M dtb-randomness=off turns that off"),
      });
    });

    const file = files.resolve(`${launch.id}.dtb`).source;
    const tree = new Uint8Array(file.size);
    file.read(0, tree);

    test("has the same tree from the values that it drew", () => {
      const platform = { ...launch.platform, ...drawnBy(tree) };
      expect(sha256(modelCaptured({ ...launch, platform }, files).dtb)).toBe(sha256(tree));
      expect(sha256(tree)).toBe(launch.dtb?.sha256);
      const { warnings } = modelCaptured({ ...launch, platform }, files) as QemuLaunch;
      expect(warnings.join()).toContain("draws rng-seed once more");
    });

    test("makes the captured calls with that tree as a file", () => {
      const given = { ...launch, args: [...launch.args, "-dtb", `${launch.id}.dtb`] };
      const calls = (ranges: readonly MeasuredRange[]): unknown =>
        ranges.map((range) => ({ ...range, rim_after: "" }));
      // The tree was read out before the machine's reset, which draws rng-seed once more: the
      // captured RIM is that of bytes that nobody kept.
      expect(calls(launchCaptured(given, files).ranges)).toEqual(calls(capturedRanges(launch)));
      expect(sha256(modelCaptured(given, files).dtb)).toBe(sha256(tree));
    });
  });
});

const others = sharedCaptured.filter((launch) => !drewSeeds(launch));
describe.skipIf(others.length === 0)("all captured QEMU launches (shared vectors)", () => {
  for (const launch of others) {
    test.skipIf(!hasImages(launch))(`${launch.id} on ${launch.hypervisor}`, () => {
      check(launch);
    });
  }
});
