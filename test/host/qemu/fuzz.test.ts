/** Any line ends in a launch or in an error that says what is wrong with it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CcaRimError } from "../../../src/errors.ts";
import type { FileLookup } from "../../../src/host/files.ts";
import { importQemu } from "../../../src/host/vmm/qemu/import.ts";
import { resolveRelease } from "../../../src/host/vmm/qemu/versions.ts";
import { Chance } from "../../tools/qemu/random.ts";
import { randomLine } from "../../tools/qemu/random-line.ts";
import { filesWith } from "../kvmtool/images.ts";
import { argvOf, HOST, launchLine } from "./line.ts";

const VERSIONS = [
  "5.2.0",
  "6.1.0",
  "6.2.0",
  "7.0.0",
  "7.2.22",
  "8.2.2",
  "9.1.0",
  "10.2.1",
  "11.1.3",
];
const SERIES = [undefined, "rfc-v1", "eac5", "rfc-v2", "rfc-v3", "2025", "nvidia-2026"];

/** Files that are there, and the manifest's error for those that are not. */
const known = filesWith();
const files: FileLookup = {
  ...known,
  resolve(name) {
    if (known.isListed(name)) return known.resolve(name);
    throw new CcaRimError("FILE_NOT_FOUND", `no file ${name}`);
  },
};

/** Everything that a launch can be asked; errors that say something are as good as an answer. */
function outcomeOf(action: () => unknown): string {
  try {
    action();
    return "done";
  } catch (error) {
    if (!(error instanceof CcaRimError)) throw error;
    return error.code;
  }
}

function tryLine(argv: readonly string[], version: string, series: string | undefined): string {
  return outcomeOf(() => {
    const options = { version, platform: HOST, hypervisor: "linux-kvm/v7", files };
    const launch = launchLine(argv, series === undefined ? options : { ...options, series });
    return [launch.dtb.length, launch.requests.length, launch.warnings.length];
  });
}

const CODES = /^(?:done|HOST_[A-Z_]+|FILE_[A-Z_]+|FDT_[A-Z_]+)$/;

const words = fc.array(
  fc.oneof(
    fc.constantFrom(
      ..."-M -machine -cpu -smp -m -numa -object -kernel -initrd -append -bios -dtb -drive -device -accel -serial -nic -netdev -global -nodefaults -pflash virt max host kvm tcg".split(
        " ",
      ),
    ),
    fc.constantFrom(
      "virt,confidential-guest-support=r",
      "rme-guest,id=r",
      "rme-guest,id=r,personalization-value=zz",
      "synk-a.img",
      "syni-a.bin",
      "synfw-a.fd",
      "if=pflash,unit=0,file=x",
      "node,nodeid=0,memdev=m",
      "memory-backend-ram,id=m,size=128M",
      '{"driver":"virtio-iommu-pci","addr":"2"}',
      "{",
      "max,sve128=off",
      "1,maxcpus=0x10",
      "1G,slots=3,maxmem=5G",
      "18446744073709551615",
    ),
    fc.string({ maxLength: 12 }),
    fc
      .array(
        fc.tuple(
          fc.constantFrom("a", "size", "cpus", "mem", "id", "", "gic-version"),
          fc.string({ maxLength: 6 }),
        ),
        {
          maxLength: 4,
        },
      )
      .map((pairs) => pairs.map(([key, value]) => `${key}=${value}`).join(",")),
  ),
  { maxLength: 14 },
);

describe("any line", () => {
  test("of words of every kind", () => {
    fc.assert(
      fc.property(
        words,
        fc.constantFrom(...VERSIONS),
        fc.constantFrom(...SERIES),
        (line, version, series) => {
          const machine = ["qemu-system-aarch64", "-M", "virt", ...line];
          expect(tryLine(machine, version, series)).toMatch(CODES);
          expect(tryLine(["qemu-system-aarch64", ...line], version, series)).toMatch(CODES);
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each(VERSIONS)("that the oracle might be asked, under %s", (version) => {
    const release = resolveRelease(version);
    if (release === undefined) throw new Error("the version is not modelled");
    const chance = new Chance(Number(version.replaceAll(".", "")));
    const outcomes = Array.from({ length: 40 }, () => {
      const argv = ["qemu-system-aarch64", ...randomLine(chance, release)];
      return outcomeOf(() => importQemu(argv, { vmm: `qemu/${version}` }));
    });
    for (const outcome of outcomes) expect(outcome).toMatch(CODES);
    expect(outcomes.filter((outcome) => outcome === "done").length).toBeGreaterThan(5);
  });
});

test("a program alone is no launch", () => {
  expect(tryLine(argvOf(""), "10.0.13", undefined)).toBe("HOST_ARGUMENT");
});
