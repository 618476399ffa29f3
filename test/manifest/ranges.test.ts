import { expect, test } from "vitest";
import { CcaRimError } from "../../src/errors.ts";
import type { LaunchStep } from "../../src/host/steps.ts";
import { checkOverlaps } from "../../src/manifest/ranges.ts";
import { ipa } from "../../src/units.ts";

const RMI: LaunchStep = { step: "rmi", pointer: "/launch/9", command: "RMI_VERSION", args: {} };

function data(n: number, page: number, pages: number): LaunchStep {
  const base = ipa(BigInt(page) * 0x1000n);
  const size = pages * 0x1000;
  return {
    step: "data",
    pointer: `/launch/${n}`,
    data: { kind: "fill", byte: 0, size: BigInt(size) as never },
    ipa: base,
    base,
    content: { size, segments: [] },
    measure: true,
  };
}

/** Where the blame goes, and the range that it names first; undefined if there is none. */
function blamed(steps: readonly LaunchStep[]): readonly [string, string | undefined] | undefined {
  try {
    checkOverlaps(steps, (code, pointer, message) => {
      return new CcaRimError(code, message, { where: { pointer } });
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof CcaRimError)) throw error;
    return [error.where?.pointer ?? "", /\[\w+, \w+\)/.exec(error.message)?.[0]];
  }
}

test.each([
  ["side by side", [data(0, 0, 2), data(1, 2, 2)], undefined],
  [
    "the later one, above",
    [data(0, 0, 2), data(1, 1, 2)],
    ["/launch/1/data/ipa", "[0x1000, 0x3000)"],
  ],
  ["the later one, below", [data(0, 1, 2), data(1, 0, 2)], ["/launch/1/data/ipa", "[0x0, 0x2000)"]],
  ["within", [data(0, 0, 9), data(1, 4, 1)], ["/launch/1/data/ipa", "[0x4000, 0x5000)"]],
  [
    "before an RMI call",
    [data(0, 0, 2), data(1, 1, 2), RMI],
    ["/launch/1/data/ipa", "[0x1000, 0x3000)"],
  ],
  ["across an RMI call, which may have made room", [data(0, 0, 2), RMI, data(1, 1, 2)], undefined],
  [
    "behind an RMI call",
    [RMI, data(1, 0, 2), data(2, 1, 2)],
    ["/launch/2/data/ipa", "[0x1000, 0x3000)"],
  ],
])("granules that are loaded twice: %s", (_, steps, expected) => {
  expect(blamed(steps)).toEqual(expected);
});
