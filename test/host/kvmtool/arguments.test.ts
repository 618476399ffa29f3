import { describe, expect, test } from "vitest";
import { readArguments } from "../../../src/host/vmm/kvmtool/arguments.ts";
import type { KvmtoolConfig } from "../../../src/host/vmm/kvmtool/config.ts";
import { findKvmtoolVersion, KVMTOOL_VERSIONS } from "../../../src/host/vmm/kvmtool/versions.ts";
import { argvOf, objectionOf } from "./line.ts";

function read(line: string | readonly string[], version = "v3"): KvmtoolConfig {
  const facts = findKvmtoolVersion(version)?.facts;
  if (facts === undefined) throw new Error(`no ${version}`);
  return readArguments(argvOf(line), facts, (name) => name === "share" || name === "other");
}

const MIB = 1n << 20n;

describe("values", () => {
  test.each<[string, Partial<KvmtoolConfig>]>([
    ["-c 4", { cpus: 4 }],
    ["-c4", { cpus: 4 }],
    ["--cpus 4", { cpus: 4 }],
    ["--cpus=4", { cpus: 4 }],
    ["-c 4 -c 2", { cpus: 2 }],
    ["-c 0x10", { cpus: 16 }],
    ["-c four", { cpus: 0 }],
    ["-c 4294967297", { cpus: 1 }],
    ["-c 4 --no-cpus", { cpus: 0 }],
    ["-k a -k b", { kernel: "b" }],
    ["-k -i", { kernel: "-i" }],
    ["-k= -i x", { kernel: "=", initrd: "x" }],
    ["--kernel= -i x", { kernel: "", initrd: "x" }],
    ["--params=a=b", { params: "a=b" }],
    ["--kernel a --no-kernel", { kernel: undefined }],
    ["--realm --no-realm", { realm: false }],
    ["--realm --no-realm --realm", { realm: true }],
    ["--kaslr-seed 0xffffffffffffffff", { kaslrSeed: (1n << 64n) - 1n }],
    ["--kaslr-seed 99999999999999999999", { kaslrSeed: (1n << 64n) - 1n }],
    ["--kaslr-seed 5 --no-kaslr-seed", { kaslrSeed: 0n }],
    ["--override-bad-firmware-cntfrq -1", { cntfrq: 0xffff_ffff }],
    ["a", { kernel: "a" }],
    ["-c 1 a -c 2", { kernel: "a", cpus: 2 }],
    ["--irqchip gicv3 --irqchip=gicv2m", { irqchip: "gicv2m" }],
    ["--loglevel debug --debug --dev x --tty 0", { kernel: undefined }],
    ["--virtio-transport mmio", { transport: "mmio" }],
    ["--virtio-transport=pci-legacy --virtio-transport=mmio-legacy", { transport: "mmio" }],
    ["--virtio-transport mmio --force-pci", { transport: "pci" }],
    ["-d a -d scsi:b -d share", { disks: ["blk", "scsi"], rootfs: true, ninep: 1 }],
    ["--9p a --9p b,c", { ninep: 2, rootfs: false }],
    ["--vfio-pci 0000:00:01.0 --vfio-pci x", { vfio: 2 }],
  ])("%s", (line, expected) => {
    expect(read(line)).toMatchObject(expected);
  });

  test("the last place of a repeated option is remembered", () => {
    const { at } = read("-c 1 -k x --cpus 2");
    expect([...at]).toEqual([
      ["cpus", 6],
      ["kernel", 4],
    ]);
  });
});

describe("RAM size", () => {
  test.each([
    ["1", MIB],
    ["256m", 256n * MIB],
    ["256M", 256n * MIB],
    ["1048576b", MIB],
    ["1024k", MIB],
    ["1G", 1024n * MIB],
    ["1t", 1n << 40n],
    ["1P", 1n << 50n],
    ["3b", 3n],
    ["-18446744073709551615", MIB],
  ])("-m %s", (text, size) => {
    expect(read(["-m", text])).toMatchObject({ ramSize: size, ramAddress: 0x8000_0000n });
  });

  test("an address stands behind an @ and survives a later -m", () => {
    expect(read("-m 64M@4G")).toMatchObject({ ramSize: 64n * MIB, ramAddress: 4096n * MIB });
    expect(read("-m 64M@4096 -m 1G").ramAddress).toBe(4096n * MIB);
    expect(read("-m 64M@2G -m 1G@3G").ramAddress).toBe(3072n * MIB);
  });

  test.each([
    ["", "Invalid memory specifier: "],
    ["M", "Invalid memory specifier: M"],
    ["0x100M", "Invalid RAM size: 0x100M"],
    ["0", "Invalid RAM size: 0"],
    ["64MB", "Invalid memory specifier: 64MB"],
    ["64M@", "Missing memory address: 64M@"],
    ["64M@x", "Invalid memory specifier: x"],
    ["64M@1Gx", "Invalid memory specifier: 64M@1Gx"],
    ["18446744073709551616b", "Memory too large: 18446744073709551616b"],
    ["18446744073709551615", "Memory too large: 18446744073709551615"],
  ])("-m %j is refused", (text, reason) => {
    expect(objectionOf(() => read(["-m", text]))).toMatchObject({
      code: "HOST_ARGUMENT",
      message: `lkvm refuses the line: ${reason}`,
      pointer: "/host/args/2",
    });
  });
});

describe("names", () => {
  test.each<[string, Partial<KvmtoolConfig>]>([
    ["--kern x", { kernel: "x" }],
    ["--measurement-a sha512", { measurementAlgo: "sha512" }],
    ["--nodef", { nodefaults: true }],
    ["--no-rng", { rng: false }],
    ["--aarch32 --no-aa", { aarch32: false }],
    ["--no-dhcp", { noDhcp: true }],
    ["--no-no-dhcp", { noDhcp: false }],
  ])("%s", (line, expected) => {
    expect(read(line)).toMatchObject(expected);
  });

  test.each([
    ["--no-real", "Ambiguous option: no-real (could be --no-realm or --no-realm-pv)"],
    ["--re", "Ambiguous option: re (could be --realm or --realm-pv)"],
    ["--d x", "Ambiguous option: d"],
    ["--nope", "unknown option `nope'"],
    ["--realm=1", "option `realm' takes no value"],
    ["--no-kernel=1", "option `no-kernel' takes no value"],
    ["--force-pci=1", "option `force-pci' takes no value"],
    ["-z", "unknown switch `z'"],
    ["-h", "-h asks for help only"],
    ["--help", "--help asks for help only"],
    ["-k", "switch `k' requires a value"],
    ["--kernel", "option `kernel' requires a value"],
    ["--no-mem", "--no-mem crashes it"],
    ["--irqchip gicv4", 'irqchip: unknown type "gicv4"'],
    ["--virtio-transport usb", 'virtio-transport: unknown type "usb"'],
    ["--loglevel loud", "Unknown loglevel: loud"],
    ["-d a -d b -d c -d d -d e", "Currently only 4 images are supported"],
    ["-d share -d other", "Please use only one rootfs directory atmost"],
    ["a b", "Cannot handle parameter: b"],
    ["-k a b", "Cannot handle parameter: b"],
    ["a -", "Cannot handle parameter: -"],
    ["-n speed=1", "Unknown network parameter speed"],
    ["-n mode=bridge", "Unknown network mode bridge, please use user, tap or none"],
    ["-n mode=user -n mode=user", "Only one usermode network device allowed at a time"],
  ])("%s", (line, reason) => {
    const objection = objectionOf(() => read(line));
    expect(objection.code).toBe("HOST_ARGUMENT");
    expect(objection.message).toContain(reason);
    expect(objection.pointer).toMatch(/^\/host\/args\/[0-9]+$/);
  });

  test("the pointer names the option's word, not its value's", () => {
    expect(objectionOf(() => read("-c 1 --irqchip no")).pointer).toBe("/host/args/4");
    expect(objectionOf(() => read("-c 1 a b")).pointer).toBe("/host/args/5");
  });

  test("the second word is run", () => {
    const facts = KVMTOOL_VERSIONS[0]?.facts;
    if (facts === undefined) throw new Error("no versions");
    for (const argv of [[], ["lkvm"], ["lkvm", "stop"], ["lkvm-run", "-k", "a"]]) {
      expect(() => readArguments(argv, facts, () => false)).toThrow('second word must be "run"');
    }
  });
});

describe("network devices", () => {
  test.each<[string[], KvmtoolConfig["nics"], boolean]>([
    [["-n"], [{ mode: "tap", trans: undefined }], false],
    [["-n", "-c", "1"], [{ mode: "tap", trans: undefined }], false],
    [["-n", "mode=user"], [{ mode: "user", trans: undefined }], false],
    [["-nmode=user,trans=mmio"], [{ mode: "user", trans: "mmio" }], false],
    [["--network=mode=tap,trans=pci"], [{ mode: "tap", trans: "pci" }], false],
    [["-n", "mode==user,,,trans=other"], [{ mode: "user", trans: undefined }], false],
    [["-n", "guest_mac"], [{ mode: "tap", trans: undefined }], false],
    [["-n", "trans=mmio,guest_ip"], [{ mode: "tap", trans: "mmio" }], false],
    [["-n", "trans=mmio,mode=none"], [], true],
    [["-n", "mode=none", "-n", "mode=user"], [{ mode: "user", trans: undefined }], true],
  ])("%j", (words, nics, noNet) => {
    expect(read(words)).toMatchObject({ nics, noNet });
  });
});

describe("options by tree", () => {
  test.each([
    ["--pmu-counters 1", ["rfc1"], "it came with kvmtool/2023-08"],
    ["--loglevel error", ["rfc1"], "it came with kvmtool/2023-08"],
    ["--nocompat", ["2023-08", "v3", "eac5-log"], "only kvmtool/rfc1 has it"],
    ["--metadata f", ["rfc1", "2023-08", "v2", "v3-log"], "only kvmtool/eac5 and kvmtool/eac5-log"],
    ["--dtb f", ["eac5", "v2"], "kvmtool/v2-dtb"],
    ["--measurement-log", ["v2-dtb", "v3-sve"], "only kvmtool/v3-log and kvmtool/eac5-log"],
    ["--sve-max-vl 128", ["eac5", "v3"], "kvmtool/v3-sve"],
    ["--sve-vl 128", ["v3-log", "eac5-log"], "it came with kvmtool/rfc1"],
    ["--restricted_mem", ["eac5"], "it came with kvmtool/v2"],
    ["--pkvm", ["eac5"], "it came with kvmtool/v2"],
    ["--realm-pv-hex 00", ["eac5", "v3-log"], "only kvmtool/eac5-log has it"],
    ["--ipc-dir /tmp", ["v3"], "only kvmtool/eac5-log has it"],
  ])("%s is not in %j", (line, lacking, hint) => {
    for (const version of lacking) {
      const objection = objectionOf(() => read(line, version));
      expect(objection.message).toContain("unknown option");
      expect(objection.hint).toContain(hint);
    }
    const having = KVMTOOL_VERSIONS.filter(({ id }) => {
      try {
        read(line, id);
        return true;
      } catch {
        return false;
      }
    });
    expect(having.map(({ id }) => id)).not.toContain(lacking[0]);
    expect(having.length).toBeGreaterThan(0);
  });

  test("an option of the calculator is unknown everywhere else", () => {
    for (const { id } of KVMTOOL_VERSIONS) {
      const objection = objectionOf(() => read("--islet", id));
      expect(objection.message).toContain("unknown option `islet'");
      expect(objection.hint).toBeUndefined();
    }
  });

  test("in rfc1, --force-pci and --virtio-legacy are two flags", () => {
    expect(read("--force-pci", "rfc1")).toMatchObject({ forcePci: true, transport: "mmio" });
    expect(read("--virtio-legacy", "rfc1")).toMatchObject({ forcePci: false, transport: "mmio" });
  });
});
